import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { outputOf, type Tools } from './tools.ts'

/** Where and with what a run was measured. */
export interface MachineFacts {
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly kernel: string
  readonly node: string
  /** Version of mpirun-ts, with the commit where that is known. */
  readonly mpirunTs: string
  readonly openMpi: string
  readonly mpich: string
  readonly python: string
  readonly compiler: string
}

export function machineFacts(root: string, tools: Tools): MachineFacts {
  const { version }: { version: string } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const commit = outputOf(['git', '-C', root, 'describe', '--always', '--dirty'])?.trim()
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    mpirunTs: commit === undefined ? version : `${version} (${commit})`,
    openMpi: tools.openMpi?.version ?? 'missing',
    mpich: tools.mpich?.version ?? 'missing',
    python: tools.python?.version ?? 'missing',
    compiler: outputOf(['gcc', '--version'])?.split('\n')[0] ?? 'missing',
  }
}

/** Load averages of 1, 5, 15 minutes and, where the kernel keeps it, how often work waited for a processor. */
export interface LoadFacts {
  readonly loadAverage: readonly number[]
  readonly cpuPressure: string | undefined
}

export function loadFacts(): LoadFacts {
  const path = '/proc/pressure/cpu'
  return {
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
    cpuPressure: existsSync(path) ? readFileSync(path, 'utf8').split('\n')[0] : undefined,
  }
}
