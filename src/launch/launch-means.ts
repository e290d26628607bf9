/** What starts agents on the nodes of a job. */
export interface LaunchMeans {
  /**
   * How it is called: `ssh HOST 'one string for a login shell'` with ssh's options; `pbs_tmrsh HOST word…` or `pbsdsh -n LINE word…`; one `srun` for
   * all; `qrsh -inherit HOST word…`; `blaunch HOST word…`; a command of the user's, `PATH HOST word…`.
   */
  readonly type: 'ssh' | 'pbs' | 'slurm' | 'sge' | 'lsf' | 'command'
  /** Its name, looked for in PATH, or its path. */
  readonly program: string
  /** The user's own arguments for it; they come first. */
  readonly args: readonly string[]
  /** The user has named the program. */
  readonly isChosen?: boolean
  /** With `pbs`: the lines of the nodefile, by whose number pbsdsh knows hosts. */
  readonly lines?: readonly string[]
  /** With `slurm`: the hosts of each group of a heterogeneous job, whose groups are started one by one. */
  readonly groups?: readonly (readonly string[])[]
}
