import { copyView } from '../../../../base/copy-bytes.ts'
import { datatypeOf, type View, viewConstructor } from '../../../datatypes/datatype.ts'
import type { AllocatedMemory } from '../../../datatypes/allocated-memory.ts'
import type { SharedMemory } from '../../../link/link.ts'
import type { Area } from './area.ts'

/** Below this a view passes through the pieces: to ask for it costs as much as to copy it. */
const LEAST_SHOWN_BYTES = 16 * 1024
/** From here on the others wait for the handle of memory that they have not seen yet; below, the view passes through the pieces meanwhile. */
const LEAST_FIRST_SHOWN_BYTES = 2 ** 20

/** In a slot's payload: number of the buffer (int32), 4 bytes of nothing, byte offset (float64). */
const ID_WORD = 0
const OFFSET_FLOAT = 1

/**
 * A view in memory of MPI.alloc that the others of a call copy straight out of, named in its owner's slot. The owner may go on when all have said by a step
 * that they have copied it. An owner that fails before withdraws the view, and waits for those that are reading it: then it gives its
 * memory back to the program, and nobody has read what the program writes there. The others learn from the owner's report what has failed.
 */
export class ShownView {
  private readonly shared: SharedMemory
  private readonly area: Area
  private readonly allocated: AllocatedMemory
  /** World ranks of the other members. */
  private readonly others: readonly number[]
  private readonly worldRanks: readonly number[]
  /** Number of the buffer that is shown; 0: none. */
  private id = 0
  /** Number of the call in which it is shown. */
  private call = 0

  constructor(shared: SharedMemory, area: Area, allocated: AllocatedMemory, worldRanks: readonly number[]) {
    this.shared = shared
    this.area = area
    this.allocated = allocated
    this.worldRanks = worldRanks
    this.others = worldRanks.filter((_, member) => member !== area.rank)
  }

  /** Names a view in this rank's slot, to be published; false where it is better copied through the pieces. */
  show(view: View): boolean {
    const { shared, area, others } = this
    const { buffer, byteOffset, byteLength } = view
    if (byteLength < LEAST_SHOWN_BYTES || !this.allocated.has(buffer)) return false
    const areAllToWait = byteLength >= LEAST_FIRST_SHOWN_BYTES || others.every((rank) => shared.knows(rank, buffer))
    for (const rank of others) this.id = shared.show(rank, buffer)
    if (!areAllToWait) this.hide()
    if (this.id === 0) return false
    this.call = area.call
    area.beginShowing()
    // Both are read behind hasCome(), as every payload.
    const payload = area.payloadOffset(area.rank)
    area.words[payload / 4 + ID_WORD] = this.id
    area.floats[payload / 8 + OFFSET_FLOAT] = byteOffset
    return true
  }

  /**
   * Fills a view with what a member shows in this call, from byte `at` of that on, then calls `onRead`. Blocks until the handle is here. False: the member
   * has withdrawn it, and nothing was copied.
   */
  copyTo(view: View, member: number, at: number, onRead: () => void): boolean {
    const { area } = this
    const isThere = area.beginReading(member)
    try {
      if (!isThere) return false
      copyView(this.of(member, datatypeOf(view), at, view.length), view)
      onRead()
      return true
    } finally {
      area.endReading()
    }
  }

  private of(member: number, datatype: number, at: number, length: number): View {
    const { area, shared, worldRanks } = this
    const payload = area.payloadOffset(member)
    const buffer = shared.find(worldRanks[member] ?? 0, area.words[payload / 4 + ID_WORD] ?? 0)
    return new (viewConstructor(datatype))(buffer, (area.floats[payload / 8 + OFFSET_FLOAT] ?? 0) + at, length)
  }

  /**
   * This rank has failed: nobody begins to read what it shows. Blocks until those have read it that had begun. `isGone`: whether a
   * member, which looks as if it read, has been lost.
   */
  withdraw(isGone: (member: number) => boolean): void {
    const { area } = this
    if (this.id === 0) return
    area.withdraw(this.call)
    for (let member = 0; member < area.size; member += 1) {
      while (member !== area.rank && area.isReading(member) && !isGone(member)) area.sleepWhileReading(member)
    }
    this.hide()
  }

  /** Nobody reads what was shown any more. */
  hide(): void {
    if (this.id === 0) return
    for (const rank of this.others) this.shared.hide(rank, this.id)
    this.id = 0
  }
}
