import type { Envelope } from '../../../wire/envelope.ts'
import type { CollectiveSummary } from '../../../wire/control-messages.ts'
import { type CommFailure, revokedError } from '../../losses/comm-failure.ts'
import type { CollectiveWatch } from '../../matching/context.ts'
import type { IncomingMessage } from '../../matching/incoming-message.ts'
import { MPIError } from '../../terms/mpi-error.ts'
import type { Scope } from '../../engine/scope.ts'
import { decodeFailure, isTimeout, reportFailure } from './failure.ts'
import { describeSignature, MISMATCH_ADVICE } from './signature.ts'
import type { WatchedCall } from './watched-call.ts'

/** Sequence numbers travel as tags. */
const SEQUENCE_MASK = 0x7fffffff
/** Calls whose signature is remembered after their end; a power of two. */
const REMEMBERED_CALLS = 64
/** Calls that a summary names, and characters of the name of the communicator and of an error. */
const SUMMARY_CALLS = 16
const NAME_LENGTH = 100
const ERROR_LENGTH = 1000
/** Calls that a rank names when it waits for ever. */
const WAIT_CALLS = 4
/** FNV-1a's. */
const HASH_FACTOR = 0x01000193
/** All bits of a signature but the highest (signature.ts). */
const FORM_MASK = 0x7fffffff
/** Failures that are passed on when the rank ends, at most. */
const PASSED_ON = 16
/** Failed collectives of which late messages are still told apart from mismatches. */
const REMEMBERED_FAILURES = 1000

/**
 * The collectives of one communicator that run on this rank, by sequence number. All ranks call collectives in the same order, so the
 * same number must mean the same call; the ledger finds out where it does not (MPI 4.1 §6.14).
 */
export class CollectiveLedger implements CollectiveWatch {
  private readonly scope: Scope
  private nextSequence = 0
  private readonly active = new Map<number, WatchedCall>()
  /** For each collective that this rank has not begun: the first message of every signature that has come. */
  private readonly early = new Map<number, Envelope[]>()
  private readonly earlyFailures = new Map<number, MPIError>()
  private readonly failedSequences = new Set<number>()
  /** Signatures of the latest calls, by sequence number modulo REMEMBERED_CALLS. */
  private readonly signatures = new Int32Array(REMEMBERED_CALLS)
  /** Of the signatures of all calls. */
  private hash = 0
  private hasFailed = false
  /** What the program was told of the first call that did not match. */
  private mismatch: string | null = null
  /** Number of the last call that has failed; -1: none has. */
  private latestFailure = -1
  /** The communicator has a lost rank, or is revoked. */
  private isBroken = false
  private readonly toPassOn: { readonly collective: WatchedCall; readonly error: unknown }[] = []
  /** What was found out about a collective that had ended here; the next call throws it. */
  private lateFailure: MPIError | null = null

  constructor(scope: Scope) {
    this.scope = scope
  }

  /** Whether no collective runs. */
  get isIdle(): boolean {
    return this.active.size === 0
  }

  /** Numbers a collective with this signature, which is not watched before `watch`. */
  number(signature: number): number {
    const sequence = this.nextSequence
    this.nextSequence = (sequence + 1) & SEQUENCE_MASK
    this.signatures[sequence & (REMEMBERED_CALLS - 1)] = signature
    // One call may be in shared memory and in messages: the form does not count.
    this.hash = Math.imul(this.hash ^ (signature & FORM_MASK), HASH_FACTOR)
    return sequence
  }

  /** A call and those before it, as far as they are remembered. */
  latestCalls(sequence: number): string[] {
    return Array.from({ length: Math.min(sequence + 1, WAIT_CALLS) }, (_, age) => this.describePast(sequence - age))
  }

  /** What was called, for a comparison when the ranks have finished; null where nothing was. `comm`: number of the communicator. */
  summary(comm: number): CollectiveSummary | null {
    const calls = this.nextSequence
    if (calls === 0 || this.scope.ranks.size === 1) return null
    const latest = Array.from({ length: Math.min(calls, SUMMARY_CALLS) }, (_, age) =>
      this.describePast(calls - 1 - age),
    )
    const hasFailed = (this.hasFailed && this.lateFailure === null) || this.isBroken
    const mismatch = this.mismatch === null ? {} : { mismatch: this.mismatch }
    return { comm, name: this.scope.name.slice(0, NAME_LENGTH), hasFailed, ...mismatch, calls, hash: this.hash, latest }
  }

  /** Whether something has come that `watch` would look at. */
  get hasNews(): boolean {
    return this.isBroken || this.lateFailure !== null || this.earlyFailures.size > 0 || this.early.size > 0
  }

  /** Fails a collective from now on when a message shows that something is wrong, at once where one has come before. */
  watch(collective: WatchedCall): void {
    this.active.set(collective.sequence, collective)
    this.checkEarly(collective)
  }

  /** Every rank finds out by itself, so nobody is told. */
  broken(): void {
    this.isBroken = true
    for (const collective of this.active.values()) collective.failHere(this.brokenError(collective.call))
  }

  private brokenError(call: string): CommFailure {
    const { engine, context, ranks, name } = this.scope
    if (context.isRevoked) return revokedError(engine.rank, call, call, name)
    return engine.losses.error(call, call, this.scope, engine.losses.of(ranks))
  }

  private checkEarly(collective: WatchedCall): void {
    if (this.isBroken) collective.failHere(this.brokenError(collective.call))
    if (this.lateFailure !== null) {
      collective.failHere(this.lateFailure)
      this.lateFailure = null
    }
    if (this.earlyFailures.size > 0) {
      const failure = this.earlyFailures.get(collective.sequence)
      this.earlyFailures.delete(collective.sequence)
      if (failure !== undefined) collective.failFromAfar(failure)
    }
    if (this.early.size > 0) {
      const envelopes = this.early.get(collective.sequence)
      this.early.delete(collective.sequence)
      for (const envelope of envelopes ?? []) this.compare(collective, envelope)
    }
  }

  end(collective: WatchedCall): void {
    this.active.delete(collective.sequence)
  }

  /** Ends a call that throws `error`. */
  endFailed(collective: WatchedCall, error: unknown): void {
    this.end(collective)
    this.rememberFailure(collective.sequence)
    if (this.mismatch === null && error instanceof MPIError && error.code === 'ERR_COLLECTIVE_MISMATCH')
      this.mismatch = error.message.slice(0, ERROR_LENGTH)
  }

  /** Remembers that a collective has failed, so that what others report of it is no news. */
  rememberFailure(sequence: number): void {
    this.hasFailed = true
    if (this.latestFailure === -1 || ((sequence - this.latestFailure) & SEQUENCE_MASK) <= SEQUENCE_MASK / 2) {
      this.latestFailure = sequence
    }
    this.failedSequences.add(sequence)
    if (this.failedSequences.size <= REMEMBERED_FAILURES) return
    for (const oldest of this.failedSequences) {
      this.failedSequences.delete(oldest)
      break
    }
  }

  /**
   * A call has failed here with a report of another rank, which tells everyone. When this rank ends, others may hear of the end before they
   * hear of the failure, and would blame the end; so it passes the report on then.
   */
  passOnAtLeave(collective: WatchedCall, error: unknown): void {
    if (this.toPassOn.length === PASSED_ON) this.toPassOn.shift()
    this.toPassOn.push({ collective, error })
    this.scope.engine.farewells.set(this, () => {
      for (const failed of this.toPassOn) failed.collective.tellOthers(failed.error)
    })
  }

  unexpected(envelope: Envelope): void {
    // Nobody counts on a call any more.
    if (this.isBroken) return
    const sequence = envelope.tag
    const collective = this.active.get(sequence)
    if (collective !== undefined) return this.compare(collective, envelope)
    if (this.isPast(sequence)) {
      if (this.hasFailedSince(sequence)) return
      const error = this.strayError(envelope)
      this.rememberFailure(sequence)
      // Some may still be in that call, and wait for what this rank has not sent in it.
      reportFailure(this.scope, { call: error.call, sequence, signature: envelope.extra }, error)
      this.failLate(error)
    } else {
      this.comeEarly(envelope)
    }
  }

  failed(message: IncomingMessage): void {
    if (this.isBroken) return
    const sequence = message.envelope.tag
    const error = decodeFailure(message.payload)
    const collective = this.active.get(sequence)
    if (collective !== undefined) collective.failFromAfar(error)
    else if (!this.isPast(sequence)) this.earlyFailures.set(sequence, error)
    else if (!isTimeout(error) && !this.hasFailedSince(sequence)) {
      // A rank whose time was up was missed by those alone who were still in the call.
      this.rememberFailure(sequence)
      this.failLate(error)
    }
  }

  /** Whether the program has been told of a failure of this call, or of a later one, which may be what became of it. */
  private hasFailedSince(sequence: number): boolean {
    if (this.failedSequences.has(sequence)) return true
    return this.latestFailure !== -1 && ((this.latestFailure - sequence) & SEQUENCE_MASK) <= SEQUENCE_MASK / 2
  }

  // Ranks may disagree before this one has begun, so one message cannot stand for all.
  private comeEarly(envelope: Envelope): void {
    const known = this.early.get(envelope.tag)
    if (known === undefined) this.early.set(envelope.tag, [envelope])
    else if (!known.some(({ extra }) => extra === envelope.extra)) known.push(envelope)
  }

  // The call has ended here, so the program learns it from the one that it is in now, or makes next.
  private failLate(error: MPIError): void {
    if (this.active.size === 0) this.lateFailure ??= error
    for (const collective of this.active.values()) collective.failHere(error)
  }

  private compare(collective: WatchedCall, envelope: Envelope): void {
    if (envelope.extra !== collective.signature) collective.failHere(collective.mismatch(envelope))
  }

  private isPast(sequence: number): boolean {
    const distance = (this.nextSequence - sequence) & SEQUENCE_MASK
    return distance > 0 && distance <= SEQUENCE_MASK / 2
  }

  // All messages of a collective that matches are received before it ends, so this one belongs to another call.
  private strayError(envelope: Envelope): MPIError {
    const { engine, ranks, name } = this.scope
    const theirs = describeSignature(envelope.extra)
    const from = `rank ${ranks.rankOf(envelope.source)}`
    const mine = this.describePast(envelope.tag)
    const reason =
      mine === theirs
        ? `${mine} on rank ${ranks.rank} ended without a message that ${from} sent`
        : `${mine} on rank ${ranks.rank} met ${theirs} of ${from}`
    return new MPIError('ERR_COLLECTIVE_MISMATCH', engine.rank, theirs, `${reason} in ${name}: ${MISMATCH_ADVICE}`)
  }

  private describePast(sequence: number): string {
    const age = (this.nextSequence - sequence) & SEQUENCE_MASK
    if (age > REMEMBERED_CALLS) return 'an earlier collective'
    return describeSignature(this.signatures[sequence & (REMEMBERED_CALLS - 1)] ?? 0)
  }
}
