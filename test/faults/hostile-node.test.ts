import { join } from 'node:path'
import { expect } from 'chai'
import { eventually } from '../support/processes.ts'
import { projectDir, startJob, type StartedJob } from '../support/run-job.ts'

const folder = join(projectDir, 'test', 'fixtures', 'hostile')
const LINE_OF_OURS = /^\s+at .*(\.cjs|mpirun-ts:|node:internal)/m

/** What each attack of test/fixtures/hostile/agent.mjs makes the launcher say; null: it goes on, and a signal ends it. */
const ATTACKS: readonly (readonly [attack: string, says: RegExp | null])[] = [
  ['bytes that are no message', /node hostile sent bytes that are no control message/],
  ['the end of a rank of another node', /node hostile sent a control message of type rankExit .*rank is 0/],
  ['the end of a rank twice', /node hostile sent .* of rank 2, which is over/],
  ['a failure with status 0', /node hostile sent .*exitStatus is 0/],
  ['goodbye before its ranks are over', /lost node hostile/],
  ['output without end', /node hostile sent \d+ bytes of output of rank 2 before they could be written/],
  ['control messages without end', null],
  ['requests to dial without end', null],
  ['a record with a length above 2^31', /node hostile sent a record of kind 2 with 4294967280 bytes/],
  ['a record of a rank of another node', /node hostile sent a record of kind 4 .* from rank 0 for all ranks/],
  ['a part of no message', /node hostile sent a part of no message, from rank 2/],
  ['more of a message than it had announced', /node hostile sent more of a message than it had announced/],
  ['a payload that nobody has asked for', /node hostile sent a payload that nobody has asked for/],
  ['a value that cannot be decoded', /node hostile sent a value that cannot be decoded/],
  [
    'a request to a window in the name of another',
    /node hostile sent a record of kind 14 .* from rank 1 for the agent/,
  ],
]

function start(attack: string, transport: string): StartedJob {
  const launcher = ['--launcher', join(folder, 'agent.mjs'), '--transport', transport]
  const args = [...launcher, '-np', '3', '--host', 'localhost:2,hostile:1', join(folder, 'honest.mjs')]
  return startJob(args, { env: { HOSTILE: attack } })
}

describe('a node that is hostile', function () {
  this.timeout(120_000)

  for (const [i, [attack, says]] of ATTACKS.entries()) {
    const transport = i % 2 === 0 ? 'plain' : 'tls'
    it(`${says === null ? 'does not fill the memory of the launcher' : 'is lost'}: ${attack} (${transport})`, async () => {
      const job = start(attack, transport)
      const { pid = 0 } = job.child
      if (says === null) {
        // It sends from its start on; then the launcher still hears a signal.
        await job.saw('200 messages')
        job.child.kill('SIGTERM')
      }
      const { status, stderr } = await job.result
      expect(stderr).not.to.match(LINE_OF_OURS)
      expect(status, stderr).to.equal(says === null ? 143 : 3)
      if (says !== null) expect(stderr).to.match(says)
      expect(await eventually(() => !isThere(pid), 10_000)).to.equal(true)
    })
  }
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
