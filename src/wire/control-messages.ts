/**
 * The control protocol: what coordinator and agent say to each other (docs/protocol.md). Encoded by wire/codec.ts on a network,
 * handed over as objects in the same process.
 */

import type { Motion, Ruling } from './council-messages.ts'

/** How one rank is to be run. */
export interface RankSpec {
  readonly rank: number
  readonly localRank: number
  /** Index into `StartAgent.programs`. */
  readonly app: number
}

/** One program of the job (`A : B` has several). */
export interface ProgramSpec {
  /** Absolute path, or as given relative to `wdir`. */
  readonly path: string
  readonly args: readonly string[]
  /** JavaScript made from a TypeScript program or by --preload; `undefined`: read `path` on the node. */
  readonly source?: {
    readonly code: string
    readonly format: 'module' | 'commonjs'
    /** Where the compiler is on the first machine, for modules that a pool's threads load by themselves. */
    readonly esbuild?: string
  }
  /** Where it is not that of the job: what it is instead, or what is to be set over it. */
  readonly environment?: EnvironmentSpec & { readonly over: 'node' | 'job' }
}

/** Environment of the ranks: `set` over (or, with `clean`, instead of) what the node gives. */
export interface EnvironmentSpec {
  readonly clean: boolean
  readonly set: Readonly<Record<string, string>>
}

/** Where an agent's data listener can be reached, and what proves there who dials. */
export interface PeerAddress {
  readonly nodeId: number
  readonly addresses: readonly string[]
  readonly port: number
  /** The key of the two nodes, sealed for the one that dials (transport/job-keys.ts): 32 bytes as hex. */
  readonly key: string
}

/** Coordinator → agent. */
export type ToAgent =
  /** The same for all agents; own-start.ts has what one of them makes of it. */
  | {
      readonly type: 'start'
      readonly jobId: string
      readonly nodeCount: number
      readonly size: number
      /** Node id of each world rank. */
      readonly nodeOfRank: readonly number[]
      readonly programs: readonly ProgramSpec[]
      /** Ranks of each program, which follow each other. */
      readonly appSizes: readonly number[]
      readonly environment: EnvironmentSpec
      /** Working directory of each program; ranks of a node have the same, and the agent refuses to start where it does not exist. */
      readonly wdirs: readonly string[]
      /** What a rank's `process.stdout` and `stderr` say of the user's terminal. */
      readonly terminal: TerminalSpec
      /** Every standard send waits until it is matched. */
      readonly syncSend: boolean
      /** Only rank 0 runs the program; the others serve its pools. */
      readonly pool: boolean
      /** Date.now() of the job's start: epoch of wtime(). */
      readonly epochMs: number
      /** Whether ranks that wait for each other are looked for. */
      readonly findsDeadlocks: boolean
      /** Whether ranks may write to the sockets of data channels themselves: these are plain. */
      readonly sharesSockets: boolean
      /** The job goes on when ranks are lost: the others hear of it (--on-rank-loss continue). */
      readonly outlivesRanks: boolean
      /** Signals that an agent's own process passes on to its ranks, with SIG in front (`scancel --signal=USR1 --full` reaches agents, too). */
      readonly forwardSignals: readonly NodeJS.Signals[]
      /** Flags of Node for the ranks, beside those of their $NODE_OPTIONS. */
      readonly nodeFlags: readonly string[]
    }
  /** Signal for all ranks of the node (`process.on('SIGUSR1')` works there). `endAfterMs`: ranks that are still there then are ended. */
  | { readonly type: 'signal'; readonly signal: string; readonly endAfterMs?: number }
  | { readonly type: 'stdin'; readonly rank: number; readonly bytes: Uint8Array | null }
  /** Output of this many bytes has left the coordinator: the rank may go on writing. */
  | { readonly type: 'outputDone'; readonly rank: number; readonly bytes: number }
  /** All ranks of the node end now; answered by the last rankExit and 'bye'. */
  | { readonly type: 'end' }
  /** A rank has ended in order. `exceptNodes`: its own, and those that hear of it by a data channel, behind its last message. */
  | { readonly type: 'rankFinished'; readonly rank: number; readonly exceptNodes: readonly number[] }
  /** Do all ranks of the node wait? Answered by 'waits' with the same number. `wantsDetails`: and what for? */
  | { readonly type: 'askWaits'; readonly question: number; readonly wantsDetails: boolean }
  /** All ranks wait for each other: their waits fail with ERR_DEADLOCK and this table. */
  | { readonly type: 'deadlock'; readonly table: string }
  /** As rankFinished, of a rank that has ended otherwise than in order while the job goes on. */
  | { readonly type: 'rankLost'; readonly rank: number; readonly exceptNodes: readonly number[] }
  /** What has been settled for ranks of the node. */
  | { readonly type: 'ruling'; readonly ranks: readonly number[]; readonly ruling: Ruling }
  /** That node is lost and the job goes on without it: nothing comes from there any more, its ranks are over. */
  | { readonly type: 'nodeLost'; readonly nodeId: number }
  /** Dial that node's data listener: a rank of it has something for one of yours, or the other way round. */
  | ({ readonly type: 'dial' } & PeerAddress)
  /** That node, of a higher id, meets this one at the coordinator (--tunnel). */
  | { readonly type: 'relay'; readonly nodeId: number }

/** What all agents are to do. */
export type StartAgents = Extract<ToAgent, { type: 'start' }>

/** What one agent is to do. */
export interface StartAgent extends Omit<StartAgents, 'type' | 'appSizes' | 'wdirs'> {
  readonly nodeId: number
  readonly ranks: readonly RankSpec[]
  readonly wdir: string
}

/** The collectives that a rank has called on a communicator. All its ranks must have called the same. */
export interface CollectiveSummary {
  /** The communicator: its number, the same on all ranks, and its name. */
  readonly comm: number
  readonly name: string
  /** Whether one has failed, and the program has been told. */
  readonly hasFailed: boolean
  /** What the program was told of the first that did not match. */
  readonly mismatch?: string
  readonly calls: number
  /** Of all of them, in order. */
  readonly hash: number
  /** The latest ones in the user's words, the last one first. */
  readonly latest: readonly string[]
}

/** How the ranks of a node wait, at one moment. */
export interface NodeWaits {
  /** All of them wait, and nothing has come for them that they have not read. */
  readonly isStuck: boolean
  /** Changes whenever one of them gets on. */
  readonly activity: number
  /** Bytes that the node has sent to others and received from them, in all. */
  readonly sent: number
  readonly received: number
  /** Where details were wanted and all wait: what for. */
  readonly ranks?: readonly RankWait[]
}

/** What one rank waits for. */
export interface RankWait {
  readonly rank: number
  /** In the user's words: `recv(source = 1, tag = 5) in COMM_WORLD`. */
  readonly call: string
  /** Line of the program, `ring.js:12`; absent where it is not known. */
  readonly place?: string
  /** The collectives that it is in; absent where it is in none. */
  readonly collectives?: readonly CollectiveWait[]
}

/** A collective that a rank cannot end. */
export interface CollectiveWait {
  /** The communicator: its number, its name, and the rank in it. */
  readonly context: number
  readonly name: string
  readonly rank: number
  /** Number of the call on the communicator. */
  readonly sequence: number
  /** What was called: this call, the one before it, and so on. */
  readonly latest: readonly string[]
}

/** Begins the first line of a deadlock's table that is due to collectives that do not match. */
export const MISMATCH_PREFIX = 'ERR_COLLECTIVE_MISMATCH: '

export interface TerminalSpec {
  readonly stdoutIsTty: boolean
  readonly stderrIsTty: boolean
  readonly columns: number
}

/** Agent → coordinator. */
export type FromAgent =
  | {
      readonly type: 'hello'
      readonly nodeId: number
      readonly hostname: string
      readonly pid: number
      readonly nodeVersion: string
      readonly protocolVersion: number
      /** Where this agent's data listener can be reached; port 0: none. */
      readonly addresses: readonly string[]
      readonly port: number
    }
  | { readonly type: 'output'; readonly rank: number; readonly stream: 1 | 2; readonly bytes: Uint8Array }
  | { readonly type: 'stdinWanted'; readonly rank: number }
  | {
      readonly type: 'rankExit'
      readonly rank: number
      readonly status: number
      readonly failure?: RankFailure
      /** Of a rank that has ended in order. */
      readonly collectives?: readonly CollectiveSummary[]
      /** Nodes that hear of the end by their data channel, behind the rank's last message. */
      readonly toldNodes: readonly number[]
    }
  /** comm.abort(status). */
  | { readonly type: 'abort'; readonly rank: number; readonly status: number }
  /** The agent cannot do its work (missing working directory, unreadable program, peer out of reach). */
  /** `peer`: the node that cannot be reached, where that is what failed. `isUnreached`: it never was; `message` says what was tried. */
  | {
      readonly type: 'agentFailure'
      readonly message: string
      readonly exitStatus: number
      readonly peer?: number
      readonly isUnreached?: boolean
    }
  /** What another node's agent has sent this one does not fit: the rest of a sentence that begins with 'node X sent '. That node counts as lost. */
  | { readonly type: 'peerMisfit'; readonly peer: number; readonly what: string }
  /** A data channel to that node is wanted: the one of the higher id gets 'dial'. */
  | { readonly type: 'askDial'; readonly nodeId: number }
  /** That node cannot be reached directly: it is to come to the coordinator, where this one waits for it. */
  | { readonly type: 'askRelay'; readonly nodeId: number }
  /** All ranks of the node that are not over seem to wait for others, or no longer. */
  | { readonly type: 'stalled'; readonly isStalled: boolean }
  | ({ readonly type: 'waits'; readonly question: number } & NodeWaits)
  /** A rank of the node wants something to be settled. */
  | { readonly type: 'motion'; readonly rank: number; readonly motion: Motion }
  | { readonly type: 'bye' }

/** Why a rank ended badly. */
export interface RankFailure {
  /** 'error': uncaught error or rejection. 'memory': out of memory. 'start': its thread could not be started. 'exit': process.exit(n), exitCode n. */
  readonly kind: 'error' | 'memory' | 'exit' | 'start'
  readonly message: string
  readonly stack?: string
}
