import type { RankSpec, StartAgent } from '../../wire/control-messages.ts'
import { travels } from '../../wire/environment.ts'

/**
 * The environment of one rank: the node's own, what the job sends over it, and the rank's place in the job under our names and
 * under Open MPI's and PMI's, which other tools read.
 */
export function rankEnvironment(start: StartAgent, spec: RankSpec, node: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = start.programs[spec.app]?.environment
  const { clean } = own ?? start.environment
  const ofJob = own?.over === 'node' ? {} : start.environment.set
  const rank = String(spec.rank)
  const size = String(start.size)
  const localRank = String(spec.localRank)
  const localSize = String(start.ranks.length)
  return {
    ...(clean ? keepOfTheNode(node) : node),
    // What the login or the launcher has there is another folder.
    PWD: start.wdir,
    ...ofJob,
    ...own?.set,
    MPIRUN_TS_RANK: rank,
    MPIRUN_TS_SIZE: size,
    MPIRUN_TS_LOCAL_RANK: localRank,
    MPIRUN_TS_LOCAL_SIZE: localSize,
    MPIRUN_TS_NODE_ID: String(start.nodeId),
    MPIRUN_TS_JOB_ID: start.jobId,
    OMPI_COMM_WORLD_RANK: rank,
    OMPI_COMM_WORLD_SIZE: size,
    OMPI_COMM_WORLD_LOCAL_RANK: localRank,
    OMPI_COMM_WORLD_LOCAL_SIZE: localSize,
    OMPI_COMM_WORLD_NODE_RANK: localRank,
    OMPI_UNIVERSE_SIZE: size,
    PMI_RANK: rank,
    PMI_SIZE: size,
    MPI_LOCALRANKID: localRank,
    MPI_LOCALNRANKS: localSize,
  }
}

function keepOfTheNode(node: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(node).filter(([name]) => name === 'PATH' || !travels(name)))
}
