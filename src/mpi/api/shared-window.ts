import type { View } from '../datatypes/datatype.ts'
import type { Group } from '../groups/group.ts'
import type { Request } from '../terms/request.ts'

/** Memory that all ranks of a communicator read and write as plain typed arrays; `Atomics` work on it (MPI 4.1 §12.2.3). */
export interface SharedWindow<V extends View = View> {
  /** What errors and reports call it; may be set. MPI 4.1 §7.8. */
  name: string
  /** The ranks of its communicator. Local. MPI 4.1 §12.2.6. */
  readonly group: Group
  /**
   * The part of `rank` (this rank by default): elements of the type that `allocateShared` was given, zero at first, at a multiple of 64 bytes. The
   * same memory for all ranks. Never blocks. Throws ERR_RANK, ERR_WIN. MPI 4.1 §12.2.3 (MPI_Win_shared_query).
   */
  view(rank?: number): V
  /** Returns when all ranks have called it: what each wrote before is seen by all after it. Collective. Throws ERR_WIN. MPI 4.1 §12.5.1. */
  fence(): void
  /** Awaitable `fence`: never blocks. MPI 4.1 §12.5.1. */
  ifence(): Request<void>
  /**
   * Gives the window back; later calls throw ERR_WIN. Views that a program still has stay usable. Never communicates. MPI 4.1 §12.2.5.
   */
  free(): void
}
