import { showAs } from '../terms/inspect.ts'
import type { SharedParts } from './window-plans.ts'
import type { View, ViewConstructor } from '../datatypes/datatype.ts'
import type { Group } from '../groups/group.ts'
import { show } from '../terms/in-words.ts'
import { byDefault } from '../terms/by-default.ts'
import { MPIError } from '../terms/mpi-error.ts'
import type { Request } from '../terms/request.ts'
import type { SharedWindow } from '../api/shared-window.ts'
import type { WindowComm } from './window-comm.ts'

/** A shared window as one rank sees it; documented in shared-window.ts. */
export class SharedWindowOfRank<V extends View> implements SharedWindow<V> {
  private readonly members: WindowComm
  private readonly constructorOfViews: ViewConstructor
  private parts: SharedParts | null
  name: string

  constructor(members: WindowComm, constructor: ViewConstructor, parts: SharedParts) {
    this.members = members
    this.name = `a shared window of ${members.name}`
    this.constructorOfViews = constructor
    this.parts = parts
  }

  view(rank: number = byDefault(arguments.length, 0, this.members.rank)): V {
    const { buffer, offsets, lengths } = this.use('view')
    // In JavaScript '0' would be one, too.
    const length = typeof rank === 'number' ? lengths[rank] : undefined
    if (length === undefined) {
      const ranks = `${this.members.name} has ${lengths.length} ranks (0…${lengths.length - 1})`
      throw this.error('ERR_RANK', 'view', `rank ${show(rank)} does not exist: ${ranks}`)
    }
    // The constructor is the one of V.
    return new this.constructorOfViews(buffer, offsets[rank], length) as V
  }

  get group(): Group {
    return this.members.group
  }

  fence(): void {
    this.use('fence')
    this.members.barrier()
  }

  ifence(): Request<void> {
    this.use('ifence')
    return this.members.ibarrier()
  }

  free(): void {
    this.parts = null
  }

  private use(call: string): SharedParts {
    if (this.parts === null) throw this.error('ERR_WIN', call, `${this.name} has been freed`)
    return this.parts
  }

  private error(code: MPIError['code'], call: string, reason: string): MPIError {
    const name = `SharedWindow.${call}`
    return new MPIError(code, this.members.collectives.engine.rank, name, `${name}: ${reason}`)
  }

  static {
    showAs<SharedWindowOfRank<View>>(
      SharedWindowOfRank.prototype,
      'SharedWindow',
      ({ name }) => `SharedWindow { ${name} }`,
    )
  }
}
