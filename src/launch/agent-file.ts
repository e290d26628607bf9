import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { SHUT_DEBUGGER } from '../base/shut-debugger.ts'
import { RUN_TEXT } from './agent-command.ts'

/** Exit status of a Node that does not find the file with its agent. */
export const NO_AGENT_FILE_STATUS: number = 89

const PREFIX = '.mpirun-ts-agent-'
/** What is older belongs to no job that still starts: its machine has lost its power. */
const EXPIRES_AFTER_MS = 3_600_000
/** Another machine may see a new file of a shared folder a little later. */
const WAIT_MS = 3000

/**
 * Writes an agent with its secrets into the user's home folder, which nodes share, so that nobody else can read it (mode 0600), and returns the path.
 * Who starts the agent removes it: the agent itself once it has read it, and whoever waits for the launching program when that has ended.
 * @throws Error of the system
 */
export function writeAgentFile(head: string, body: Uint8Array): string {
  const path = join(homedir(), `${PREFIX}${randomBytes(16).toString('hex')}`)
  writeFileSync(path, Buffer.concat([Buffer.from(head), body]), { mode: 0o600, flag: 'wx' })
  return path
}

export function removeAgentFile(path: string): void {
  rmSync(path, { force: true })
}

/** Removes files that launchers and agents could not: both had lost their power. */
export function removeExpiredFiles(): void {
  const home = homedir()
  for (const name of readdirSync(home)) {
    const path = join(home, name)
    if (name.startsWith(PREFIX) && ageMs(path) > EXPIRES_AFTER_MS) removeAgentFile(path)
  }
}

function ageMs(path: string): number {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
}

/** What Node runs there: reads the agent out of the file, removes the file, and becomes the agent. ES5, for a Node of any age. */
export function readFileText(path: string): string {
  return `${SHUT_DEBUGGER} var fs = require("fs"), file = ${JSON.stringify(path)}, until = Date.now() + ${WAIT_MS}; (function read() { var text; try { text = fs.readFileSync(file, "utf8"); fs.unlinkSync(file) } catch (error) { if (error.code === "ENOENT" && Date.now() < until) return setTimeout(read, 50); fs.writeSync(2, "mpirun-ts agent: " + error.message + "\\n"); process.exit(${NO_AGENT_FILE_STATUS}) } ${RUN_TEXT} })()`
}
