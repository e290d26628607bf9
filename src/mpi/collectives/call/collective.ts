import type { CollectiveWait } from '../../../wire/control-messages.ts'
import type { Envelope } from '../../../wire/envelope.ts'
import { CommFailure } from '../../losses/comm-failure.ts'
import { ANY_SOURCE } from '../../terms/constants.ts'
import { bytesOf, datatypeOf, type View } from '../../datatypes/datatype.ts'
import { MPIError } from '../../terms/mpi-error.ts'
import type { NodeTable } from '../../groups/node-table.ts'
import type { PendingRequest } from '../../requests/pending-request.ts'
import { RecvRequest } from '../../matching/recv-request.ts'
import type { Scope } from '../../engine/scope.ts'
import type { SendRequest } from '../../sending/send-request.ts'
import { CollectiveReceive } from './collective-receive.ts'
import { FailedItem, isTimeout, reportFailure } from './failure.ts'
import type { CollectiveLedger } from './ledger.ts'
import { MISMATCH_ADVICE } from './signature.ts'
import type { WatchedCall } from './watched-call.ts'
import type { Members } from './members.ts'
import { CannotTravel, type Packet } from './packet.ts'
import type { Steps } from './steps.ts'
import {
  type CollectiveCall,
  describeSignature,
  encodeInMemory,
  encodeSignature,
  isOtherForm,
  type Signature,
} from './signature.ts'

/** Messages that a call remembers before it looks which of them have left. */
const MANY_UNSENT = 64

/** One collective call of this rank while it runs: its number, its messages, and what becomes of it when something fails. */
export class Collective implements WatchedCall {
  readonly rank: number
  readonly size: number
  readonly call: CollectiveCall
  readonly sequence: number
  /** `encodeSignature` of the call. */
  readonly signature: number
  readonly scope: Scope
  /** The request that the call waits for. */
  waiting: PendingRequest<unknown> | null = null
  /** Messages that the link has not taken whole; the call is not done before they are. */
  unsent: SendRequest[] = []
  private forgetAt = MANY_UNSENT
  /** What has failed it, seen from a message of another rank. */
  failure: { readonly error: unknown; readonly isKnownToOthers: boolean } | null = null
  private readonly members: Members
  private readonly ledger: CollectiveLedger
  private readonly borrowed: ArrayBuffer[] = []

  /** Begins the call: from here on every rank must make it. `sequence`: of one that has begun in shared memory. */
  constructor(members: Members, signature: Signature, sequence?: number) {
    this.rank = members.rank
    this.size = members.size
    this.call = signature.call
    this.signature = sequence === undefined ? encodeSignature(signature) : encodeInMemory(signature)
    this.scope = members.collectives
    this.members = members
    this.ledger = members.ledger
    this.sequence = sequence ?? this.ledger.number(this.signature)
    this.ledger.watch(this)
  }

  /** Where the ranks are. */
  get nodes(): NodeTable {
    return this.members.nodes
  }

  /** Sends to a rank of the communicator. The packet's memory must stay as it is until the call is done, or the request that is returned. */
  send(dest: number, packet: Packet): SendRequest | null {
    const { engine } = this.scope
    const envelope = this.envelope(dest, packet)
    const request = engine.sending.begin(this.call, envelope, packet.bytes, true)
    if (request !== null) this.remember(request)
    return request
  }

  /** A long call (parallelMap) sends without end: what has left is forgotten now and then, with its payload. */
  private remember(request: SendRequest): void {
    if (this.unsent.length >= this.forgetAt) {
      this.unsent = this.unsent.filter(({ isPending }) => isPending)
      this.forgetAt = Math.max(MANY_UNSENT, 2 * this.unsent.length)
    }
    this.unsent.push(request)
  }

  /** Receives whatever `source` sends. `source` may be ANY_SOURCE. */
  receive(source: number): CollectiveReceive {
    return this.post(this.receiveFrom(source))
  }

  /** Receives exactly `view.byteLength` bytes into a view. */
  receiveInto(source: number, view: View): CollectiveReceive {
    const receive = this.receiveFrom(source)
    receive.isInto = true
    receive.memory = bytesOf(view)
    receive.expect(view.byteLength, datatypeOf(view))
    return this.post(receive)
  }

  /** Receives exactly `bytes` bytes of an element type, in `memory` or elsewhere: see the packet. */
  receiveLike(source: number, view: View, memory: Uint8Array | null): CollectiveReceive {
    const receive = this.receiveFrom(source)
    receive.memory = memory
    receive.expect(view.byteLength, datatypeOf(view))
    return this.post(receive)
  }

  /** What to say where the call never ends. */
  get wait(): CollectiveWait {
    const { scope, rank, sequence } = this
    return {
      context: scope.context.context,
      name: scope.name,
      rank,
      sequence,
      latest: this.ledger.latestCalls(sequence),
    }
  }

  /** The error for a message of another call with the same number. */
  mismatch(envelope: Envelope): MPIError {
    return this.mismatchWith(envelope.extra, this.scope.ranks.rankOf(envelope.source) ?? envelope.source)
  }

  /** The error for another call of a rank of the communicator with the same number. */
  mismatchWith(signature: number, rank: number): MPIError {
    const { engine, name } = this.scope
    const mine = describeSignature(this.signature)
    const theirs = describeSignature(signature)
    const forms = isOtherForm(this.signature, signature)
      ? ' (one blocking and the other not, or of different lengths)'
      : ''
    const reason = `${mine} on rank ${this.rank} met ${theirs} of rank ${rank}${forms} in ${name}`
    return new MPIError('ERR_COLLECTIVE_MISMATCH', engine.rank, this.call, `${reason}: ${MISMATCH_ADVICE}`)
  }

  /** A message shows that the call cannot end well; the ranks that do not know are told. */
  failHere(error: unknown): void {
    this.interrupt(error, false)
  }

  /** Another rank reports that the call has failed; all ranks get that report. */
  failFromAfar(error: unknown): void {
    this.interrupt(error, true)
  }

  /** What was sent so far has left: its memory may be written to. */
  *haveLeft(): Steps<void> {
    for (const request of this.unsent) if (request.isPending) yield request
  }

  /** Memory of any content until the call ends. */
  borrow(bytes: number): Uint8Array {
    const buffer = this.scope.engine.sending.memory.take(bytes)
    this.borrowed.push(buffer)
    return new Uint8Array(buffer, 0, bytes)
  }

  /** Ends a call that is done. */
  end(): void {
    for (const buffer of this.borrowed) this.scope.engine.sending.memory.giveBack(buffer)
    this.ledger.end(this)
  }

  /**
   * Ends a call that has failed with `cause`, and tells the other ranks unless they know. Returns what the caller is to throw. `isMissed`: they may wait
   * for this rank for ever; otherwise a timeout is no news to them.
   */
  fail(cause: unknown, isMissed: boolean = true): unknown {
    const error = this.explain(cause)
    const isNews = isMissed || !isTimeout(error)
    if (this.failure?.isKnownToOthers && this.failure.error === error) this.ledger.passOnAtLeave(this, error)
    else if (isNews && !(error instanceof CommFailure)) this.tellOthers(error)
    for (const receive of this.scope.context.postedWithTag(this.sequence)) this.scope.context.withdraw(receive)
    // The caller gets its memory back, so what is still to be sent needs its own.
    for (const request of this.unsent) if (request.isPending) request.payload = request.payload.slice()
    this.ledger.endFailed(this, error)
    return error instanceof FailedItem ? error.thrown : error
  }

  /** What has failed the call, in the user's words. */
  explain(error: unknown): unknown {
    if (!(error instanceof CannotTravel)) return error
    const { engine, name } = this.scope
    const reason = `rank ${this.rank} of ${name} gave what cannot travel: ${error.message}`
    return new MPIError('ERR_TYPE', engine.rank, this.call, `${this.call}: ${reason}`, { cause: error.cause })
  }

  private interrupt(error: unknown, isKnownToOthers: boolean): void {
    if (this.failure !== null) return
    this.failure = { error, isKnownToOthers }
    if (this.waiting === null) return
    if (this.waiting instanceof RecvRequest) this.scope.context.withdraw(this.waiting)
    this.waiting.fail(error)
  }

  /** Reports a failure to all other ranks of the communicator. Never blocks. */
  tellOthers(error: unknown): void {
    reportFailure(this.scope, this, error)
  }

  private receiveFrom(source: number): CollectiveReceive {
    return new CollectiveReceive(this, source === ANY_SOURCE ? source : this.scope.ranks.worldOf(source))
  }

  private post(receive: CollectiveReceive): CollectiveReceive {
    this.scope.engine.delivery.receive(receive)
    return receive
  }

  private envelope(dest: number, packet: Packet): Envelope {
    return {
      source: this.scope.engine.rank,
      dest: this.scope.ranks.worldOf(dest),
      context: this.scope.context.context,
      tag: this.sequence,
      datatype: packet.datatype,
      flags: 0,
      extra: this.signature,
      byteLength: packet.bytes.byteLength,
    }
  }
}
