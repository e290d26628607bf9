import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { type Cluster, useCluster } from './cluster.ts'
import { eventually } from './processes.ts'
import { skipHere } from './skip-here.ts'

const PACKAGES = 'slurm-wlm slurm-wlm-torque munge'

/** A job that a scheduler has taken. */
export interface QueuedJob {
  readonly id: string
  /** What it has printed so far, both streams in one. */
  readonly output: string
  /** Slurm's word for its state: RUNNING, COMPLETED, FAILED, CANCELLED … */
  readonly state: string
  /** Its exit status, once it has ended. */
  readonly status: number
}

/** A real Slurm on a virtual cluster (scripts/slurm.sh), with PBS's commands. */
export class Slurm {
  readonly cluster: Cluster
  private jobs = 0

  constructor(cluster: Cluster, nodes: number, cpus: number) {
    this.cluster = cluster
    cluster.run('slurm.sh', 'up', String(nodes), String(cpus))
  }

  stop(): void {
    this.cluster.run('slurm.sh', 'down')
  }

  /** Hands a job script to `sbatch` or `qsub` on the head node, as a user would. */
  submit(command: 'sbatch' | 'qsub', options: readonly string[], lines: readonly string[]): QueuedJob {
    this.jobs += 1
    const script = join(this.cluster.folder, `job-${this.jobs}.sh`)
    const output = join(this.cluster.folder, `job-${this.jobs}.out`)
    writeFileSync(script, ['#!/bin/bash', ...lines, ''].join('\n'), { mode: 0o755 })
    const words = [command, '-o', output, ...(command === 'qsub' ? ['-j', 'oe'] : []), ...options, script]
    const answer = this.cluster.exec('head', ...words)
    const id = /\d+/.exec(answer)?.[0] ?? ''
    const field = (name: string): string => {
      const text = this.cluster.exec('head', 'scontrol', '--oneliner', 'show', 'job', id)
      return new RegExp(` ${name}=(\\S*)`).exec(text)?.[1] ?? ''
    }
    return {
      id,
      get output(): string {
        return readIfThere(output)
      },
      get state(): string {
        return field('JobState')
      },
      get status(): number {
        return Number(field('ExitCode').split(':')[0])
      },
    }
  }

  /** Waits until the job is out of the queue. */
  async ended(job: QueuedJob): Promise<void> {
    const isOver = (): boolean => !['PENDING', 'RUNNING', 'COMPLETING'].includes(job.state)
    if (!(await eventually(isOver, 60_000))) throw new Error(`job ${job.id} is ${job.state}: ${job.output}`)
  }
}

/** Starts a cluster with Slurm before the tests of a suite; skips them where that cannot be. Call it within describe(). */
export function useSlurm(nodes: number, cpus: number): () => Slurm {
  const cluster = useCluster(nodes)
  let slurm: Slurm | undefined
  before(function () {
    if (['slurmctld', 'slurmd', 'munged', 'qsub'].some((tool) => spawnSync('which', [tool]).status !== 0)) {
      skipHere(this, `Slurm is not here; install it with: apt-get install ${PACKAGES}`)
    }
    slurm = new Slurm(cluster(), nodes, cpus)
  })
  after(() => slurm?.stop())
  return () => {
    if (slurm === undefined) throw new Error('Slurm is not started yet')
    return slurm
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
