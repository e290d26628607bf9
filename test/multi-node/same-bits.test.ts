import { join } from 'node:path'
import { expect } from 'chai'
import { DELAYS } from '../support/delays.ts'
import { allPrograms } from '../support/program-list.ts'
import { projectDir, runJob } from '../support/run-job.ts'
import { type SshHosts, startSshHosts, whyNoSshd } from '../support/sshd.ts'
import { skipHere } from '../support/skip-here.ts'

const PROGRAM = join(projectDir, 'test', 'fixtures', 'multi-node', 'sums.js')

describe('the bits of a sum', function () {
  this.timeout(120_000)
  let hosts: SshHosts | undefined

  before(async function () {
    const missing = whyNoSshd()
    if (missing !== undefined) skipHere(this, missing)
    hosts = await startSshHosts(['works', 'works', 'works'])
  })
  after(() => hosts?.stop())

  const sums = async (ranks: number, nodes: number, env: Record<string, string> = {}): Promise<string> => {
    const names = hosts?.hosts.slice(0, nodes).join(',') ?? ''
    const where = ['--host', names, '--map-by', 'node', '--launcher-args', hosts?.launcherArgs.join(' ') ?? '']
    const words = ['-np', String(ranks), '--oversubscribe', ...(nodes > 0 ? where : []), allPrograms, PROGRAM]
    const run = await runJob(words, { env })
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    return run.stdout
  }

  for (const ranks of [3, 7]) {
    it(`are the same on one, two and three nodes and in every run: ${ranks} ranks`, async () => {
      const first = await sums(ranks, 0)
      expect(first.trim().split('\n')).to.have.length(ranks + 1)
      for (const nodes of [1, 2, 3]) expect(await sums(ranks, nodes)).to.equal(first)
      for (let seed = 1; seed <= 3; seed += 1) expect(await sums(ranks, 0, { [DELAYS]: String(seed) })).to.equal(first)
    })
  }
})
