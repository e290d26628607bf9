import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type JobRun, withPrograms } from '../support/run-job.ts'
import { useSshJobs } from './ssh-jobs.ts'

describe('a limit that an agent on another host meets', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works'])

  /** Three ranks on a host whose Node runs under a limit. */
  function run(limit: string): Promise<JobRun> {
    const files = {
      node: `#!/bin/sh\nulimit ${limit}\nexec '${process.execPath}' "$@"\n`,
      'p.mjs': "import { MPI } from 'mpirun-ts'\nconsole.log(MPI.COMM_WORLD.allreduce(1))",
    }
    return withPrograms(files, (folder) => {
      chmodSync(join(folder, 'node'), 0o755)
      return jobs().run(['--node', join(folder, 'node'), '--host', 'localhost:1,n1:3', 'p.mjs'], { cwd: folder })
    })
  }

  for (const [limit, words] of [
    ['-n 50', /^mpirun-ts: node n1: 3 ranks need about \d+ open files, the limit is 50: ulimit -n \d+, .*\n$/],
    [
      '-v 2500000',
      /^mpirun-ts: node n1: 3 ranks need about .* GB of addresses, the limit is 2\.4 GB: ulimit -v \d+ .*\n$/,
    ],
  ] as const) {
    it(`${limit} is named with its host`, async () => {
      const result = await run(limit)
      expect(result).to.include({ status: 1, stdout: '' })
      expect(result.stderr).to.match(words)
    })
  }

  it('-v 4000000 is enough for three ranks', async () => {
    expect(await run('-v 4000000')).to.include({ status: 0, stdout: '4\n4\n4\n4\n', stderr: '' })
  })
})
