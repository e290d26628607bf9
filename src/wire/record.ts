/**
 * A record is what lies in a ring and, as it is, in a frame between agents: a header and a body, padded to 16 bytes.
 *
 * byte 0  kind       uint32  one of RecordKind
 *      4  bodyBytes  uint32  without padding
 *      8  source     uint32  world rank
 *     12  dest       uint32  world rank
 * Native byte order in a ring and little-endian on a network: every machine that Node runs on is little-endian.
 */
export const RECORD_HEADER_BYTES = 16
export const RECORD_ALIGNMENT = 16

export const RecordKind = {
  /** Fills a ring up to its end; the body means nothing. */
  padding: 1,
  /** Envelope (wire/envelope.ts) and the first bytes of the payload. */
  begin: 2,
  /** More bytes of the payload that `source` began. */
  part: 3,
  /** `source` has ended in order, or (with --pool) its node is lost; nothing more comes from it. No body. */
  finished: 4,
  /** `source` has read this many bytes (float64) of what `dest` sent: `dest` may send as many more. */
  credit: 5,
  /** Rank → agent: bytes for the rank's standard output or error, in as many records as they need. */
  stdout: 6,
  stderr: 7,
  /** Rank → agent: an uncaught error, UTF-8 JSON of RankFailure, in as many records as it needs. */
  failure: 8,
  /** Rank → agent: comm.abort(), the status as float64. */
  abort: 9,
  /** Rank → agent: the program is starting a process. One byte that means nothing. */
  child: 10,
  /** Rank → agent: what the rank waits for, UTF-8 JSON of WaitAnswer. */
  waits: 11,
  /** Agent → rank: what it has said that it waits for will never come. Who waits for whom, as UTF-8. */
  deadlock: 12,
  /** A message whose payload the receiver copies out of the sender's memory: envelope and LoanRecord (rank/loans/loan-table.ts). */
  loan: 13,
  /** Rank → its agent → agent of the target's node: wire/window-messages.ts. */
  windowRequest: 14,
  /** Agent of the rank `source` → rank `dest`: the reply. */
  windowReply: 15,
  /** Between ranks of a node: what follows is in the (next) overflow ring, whose buffer has the number `dest` (rank/link/overflow.ts). No body. */
  overflow: 16,
  /** In an overflow ring: what follows is in the ring of the pair. No body. */
  backToRing: 17,
  /** Rank → agent, at the end: UTF-8 JSON of a list of CollectiveSummary. */
  collectives: 18,
  /** `source` has ended otherwise than in order, or its node is lost, in a job that goes on (--on-rank-loss continue). No body. */
  lost: 19,
  /** Rank → agent: UTF-8 JSON of Motion (wire/council-messages.ts). */
  motion: 20,
  /** Agent → rank: UTF-8 JSON of Ruling. */
  ruling: 21,
  /** Rank → agent: the rest of a WebSocket frame for node `dest`, whose begin the rank has written to the socket itself (shm/socket-line.ts). */
  rest: 22,
  /** Rank → agent: what a rank of another node has sent that does not fit, UTF-8 JSON of MisfitNotice. */
  misfit: 23,
} as const

/** `dest` of a record for every rank of a node. */
export const ALL_RANKS = 0xffffffff

/** `dest` of a record for the agent of a node, sent to that node. */
export const FOR_AGENT = 0xfffffffe

/** Bytes that a record with this body takes, padding included. */
export function recordBytes(bodyBytes: number): number {
  // A length of 2^31 or more, which another program may claim, must not come out as a negative number.
  const end = bodyBytes + RECORD_ALIGNMENT - 1
  return RECORD_HEADER_BYTES + end - (end & (RECORD_ALIGNMENT - 1))
}
