import { existsSync, readFileSync, statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { ExitStatus, MpirunError } from '../../base/errors.ts'
import { systemReason } from '../../base/system-reason.ts'
import { inQuotes, visibleLine } from '../../base/visible-text.ts'
import type { ProgramSpec } from '../../wire/control-messages.ts'
import { bundle } from './program-bundle.ts'
import { kindOfText, whatWasMeant } from './program-hints.ts'

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts'])

export interface ProgramOptions {
  /** Where the command was typed, and where the ranks will run: a relative path is looked for in both, in this order. */
  readonly cwd: string
  readonly wdir: string
  /** -path: folders in which a program without "/" is looked for, separated by colons. */
  readonly path?: string
  /** This machine runs ranks, so the program must be here. */
  readonly runsHere: boolean
  /** --preload: the program and everything that it imports becomes one text, so that nodes need no common file system. */
  readonly preload: boolean
  readonly hostname: string
}

/**
 * Makes ready what a rank needs to run `path`. JavaScript is read on each node; TypeScript becomes JavaScript here, once.
 * Throws exit status 127 when the program does not exist, 126 when it cannot be read.
 */
export async function programSpec(
  path: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramSpec> {
  const absolute = locate(path, options)
  const isTypeScript = TYPESCRIPT.has(extname(absolute))
  const needsIt = options.runsHere || isTypeScript || options.preload
  if (needsIt) checkReadable(path, absolute, options.hostname)
  if (!isTypeScript && !options.preload) return { path: absolute, args }
  return { path: absolute, args, source: await bundle(absolute, options.preload) }
}

/** The first place where the program is; where it is in none, the one to name, and to look at on other nodes. */
function locate(path: string, options: ProgramOptions): string {
  const { cwd, wdir } = options
  const folders = options.path === undefined || path.includes('/') ? [] : options.path.split(':')
  const places = [...folders.map((folder) => resolve(cwd, folder, path)), resolve(cwd, path), resolve(wdir, path)]
  return (
    places.find((place) => existsSync(place)) ?? (folders.length > 0 ? places[0] : undefined) ?? resolve(wdir, path)
  )
}

function checkReadable(path: string, absolute: string, hostname: string): void {
  if (!existsSync(absolute)) {
    const missing = `the program ${inQuotes(path)} does not exist on ${hostname} (looked for ${visibleLine(absolute)}).`
    const message = `${missing} ${whatWasMeant(path, absolute, process.env['PATH']) ?? 'Check the path, or the folder with --wdir.'}`
    throw new MpirunError('ERR_PROGRAM', message, { exitStatus: ExitStatus.notFound })
  }
  try {
    const found = statSync(absolute)
    if (!found.isFile()) throw new Error(found.isDirectory() ? 'it is not a file but a folder' : 'it is not a file')
    const otherKind = kindOfText(absolute, readFileSync(absolute))
    if (otherKind !== undefined) throw new Error(`it is ${otherKind}, and mpirun-ts runs JavaScript and TypeScript`)
  } catch (error) {
    const message = `the program ${inQuotes(path)} cannot be read on ${hostname}: ${visibleLine(systemReason(error))}.`
    throw new MpirunError('ERR_PROGRAM', message, { exitStatus: ExitStatus.notReadable, cause: error })
  }
}
