import type { MessagePort } from 'node:worker_threads'
import { datatypeOf, type View, viewConstructor } from '../../mpi/datatypes/datatype.ts'
import type {
  OwnPart,
  PartAddress,
  WindowAccess,
  WindowMembers,
  WindowTarget,
  WindowWait,
} from '../../mpi/link/window-access.ts'
import { Doorbell } from '../../shm/doorbell.ts'
import type { NodeMemory } from '../../shm/layout.ts'
import { WindowPart } from '../../shm/window-part.ts'
import { AGENT, type WindowNotice } from '../../wire/rank-messages.ts'
import { LocalTarget } from './local-target.ts'
import { RemoteTarget } from './remote-target.ts'
import type { SharedBuffers } from '../loans/shared-buffers.ts'
import type { WindowRequests } from './window-requests.ts'

/** What windows need of a rank's surroundings; a job of one rank has none of it. */
export interface NodeWindowsOptions {
  readonly rank: number
  readonly node: NodeMemory
  readonly endpointOfRank: Int32Array
  readonly buffers: SharedBuffers
  readonly port: MessagePort
  readonly requests: WindowRequests
}

/** Windows of a rank: parts of ranks of this node are shared memory, those of other nodes are reached through the agents. */
export class NodeWindows implements WindowAccess {
  readonly #options: NodeWindowsOptions | null
  #nextPart = 1

  /** null: for a job of one rank. */
  constructor(options: NodeWindowsOptions | null) {
    this.#options = options
  }

  isLocal(worldRank: number): boolean {
    return this.#options === null || this.#endpoint(worldRank) >= 0
  }

  #endpoint(worldRank: number): number {
    return this.#options?.endpointOfRank[worldRank] ?? -1
  }

  expose(members: WindowMembers, view: View): OwnPart {
    const control = new SharedArrayBuffer(WindowPart.controlBytes(members.worldRanks.length))
    const shared = inSharedMemory(view)
    // inSharedMemory() has seen to it.
    const data = shared.buffer as SharedArrayBuffer
    const memory = {
      control,
      data,
      byteOffset: shared.byteOffset,
      length: shared.length,
      datatype: datatypeOf(shared),
    }
    const part = this.#nextPart++
    const { worldRanks } = members
    const numbers = [part, this.give(members, control), this.give(members, data)]
    // The agent serves other nodes, and gives locks back for ranks that have ended.
    if (worldRanks.length > 1) this.#tellAgent({ part, owner: this.#options?.rank ?? 0, memory, worldRanks })
    const { length, datatype, byteOffset } = memory
    const own = new ExposedPart({ length, datatype, byteOffset, numbers }, shared, new WindowPart(memory))
    return own
  }

  open(members: WindowMembers, rank: number, address: PartAddress, wait: WindowWait): WindowTarget {
    const worldRank = members.worldRanks[rank] ?? -1
    const [part = 0, control = 0, data = 0] = address.numbers
    if (!this.isLocal(worldRank) && this.#options !== null) {
      return new RemoteTarget(
        { ...address, part, target: worldRank, origin: members.rank },
        this.#options.requests,
        wait,
      )
    }
    const memory = {
      control: this.take(worldRank, control),
      data: this.take(worldRank, data),
      ...address,
    }
    return new LocalTarget(new WindowPart(memory), members.rank, this.#wakerOf(members, memory.control), wait)
  }

  close(members: WindowMembers, { address }: OwnPart): void {
    const [part = 0, control = 0, data = 0] = address.numbers
    if (members.worldRanks.length > 1) {
      this.#tellAgent({ part, owner: this.#options?.rank ?? 0, memory: null, worldRanks: [] })
    }
    this.release(members, control)
    this.release(members, data)
  }

  release(members: WindowMembers, number: number): void {
    for (const rank of members.worldRanks) this.#options?.buffers.unpin(rank, number)
    this.#own.delete(number)
  }

  /** Buffers of this rank by their number: its own parts need no way through the agent. */
  readonly #own = new Map<number, SharedArrayBuffer>()

  give(members: WindowMembers, buffer: SharedArrayBuffer): number {
    const { buffers, rank } = this.#options ?? { buffers: null, rank: 0 }
    const number = buffers?.idOf(buffer) ?? this.#nextPart++
    this.#own.set(number, buffer)
    for (const other of members.worldRanks) if (other !== rank && this.isLocal(other)) buffers?.pin(other, buffer)
    return number
  }

  take(worldRank: number, number: number): SharedArrayBuffer {
    const { buffers, rank } = this.#options ?? { buffers: null, rank: 0 }
    const buffer = worldRank === rank ? this.#own.get(number) : buffers?.find(worldRank, number)
    if (buffer === undefined) throw new Error(`there is no shared buffer ${number} of rank ${worldRank}`)
    return buffer
  }

  #tellAgent(notice: Omit<WindowNotice, 'to'>): void {
    this.#options?.port.postMessage({ to: AGENT, ...notice } satisfies WindowNotice)
  }

  /** Wakes members that wait for the lock of a part: those of this node by their bells, the others through the agent of the part. */
  #wakerOf(members: WindowMembers, control: SharedArrayBuffer): (rank: number) => void {
    const options = this.#options
    if (options === null) return () => undefined
    const bells = members.worldRanks.map((worldRank) => {
      const endpoint = this.#endpoint(worldRank)
      return endpoint < 0 ? null : new Doorbell(options.node, endpoint)
    })
    const lock = WindowPart.lockOf(control)
    return (rank) => {
      const bell = bells[rank] ?? null
      if (bell === null) lock.ringAgent()
      else bell.ring()
    }
  }
}

class ExposedPart implements OwnPart {
  readonly address: PartAddress
  readonly view: View
  readonly part: WindowPart

  constructor(address: PartAddress, view: View, part: WindowPart) {
    this.address = address
    this.view = view
    this.part = part
  }
}

/** The view itself where it is in shared memory, a copy in shared memory where it is not. */
function inSharedMemory(view: View): View {
  if (view.buffer instanceof SharedArrayBuffer) return view
  const constructor = viewConstructor(datatypeOf(view))
  const copy = new constructor(new SharedArrayBuffer(view.byteLength), 0, view.length)
  new Uint8Array(copy.buffer).set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  return copy
}
