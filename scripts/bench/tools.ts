import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** An MPI for C programs. */
export interface Mpi {
  readonly name: string
  readonly version: string
  readonly mpirun: string
  /** `undefined` where there is no compiler for it. */
  readonly mpicc: string | undefined
  /** Options that a run of `ranks` ranks needs. */
  readonly launchOptions: (ranks: number) => readonly string[]
}

/** A Python with mpi4py and numpy. */
export interface Python {
  readonly path: string
  readonly version: string
}

/** What the bench found on this machine to compare with. */
export interface Tools {
  readonly openMpi: Mpi | undefined
  readonly mpich: Mpi | undefined
  readonly python: Python | undefined
}

export const HOW_TO_GET = {
  openMpi: 'apt-get install openmpi-bin libopenmpi-dev gcc',
  mpich: 'apt-get install mpich libmpich-dev gcc',
  python: 'apt-get install python3-mpi4py python3-numpy openmpi-bin',
} as const

export function findTools(): Tools {
  return { openMpi: findOpenMpi(), mpich: findMpich(), python: findPython() }
}

function findOpenMpi(): Mpi | undefined {
  const found = findMpi(['mpirun.openmpi', 'mpirun'], ['mpicc.openmpi', 'mpicc'], /\(Open MPI\) (\S+)/)
  // Root is refused without the first; machines with fewer cores than ranks without the second.
  const launchOptions = (ranks: number) => ['--allow-run-as-root', '--oversubscribe', '-np', String(ranks)]
  return found && { name: 'Open MPI', ...found, launchOptions }
}

function findMpich(): Mpi | undefined {
  const found = findMpi(
    ['mpirun.mpich', 'mpiexec.hydra', 'mpirun'],
    ['mpicc.mpich', 'mpicc'],
    /HYDRA[^]*?Version:\s+(\S+)/,
  )
  return found && { name: 'MPICH', ...found, launchOptions: (ranks) => ['-np', String(ranks)] }
}

function findMpi(
  mpiruns: readonly string[],
  compilers: readonly string[],
  versionPattern: RegExp,
): Pick<Mpi, 'version' | 'mpirun' | 'mpicc'> | undefined {
  for (const [index, mpirun] of mpiruns.entries()) {
    const version = versionPattern.exec(outputOf([mpirun, '--version']) ?? '')?.[1]
    if (version === undefined) continue
    // A plain `mpicc` belongs to whom the plain `mpirun` belongs to; one with a name of its own is always right.
    const mpicc = compilers.find((name, at) => (at === 0 || index > 0) && outputOf([name, '-show']) !== undefined)
    return { version, mpirun, mpicc }
  }
  return undefined
}

/** The system's Python comes first: the packages of the distribution are there, whatever other python3 is on the PATH. */
function findPython(): Python | undefined {
  const program = 'import sys, mpi4py, numpy; print(sys.version.split()[0], mpi4py.__version__, numpy.__version__)'
  for (const path of ['/usr/bin/python3', 'python3']) {
    const [python, mpi4py, numpy] = outputOf([path, '-c', program])?.trim().split(' ') ?? []
    if (numpy !== undefined) return { path, version: `Python ${python}, mpi4py ${mpi4py}, numpy ${numpy}` }
  }
  return undefined
}

/** Compiles a C program of scripts/bench/peers into `folder`. Throws with the compiler's words. */
export function compilePeer(
  mpicc: string,
  source: string,
  flags: readonly string[],
  folder: string,
  name: string,
): string {
  const path = join(folder, name)
  const { status, stderr, error } = spawnSync(mpicc, [...flags, source, '-o', path], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${mpicc} cannot compile ${source}: ${error?.message ?? stderr.trim()}`)
  return path
}

/** What a command prints on stdout and stderr; `undefined` when it does not exist or fails. */
export function outputOf([program = '', ...words]: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', timeout: 20_000 })
  return status === 0 ? stdout + stderr : undefined
}
