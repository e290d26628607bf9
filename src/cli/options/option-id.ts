// biome-ignore format: a list of words
export type OptionId =
  | 'np' | 'hostfile' | 'host' | 'app' | 'mapBy' | 'perNode' | 'onePerNode' | 'byNode' | 'bySlot' | 'noLocal'
  | 'oversubscribe' | 'noOversubscribe' | 'export' | 'setEnv' | 'exportList' | 'exportAll' | 'cleanEnv'
  | 'setOwnEnv' | 'exportOwnList' | 'exportOwnAll' | 'cleanOwnEnv' | 'wdir' | 'path'
  | 'stdin' | 'tagOutput' | 'prependRank' | 'prependPattern' | 'timestampOutput' | 'outputDirectory'
  | 'outfilePattern' | 'errfilePattern' | 'mergeStderr' | 'timeout' | 'grace' | 'forwardSignals' | 'onRankLoss'
  | 'launcher' | 'launcherArgs' | 'launchTimeout' | 'launchConcurrency' | 'launchFanout' | 'noTree' | 'nodePath' | 'nodeArgs' | 'transport' | 'interface' | 'portRange' | 'tunnel'
  | 'preload' | 'pool'
  | 'syncSend' | 'displayMap' | 'displayAllocation' | 'dryRun' | 'progress' | 'noProgress' | 'verbose' | 'quiet'
  | 'logLevel' | 'logFile' | 'version' | 'help' | 'allowRoot' | 'bindTo' | 'reportBindings' | 'mca'
  | 'rankBy' | 'rankfile' | 'rmk' | 'bootstrap' | 'launcherExec' | 'defaultHostfile' | 'ppr' | 'perSocket'
  | 'slotsPerRank' | 'display' | 'output' | 'ignored'

/** An option as it is typed. */
export interface TypedOption {
  readonly id: OptionId
  /** A word for each value. */
  readonly values: readonly string[]
}
