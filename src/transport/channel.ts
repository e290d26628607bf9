/**
 * A two-way stream of frames between two programs of one job: coordinator ⇄ agent (control) or agent ⇄ agent (data).
 * Frames arrive whole, once and in order. A channel is open from the moment it is handed out (handshake done) until `closed`
 * resolves, which it does once, for whatever reason, and never rejects.
 */
export interface Channel {
  /** Sends one frame, `parts` one after the other without copying where that can be avoided. Never blocks, never throws; frames sent
   * after the end are dropped. The parts may not be changed until the frame has left: pass memory that is not reused. */
  send(...parts: readonly Uint8Array[]): void
  /** The one receiver of frames. Frames that came before it is set are kept for it. `frame` is only valid during the call unless
   * the receiver keeps it (its memory is never reused by the channel). */
  onFrame(receive: (frame: Uint8Array) => void): void
  /** Instead of onFrame, for a side that does not care where frames begin and end: hands their bytes over as they come, in pieces, without
   * waiting for whole frames and copying them together. A piece is valid during the call only. Where sockets can be read directly, bytes for
   * which `place` has memory come there instead. */
  onPieces(receive: (piece: Uint8Array) => void, place?: Place): void
  /** Sends one frame at once, out of memory that will be used again. True: it may be, now. False: not before onDrain has been called. */
  lend(frame: Uint8Array): boolean
  /** `drained` is called when nothing is buffered any more, after lend() returned false or bufferedBytes was above 0. */
  onDrain(drained: () => void): void
  /** `quiet(true)`: the other side has said nothing for a while although its machine answers, as a stopped process does; false: it says something again. */
  onQuiet?(quiet: (isQuiet: boolean) => void): void
  /** Of a control channel to an agent that has started others: sends one frame to it and to all of them. */
  readonly sendToAll?: (...parts: readonly Uint8Array[]) => void
  /** A control channel that comes through the agent that has started the other side. */
  readonly isBelow?: boolean
  /** Where rank threads may write to the socket below the channel, too. */
  readonly socket?: SharedSocket
  /** Bytes handed to `send` that have not left this process yet. */
  readonly bufferedBytes: number
  /** Stops and restarts the arrival of frames (flow control). */
  pause(): void
  resume(): void
  /** Ends the channel after what was sent has left. Safe to call again. */
  close(): void
  /** Ends the channel at once. */
  destroy(): void
  readonly closed: Promise<ChannelEnd>
}

/** Where the next bytes of a channel's frames may be put. */
export interface Place {
  /** Memory for some of them; null: there is none now. */
  next(): Uint8Array | null
  /** The first `count` bytes of it have come. */
  came(count: number): void
}

/** A channel's socket that others write whole frames to, in turns with the channel. */
export interface SharedSocket {
  /** Begins the sharing. False where it cannot be: the connection is encrypted, or the system shows no file descriptor. */
  share(turn: SocketTurn): boolean
  /** Whether a frame can begin now; if not, the turn of others must end first, and `goOn` then be called. */
  mayBegin(): boolean
  /** The turn that mayBegin() or send() found to be another's has come. */
  goOn(): void
  /** Like lend(), for the rest of a frame that another has begun. */
  lendRest(rest: Uint8Array): boolean
}

/** Who may write to a socket now. The channel takes its turn before a frame and gives it back when the system has taken all of it. */
export interface SocketTurn {
  /** Others may write to this file descriptor. `isMasked`: their frames carry a mask. */
  open(socket: number, isMasked: boolean): void
  /** Whether it is the channel's turn; if not, it is going to be. */
  take(): boolean
  /** What others have begun is to be ended by the channel. */
  takeRest(): void
  give(): void
  /** The file descriptor is going to be closed: waits, at most so long, until nobody uses it. */
  close(mostMs: number): void
}

export interface ChannelEnd {
  /** 'local': this side closed. 'peer': the other side closed in order. 'lost': connection broke, heartbeat ran out or a bad frame. */
  readonly by: 'local' | 'peer' | 'lost'
  readonly reason: string
}

/** Where a listener can be reached: every address of the machine that the peer may try, and the port. */
export interface Endpoint {
  readonly addresses: readonly string[]
  readonly port: number
}

/** What all programs of a job know of its channels; travels over ssh's stdin only. */
export interface JobSecret {
  /** 32 bytes as hex. Who has it is of this job; who of them, it does not say. */
  readonly jobKey: string
  /** `plain`: no TLS; the mutual HMAC handshake stays. */
  readonly transport: 'tls' | 'plain'
  /** SHA-256 fingerprint of the job's certificate ('AA:BB:…'), empty for plain. */
  readonly fingerprint: string
}

/** What a dialer proves itself with; travels over ssh's stdin only. */
export interface ChannelSecret extends JobSecret {
  /** The key of the two who meet (job-keys.ts): 32 bytes as hex. */
  readonly secret: string
}
