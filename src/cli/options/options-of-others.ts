import type { OptionId } from './option-id.ts'

/** An option that users of other launchers type; --help does not show it. */
export interface OtherOption {
  readonly id: OptionId
  readonly names: readonly string[]
  /** A word for each value. */
  readonly values: readonly string[]
}

/** Options of Open MPI 4 and 5, Hydra, and the standard's mpiexec (MPI 4.1 §11.5), that are not spellings of ours. */
export const OPTIONS_OF_OTHERS: readonly OtherOption[] = [
  other('launcherExec', 'FILE', 'launcher-exec bootstrap-exec'),
  other('bootstrap', 'NAME', 'bootstrap'),
  other('defaultHostfile', 'FILE', 'default-hostfile'),
  other('ppr', 'N:node', 'ppr'),
  other('perSocket', 'N', 'npersocket'),
  other('slotsPerRank', 'N', 'cpus-per-proc cpus-per-rank'),
  other('display', 'LIST', 'display'),
  other('output', 'LIST', 'output'),
  other('app', 'FILE', 'file'),
  other('preload', '', 's preload-binary'),
  other('bySlot', '', 'bycore bysocket'),
  other('displayMap', '', 'display-devel-map display-diffable-map'),
  other('displayAllocation', '', 'display-devel-allocation'),
  other('bindTo', 'X', 'cpu-set cpu-list membind topolib'),
  other('reportBindings', '', 'bind-to-core bind-to-socket use-hwthread-cpus'),
  // What they ask for is so in any case.
  other('reportBindings', '', 'noprefix novm disable-recovery leave-session-attached use-regexp do-not-resolve'),
  other('reportBindings', '', 'enable-auto-cleanup disable-x disable-hostname-propagation'),
  other('ignored', 'X', 'prefix launch-agent personality hnp ompi-server am tune cf cartofile slot-list'),
  other('ignored', 'X', 'report-pid report-uri report-events debugger xml-file xterm stream-buffering'),
  other('ignored', 'X', 'max-restarts max-vm-size with-ft runtime-options preload-files spawn-timeout'),
  other('ignored', 'X', 'nameserver order-nodes localhost usize gpus-per-proc demux errhandler hosts-group'),
  other('ignored', 'X', 'soft arch initial-errhandler memory-alloc-kinds rankmap unset-env'),
  other('ignored', '', 'enable-recovery continuous set-cwd-to-session-dir show-progress index-argv-by-rank'),
  other('ignored', '', 'report-state-on-timeout get-stack-traces display-topo xml tv debug debug-daemons'),
  other('ignored', '', 'debug-devel debug-daemons-file dvm fwd-mpirun-port enable-instant-on-support'),
  other('ignored', '', 'output-proctable report-child-jobs-separately print-all-exitcodes info profile pmi-port'),
  other('ignored', '', 'disable-auto-cleanup enable-x'),
]

function other(id: OptionId, values: string, names: string): OtherOption {
  return { id, names: names.split(' '), values: values === '' ? [] : [values] }
}
