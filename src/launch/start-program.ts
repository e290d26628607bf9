import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter } from 'node:path'
import { executableIn } from '../base/executable.ts'

/** `pkill -USR1 -u me` and `scancel --signal=USR1 --full` mean the ranks: they must not end what connects their nodes. Libuv sets all signals to their defaults. */
const DEAF = 'trap "" USR1 USR2; exec "$0" "$@"'

/** The same, and removes the file $0 when the program has ended, also where this process has been killed meanwhile. */
const DEAF_REMOVER = 'trap "" USR1 USR2; "$@"; s=$?; rm -f "$0"; exit $s'

/**
 * Starts a program that stays while the job runs, in a process group of its own: Ctrl-C in the terminal must not end it before the job has ended
 * its ranks in order. SIGUSR1 and SIGUSR2 do nothing to it.
 *
 * `removes`: a file that is removed when it has ended.
 *
 * Where none can be started, some reasons are thrown (ENOENT, EACCES, ENOMEM) and for others (EMFILE, ENFILE, EAGAIN) the child has no `pid`, perhaps no
 * streams, and an 'error' event follows: as Node does it.
 */
export function startProgram(
  file: string,
  args: readonly string[],
  { removes, env = process.env }: { removes?: string; env?: Readonly<Record<string, string | undefined>> } = {},
): ChildProcess {
  const words = [findProgram(file), ...args]
  const script = removes === undefined ? ['-c', DEAF, ...words] : ['-c', DEAF_REMOVER, removes, ...words]
  return spawn('/bin/sh', script, { detached: true, stdio: ['pipe', 'pipe', 'pipe'], env })
}

/** Sends a signal to what startProgram() has started, with a shell that waits for it where there is one; nothing where it has ended. */
export function signalProgram(child: ChildProcess, signal: NodeJS.Signals, withShell: boolean): void {
  const { pid, exitCode, signalCode } = child
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  if (!withShell) {
    child.kill(signal)
    return
  }
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended, and nobody has looked yet.
  }
}

/** `file` where it is a path, else where PATH has it. The shell would only say that it does not find it. */
function findProgram(file: string): string {
  if (file.includes('/')) {
    accessSync(file, constants.X_OK)
    if (!statSync(file).isFile()) throw Object.assign(new Error(`${file} is no file`), { code: 'EACCES' })
    return file
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const path = executableIn(folders, file)
  if (path === undefined) throw Object.assign(new Error(`${file} is not in PATH`), { code: 'ENOENT' })
  return path
}
