import { spawn } from 'node:child_process'
import { leadsGroup } from '../agent/end-children.ts'

/** Waits for the end of its input, which is the end of the process that holds it, then kills the group that this process has led. */
const GUARD = 'read -r line; kill -9 -"$0" 2>/dev/null'

/**
 * Ends what ranks of a shipped agent have started, should the agent be killed. sshd gives the agent a process group of its own, which
 * ends with the agent in every other case (end-children.ts).
 */
export function guardOwnGroup(): void {
  if (!leadsGroup()) return
  // A session of its own, so that it is not part of the group that it ends.
  const guard = spawn('/bin/sh', ['-c', GUARD, String(process.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  // Without a shell there is no guard, and the job runs all the same.
  guard.on('error', () => undefined)
  guard.stdin.on('error', () => undefined)
}
