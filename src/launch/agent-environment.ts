/**
 * Variables that are not for agents, where the launching program brings its environment to the nodes. Some tell of this machine or of how the user has come to
 * it. Others are of the job and for its ranks, but srun takes them for options: `SLURM_HOSTFILE` would replace the list of nodes, numbers of processors would
 * confine an agent to them.
 */
const NOT_FOR_AGENTS =
  /^(HOSTNAME|OLDPWD|DISPLAY|SSH_.*|SRUN_.*|SLURM_(NTASKS_PER_|CPUS_PER_|THREADS_PER_CORE|CPU_BIND|MEM_BIND|DISTRIBUTION|EXACT|EXCLUSIVE|HINT|HOSTFILE|LABELIO|STD(IN|OUT|ERR)MODE|EXPORT_ENV|KILL_BAD_EXIT|WAIT|MPI_TYPE|UNBUFFEREDIO).*)$/

/** The environment of a launching program other than ssh, which reads what is of the user's login. */
export function environmentForAgents(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !NOT_FOR_AGENTS.test(name)))
}
