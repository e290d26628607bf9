import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { ExitStatus } from '../../base/errors.ts'
import { systemReason } from '../../base/system-reason.ts'
import { inQuotes } from '../../base/visible-text.ts'
import type { ProgramSpec, StartAgent } from '../../wire/control-messages.ts'

export interface Problem {
  readonly message: string
  readonly exitStatus: number
}

/** Enters the working directory and looks at the programs: why ranks cannot run on this node, in words that are the same on all nodes. */
export function whyNotStart({ programs, ranks, wdir }: StartAgent): Problem | undefined {
  // Other programs of the job may well be on other nodes only.
  const apps = new Set(ranks.map(({ app }) => app))
  const own = programs.filter((_, app) => apps.has(app))
  return enterFolder(wdir) ?? own.map((program) => unreadable(program, wdir)).find((problem) => problem !== undefined)
}

function enterFolder(wdir: string): Problem | undefined {
  try {
    if (process.cwd() !== wdir) process.chdir(wdir)
    return undefined
  } catch (error) {
    const why = existsSync(wdir) ? `cannot be entered there: ${systemReason(error)}` : 'does not exist there'
    const message = `the working directory ${inQuotes(wdir)} ${why}. Use a folder that all nodes share, or name one with --wdir.`
    return { message, exitStatus: ExitStatus.nodeLost }
  }
}

/** 127: the program does not exist on this node, 126: it cannot be read. */
function unreadable(program: ProgramSpec, wdir: string): Problem | undefined {
  if (program.source !== undefined) return undefined
  const path = resolve(wdir, program.path)
  const where = `the program ${inQuotes(path)}`
  if (!existsSync(path)) {
    const message = `${where} does not exist there. Put it into a folder that all nodes share, or ship it with --preload.`
    return { message, exitStatus: ExitStatus.notFound }
  }
  try {
    if (!statSync(path).isFile()) throw new Error('it is not a file')
    accessSync(path, constants.R_OK)
    return undefined
  } catch (error) {
    return { message: `${where} cannot be read there: ${systemReason(error)}.`, exitStatus: ExitStatus.notReadable }
  }
}
