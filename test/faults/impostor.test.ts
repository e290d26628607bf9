import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir, startJob } from '../support/run-job.ts'

const fixtures = join(projectDir, 'test', 'fixtures', 'hostile')

/** What node "hostile" claims of node "honest" (test/fixtures/hostile/impostor.mjs). */
const CLAIMS = ['control', 'data'] as const

describe('a node that speaks in the name of another one', function () {
  this.timeout(120_000)

  for (const claim of CLAIMS) {
    for (const transport of ['tls', 'plain']) {
      it(`is refused with every key that it has, and the other one does its part (${claim}, ${transport})`, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-impostor-'))
        try {
          const launcher = ['--launcher', join(fixtures, 'impostor.mjs'), '--transport', transport]
          const hosts = ['-np', '3', '--host', 'localhost:1,hostile:1,honest:1']
          const env = { CLAIMS: claim, MARK: join(folder, 'mark') }
          const run = await startJob([...launcher, ...hosts, join(fixtures, 'neighbors.mjs')], { env }).result
          expect(run, run.stderr).to.include({ status: 0, stderr: '' })
          const lines = run.stdout.trimEnd().split('\n').toSorted()
          expect(lines).to.deep.equal(['rank 0: 100 messages', 'rank 2: 100 messages', 'refused'])
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      })
    }
  }
})
