import type { SharedParts } from './collectives/windows.ts'
import type { Members } from './collectives/collective.ts'
import type { View, ViewConstructor } from './datatype.ts'
import { MPIError } from './mpi-error.ts'

/** Memory that all ranks of a communicator read and write as plain typed arrays; `Atomics` work on it (MPI 4.1 §12.2.3). */
export interface SharedWindow<V extends View = View> {
  /**
   * The part of `rank` (this rank by default): elements of the type that `allocateShared` was given, zero at first, at a multiple of 64 bytes. The
   * same memory for all ranks. Never blocks. Throws ERR_RANK, ERR_WIN. MPI 4.1 §12.2.3 (MPI_Win_shared_query).
   */
  view(rank?: number): V
  /** Returns when all ranks have called it: what each wrote before is seen by all after it. Collective. Throws ERR_WIN. MPI 4.1 §12.5.1. */
  fence(): void
  /**
   * Gives the window back; later calls throw ERR_WIN. Views that a program still has stay usable. Never communicates. MPI 4.1 §12.2.5.
   */
  free(): void
}

/** The window of one rank. */
export class SharedWindowOfRank<V extends View> implements SharedWindow<V> {
  private readonly members: Members & { barrier(): void }
  private readonly constructorOfViews: ViewConstructor
  private parts: SharedParts | null

  constructor(members: Members & { barrier(): void }, constructor: ViewConstructor, parts: SharedParts) {
    this.members = members
    this.constructorOfViews = constructor
    this.parts = parts
  }

  view(rank: number = this.members.rank): V {
    const { buffer, offsets, lengths } = this.use('view')
    const length = lengths[rank]
    if (length === undefined) {
      const ranks = `${this.members.name} has ${lengths.length} ranks (0…${lengths.length - 1})`
      throw this.error('ERR_RANK', 'view', `rank ${String(rank)} does not exist: ${ranks}`)
    }
    // The constructor is the one of V.
    return new this.constructorOfViews(buffer, offsets[rank], length) as V
  }

  fence(): void {
    this.use('fence')
    this.members.barrier()
  }

  free(): void {
    this.parts = null
  }

  private use(call: string): SharedParts {
    if (this.parts === null) throw this.error('ERR_WIN', call, 'the window has been freed')
    return this.parts
  }

  private error(code: MPIError['code'], call: string, reason: string): MPIError {
    const name = `SharedWindow.${call}`
    return new MPIError(code, this.members.collectives.engine.rank, name, `${name}: ${reason}`)
  }
}
