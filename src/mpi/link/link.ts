import type { Motion, Ruling } from '../../wire/council-messages.ts'
import type { Envelope } from '../../wire/envelope.ts'

/**
 * What a rank sends through. The mpi layer knows nothing below it: shared memory and a network in production
 * (rank/link/shm-link.ts), an array in unit tests and for a job of one rank (mpi/link/loopback-link.ts).
 *
 * Guarantees: messages of one sender to one receiver arrive whole, once, in the order in which they were sent.
 * Only the rank's own thread calls a link.
 */
export interface Link {
  /** World rank of this rank and number of ranks of the job. */
  readonly rank: number
  readonly size: number

  /**
   * Takes as much of the message as there is room for now, never blocks.
   * `from` is the number of payload bytes already taken by earlier calls for the same message (0 at first; -1 as a result
   * means that not even the envelope was taken). Returns the number of bytes taken in all; the message is taken whole when
   * that is `payload.byteLength`. `payload` may be changed by the caller once it is taken.
   * The caller must finish one message to a receiver before it starts the next to the same receiver.
   */
  trySend(envelope: Envelope, payload: Uint8Array, from: number): number

  /**
   * Where the link can: sends a message whose payload stays where it is, in memory of MPI.alloc, until its receiver copies it. Never blocks.
   * null: the message is to be sent by `trySend`. `onReturn` is called by `receive` when the receiver has copied it.
   */
  lend?(envelope: Envelope, payload: Uint8Array, onReturn: () => void): Loan | null

  /** Hands in what is to be settled for a communicator; LinkSink.ruled() tells the outcome. Not there where this rank is alone. */
  /** A rank of another node has sent what does not fit: the rest of a sentence that begins with 'node X sent '. Its node counts as lost. */
  misfit?(source: number, what: string): void
  submit?(motion: Motion): void

  /**
   * Hands everything that has arrived to `sink`; never blocks. Returns whether there was anything.
   */
  receive(sink: LinkSink): boolean

  /**
   * Blocks the thread until something may have arrived or room may have become free, or `timeoutMs` has passed
   * (Infinity: no limit), or `watch` says that something has come. May return early for no reason: callers loop.
   */
  wait(timeoutMs: number, watch?: Watch): void

  /** Looked at in every wait, beside what the link waits for itself; null: nothing. Blocking waits and wakeOnce() end when it has come. */
  standing?: Watch | null

  /** A short way for small messages; absent where there is none. */
  readonly brief?: BriefLink

  /** Memory that this rank shares with others; absent where it shares none. */
  readonly shared?: SharedMemory

  /**
   * Calls `wake` once, from the event loop, when something may have arrived or room may have become free.
   * The pending wake-up keeps the event loop alive until it happened or `cancelWake()` was called.
   */
  wakeOnce(wake: () => void): void
  cancelWake(): void
}

/**
 * What `trySend` and `receive` do, for one small message at a time and without objects on its way. Neither call waits, and where it does not
 * do what it is asked, everything is as before.
 */
export interface BriefLink {
  /** Sends a message without flags whole; false: it is to be sent by `trySend`. Nothing waits to be sent to `dest`. */
  send(dest: number, context: number, tag: number, datatype: number, payload: Uint8Array): boolean
  /**
   * Whether the next message of `source` has come whole, belongs to `context` and has no flags; then its tag, datatype and length are here
   * until take(). May look for a moment.
   */
  look(source: number, context: number): boolean
  readonly tag: number
  readonly datatype: number
  readonly bytes: number
  /** Receives the message that look() has found into the first `bytes` bytes of `memory`. */
  take(memory: Uint8Array): void
}

/** A message whose payload is still in its sender's memory. */
export interface Loan {
  /**
   * Copies the payload, so that the sender may change its memory; `onReturn` is not called any more. False where the receiver reads it now or
   * has, and where it has too many copies before it, unless `isForced`.
   */
  takeBack(isForced: boolean): boolean
}

/** A payload in the memory of another rank. */
export interface BorrowedPayload {
  /** Copies all of it to `memory`, which is as long as it; once. */
  copyInto(memory: Uint8Array): void
}

/** Where a link delivers to. A large message arrives in several parts; parts of different senders may alternate. */
export interface LinkSink {
  /**
   * A message begins. Returns the memory for its payload, `envelope.byteLength` bytes long (may be the user's own view), which the
   * link fills and then hands to `complete`. null: nothing of the kind was to come, and what comes goes nowhere.
   */
  begin(envelope: Envelope): Uint8Array | null
  /** The message that `begin` returned `payload` for has arrived whole. */
  complete(envelope: Envelope, payload: Uint8Array): void
  /**
   * A message without flags is here whole, `bytes` long. Where its receive is posted and has room for it: the memory to copy it to at once, which may be
   * longer; placed() says that it is there. null: it goes the way of all others. A link need not ask.
   */
  place(source: number, context: number, tag: number, datatype: number, bytes: number): Uint8Array | null
  placed(): void
  /**
   * Whether a message of `source` without flags, which place() has no memory for, may stay in the link with all that has come behind it, because nobody
   * waits for anything that may come from there. The next receive() asks again; wait() heeds what comes after it, wakeOnce() these messages too.
   */
  mayLeave(source: number, context: number): boolean
  /** A message whose payload stays at the sender until somebody takes it. */
  lent(envelope: Envelope, payload: BorrowedPayload): void
  /** World rank `rank` has ended in order; everything that it sent to this rank has been delivered before this call. */
  finished(rank: number): void
  /** World rank `rank` is lost, and the job goes on; whatever it has sent whole has been delivered before this call. */
  lost(rank: number): void
  /**
   * Whether what a call waits for has come with the latest message, so that the next ones of the same sender may stay where they are, where the next
   * call may find them (BriefLink). Says so once. A link need not ask.
   */
  hasEnough(): boolean
  /** Something has been settled that concerns this rank, maybe by its own motion. */
  ruled(ruling: Ruling): void
}

/** Looks at shared memory; never blocks. */
export interface Watch {
  hasCome(): boolean
}

/** Memory that the ranks of one node see, for their collectives. */
export interface SharedMemory {
  /** Offsets count from the start of its buffer. */
  readonly memory: { readonly buffer: SharedArrayBuffer }
  /** Whether a rank that waits may spin: there is a core for each. */
  readonly maySpin: boolean
  /** Whether a world rank sees it too. */
  isHere(rank: number): boolean
  /**
   * Byte offset, a multiple of 1024, of the piece that belongs to `owner`, a communicator's id, and `kind`, 0 to 3. The first rank to ask
   * makes it, all zero, `bytes` long; the others find it. -1: there is no room, on all ranks alike and for good.
   */
  claim(owner: number, kind: number, users: number, bytes: number): number
  /** Gives the piece back, where there is one, when all `users` have called it. */
  release(owner: number, kind: number): void
  /** Gives the handle of a buffer of MPI.alloc to a rank of the node, which finds it until `hide`. Returns its number; 0: handles do not travel here. */
  show(rank: number, buffer: SharedArrayBuffer): number
  hide(rank: number, id: number): void
  /** Whether a rank has been given the handle before, so that it need not wait for it. */
  knows(rank: number, buffer: SharedArrayBuffer): boolean
  /** The buffer that `rank` shows by this number; blocks until its handle is here. */
  find(rank: number, id: number): SharedArrayBuffer
  /** Where ranks may not spin: leaves the core to others for a short while, until what `watch` looks at has come. Whether it has. */
  giveTurns(watch: Watch): boolean
  /** Wakes a rank that sleeps in `Link.wait`, after this rank has written what its `watch` looks at. */
  wake(rank: number): void
}
