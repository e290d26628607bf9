/**
 * The contract between a pool's dispatcher and its threads. Both sides write records (wire/record.ts) into a ring; the header's `source`
 * and `dest` are two words of the record here.
 */
export const PoolRecord = {
  /** Dispatcher → thread. `source`: id of the function; body: encoded FunctionRef. */
  define: 16,
  /** Dispatcher → thread. `source`: sequence number of the chunk, `dest`: number of tasks; body: see CHUNK_HEAD_BYTES. */
  chunk: 17,
  /** Dispatcher → thread, after a revocation: chunks count again, from number `source` on. */
  resume: 18,
  /** Dispatcher → thread: end by yourself, behind what came before. No body. */
  end: 19,
  /** Thread → dispatcher: the initializer is done. No body. */
  ready: 24,
  /** Thread → dispatcher. `source`: number of the chunk, `dest`: number of results; body: see OUTCOME_HEAD_BYTES. */
  result: 25,
  /** Thread → dispatcher: the same for a chunk that failed; `dest`: position in the chunk of the task; the payload is what it threw. */
  error: 26,
  /** Thread → dispatcher: output for file descriptor `source`. */
  output: 27,
  /** Thread → dispatcher: an uncaught error; `source`: 1 where the initializer threw it, `dest`: form of the payload. */
  failure: 28,
  /** Thread → dispatcher, its last record: it ends with status `source`. */
  exited: 29,
} as const

/*
 * Head of a chunk's body                    Head of an outcome's body
 *   0  function id        uint32              0  started        float64, ms since the epoch
 *   4  flags, CHUNK_*     uint32              8  run            float64, ms
 *   8  first task's index float64            16  payload form   uint32
 *  16  payload form       uint32             20  reserved
 *  20  reserved                              24  payload
 *  24  payload
 */
export const CHUNK_HEAD_BYTES = 24
export const OUTCOME_HEAD_BYTES = 24

/** Each task is a list of arguments. */
export const CHUNK_SPREAD = 1
/** The function gets a context behind its arguments. */
export const CHUNK_CONTEXT = 2

/** How the list of tasks or results lies in a payload. */
export const PayloadForm = {
  /** wire/codec.ts. */
  encoded: 0,
  /** Only numbers: float64 each. */
  numbers: 1,
  /** A list of one view: uint32 datatype, uint32 zero, its bytes. */
  view: 2,
  /** Encoded, next message on the port. */
  portBytes: 3,
  /** Only numbers, as a Float64Array that is the next message on the port. */
  portNumbers: 4,
  /** The next message on the port is the list itself: large views in it were handed over, views of shared memory are shared. */
  portList: 5,
  /** Encoded, with shared memory beside it: next message on the port, `[bytes, list]`. */
  portShared: 6,
} as const

/** Words that both sides of a thread look at, int32, 64 bytes apart where their writers differ. */
export const ControlWord = {
  /** Number of the next chunk to begin, taken by the thread with a compare-and-exchange; REVOKED: begin none. */
  gate: 0,
  /** Written by the dispatcher: the number of the chunk that is to be cancelled, plus one. */
  cancel: 16,
  /** Written by the thread: position in its chunk of the task that runs. */
  task: 32,
  /** Written by the thread: its number in /proc/self/task, 0 where there is none. */
  osThread: 33,
} as const
export const CONTROL_BYTES = 256
export const REVOKED = -1
/** Sequence numbers of chunks count modulo this. */
export const SEQUENCE_MODULUS = 0x40000000

/** How a function travels. */
export type FunctionRef =
  /** Export or task `name` of a module (dots lead into exported objects); `source`: its text here, to make sure that it is the same one. */
  | { readonly kind: 'module'; readonly url: string; readonly name: string; readonly source?: string }
  | {
      readonly kind: 'source'
      readonly name: string
      readonly source: string
      readonly isStrict: boolean
      /** The variable by which the function calls itself. */
      readonly self?: string
      /** URL from which its `require` and its `import()` look. */
      readonly requireFrom?: string
      readonly importFrom?: string
    }
  /** A function of the language, such as Math.sqrt. */
  | { readonly kind: 'global'; readonly path: string }

/** Ends of a thread's memory. */
export const THREAD_END = 0
export const DISPATCHER_END = 1
