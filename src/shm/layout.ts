import { ExitStatus, MpirunError } from '../base/errors.ts'
import type { LargerRings, NodeMemory } from '../wire/rank-messages.ts'

export type { NodeMemory } from '../wire/rank-messages.ts'

/**
 * The shared memory of one node: every offset and size, in bytes. The region is the buffer of one shared WebAssembly.Memory.
 *
 * Endpoints are the ranks of the node, 0…L-1 in the order of their local rank, and the agent, L. Each ordered pair of endpoints
 * has a ring of its own: one producer, one consumer (docs/decisions/0004-a-ring-for-each-pair.md).
 *
 *   0                    endpoint blocks, 128 bytes each
 *                          +0   bell      int32   goes up by one for each ring of the bell
 *                          +4   sleeping  int32   1: the owner sleeps or is about to
 *                          +64  unwritten int32   bytes of output on their way to the user (ranks only)
 *                          +68  signals   int32   bit mask of SIGINT (1), SIGTERM (2), SIGHUP (4): the rank listens to them
 *                          +72  waits     int32   whether the rank waits for others (shm/wait-word.ts)
 *                          +76  asked     int32   not 0: the agent asks the rank what it waits for
 *   E × 128              pair blocks, 128 bytes each, index producer × E + consumer
 *                          +0   tail      int32   written by the producer: bytes ever written, modulo 2^32
 *                          +4   wanted    int32   1: the producer waits for room
 *                          +64  head      int32   written by the consumer: bytes ever read, modulo 2^32
 *   E × 128 + E² × 128   rings, `ringBytes` each, same index; rounded up to a multiple of 64 KiB at the end
 *   `inboxes.offset`     where the job has several nodes: rings from the agent to the ranks, `inboxes.ringBytes` each, by the rank's endpoint,
 *                        instead of those above
 *   `outboxes.offset`    there, too: rings from the ranks to the agent
 *   `peers.offset`       rings between the L ranks, `peers.ringBytes` each, index producer × L + consumer, where they are larger than those above, instead of
 *                        them
 *   `areas.offset`       areas of collectives (shm/areas.ts), `areas.bytes` long
 *
 * Blocks of different writers are 64 bytes apart so that they never share a cache line.
 */
export const ENDPOINT_BLOCK_BYTES = 128
export const BELL = 0
export const SLEEPING = 1
export const UNWRITTEN_OUTPUT = 16
export const SIGNALS_HEARD = 17
export const WAITS = 18
export const ASKED = 19

export const PAIR_BLOCK_BYTES = 128
export const TAIL = 0
export const WANTED = 1
export const HEAD = 16

const PAGE_BYTES = 65536
const MOST_PAGES = 65536
const SMALLEST_RING = 16 * 1024
const LARGEST_RING = 256 * 1024
/** All rings together stay below this where the smallest ring allows it; only what is used becomes resident. */
const RINGS_TOTAL = 64 * 1024 * 1024
/**
 * What comes from other nodes comes in bursts of some MiB, and each time that a ring is full costs a sleep and a wake-up on both sides. This takes
 * what one rank may have on its way to another (rank/link/remote-credit.ts).
 */
const LARGEST_INBOX = 4 * 1024 * 1024
/**
 * What goes to other nodes through the agent, which encrypts a record at a time: with smaller ones, agent and rank wake each other more often
 * than they work.
 */
const LARGEST_OUTBOX = 2 * 1024 * 1024
/** All inboxes together, where rings between ranks are not larger. */
const INBOXES_TOTAL = 16 * 1024 * 1024
/**
 * Between ranks of a node. A ring of 1 MiB and more takes a large message in half the time that one of 256 KiB needs: its lines have left the reader's
 * own cache for the one that cores share when they are written again (docs/decisions/0027-large-rings.md).
 */
const LARGEST_PEER_RING = 2 * 1024 * 1024
/** All such rings together, where rings to and from the agent are not larger. */
const PEER_RINGS_TOTAL = 64 * 1024 * 1024
/** For areas of collectives; only what is used becomes resident. */
const AREAS_BYTES = 128 * 1024 * 1024

/**
 * The region of a node with `localSize` ranks, all zero. `largestLocalSize`: ranks of the node that has most of them. Rings are of the
 * same size on all nodes, so that a record out of a ring of one node fits into a ring of another; `spansNodes`: those from and to the agent are
 * larger, and no outbox larger than any node's inboxes. `isPlain`: no WebAssembly memory, which needs 10 GiB of addresses; reductions then run without
 * vector instructions, and turns are not given away. Throws ERR_SLOTS for more ranks than a shared memory has room for (about 500).
 */
export function allocateNodeMemory(
  localSize: number,
  largestLocalSize: number = localSize,
  spansNodes: boolean = false,
  isPlain: boolean = false,
): NodeMemory {
  const endpoints = localSize + 1
  const ringBytes = ringBytesFor(largestLocalSize + 1)
  let end = ringsOffset(endpoints) + endpoints * endpoints * ringBytes
  const append = (count: number, bytes: number): LargerRings | undefined => {
    if (bytes <= ringBytes) return undefined
    const rings = { offset: end, ringBytes: bytes }
    end += count * bytes
    return rings
  }
  const inboxBytesFor = (ranks: number): number => largestWithin(LARGEST_INBOX, ranks, INBOXES_TOTAL, ringBytes)
  const inboxes = spansNodes ? append(localSize, inboxBytesFor(localSize)) : undefined
  const outboxBytes = Math.min(LARGEST_OUTBOX, inboxBytesFor(largestLocalSize))
  const outboxes = spansNodes ? append(localSize, outboxBytes) : undefined
  const peerBytes = largestWithin(LARGEST_PEER_RING, localSize ** 2, PEER_RINGS_TOTAL, ringBytes)
  const peers = localSize > 1 ? append(localSize ** 2, peerBytes) : undefined
  const ringPages = Math.ceil(end / PAGE_BYTES)
  if (ringPages > MOST_PAGES) {
    const message = `a node cannot have ${largestLocalSize} ranks: their rings need more than the 4 GiB of a shared memory. Use more nodes.`
    throw new MpirunError('ERR_SLOTS', message, { exitStatus: ExitStatus.usage })
  }
  // A rank that is alone on its node has no collectives inside it.
  const areaPages = localSize < 2 ? 0 : Math.min(AREAS_BYTES / PAGE_BYTES, MOST_PAGES - ringPages)
  const pages = ringPages + areaPages
  const memory = isPlain
    ? { buffer: new SharedArrayBuffer(pages * PAGE_BYTES) }
    : new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const areas = { offset: ringPages * PAGE_BYTES, bytes: areaPages * PAGE_BYTES }
  const larger = { ...(inboxes && { inboxes }), ...(outboxes && { outboxes }), ...(peers && { peers }) }
  return { memory, endpoints, ringBytes, areas, ...larger }
}

/** Memory for two endpoints, 0 and 1, and a ring each way; plain shared memory, because a program may make thousands of them. */
export function allocatePairMemory(): NodeMemory {
  const bytes = ringsOffset(2) + 4 * LARGEST_RING
  return { memory: { buffer: new SharedArrayBuffer(bytes) }, endpoints: 2, ringBytes: LARGEST_RING }
}

/** Memory for one ring of `ringBytes`, a power of two, from endpoint 0 to itself; the bells are elsewhere. */
export function allocateRingMemory(ringBytes: number): NodeMemory {
  return { memory: { buffer: new SharedArrayBuffer(ringsOffset(1) + ringBytes) }, endpoints: 1, ringBytes }
}

/** What allocateRingMemory() made, from its buffer. */
export function ringMemoryOf(buffer: SharedArrayBuffer): NodeMemory {
  return { memory: { buffer }, endpoints: 1, ringBytes: buffer.byteLength - ringsOffset(1) }
}

/** Memory for nothing but the bell of one endpoint, 0. */
export function allocateBellMemory(): NodeMemory {
  return { memory: { buffer: new SharedArrayBuffer(ENDPOINT_BLOCK_BYTES) }, endpoints: 1, ringBytes: 0 }
}

function ringBytesFor(endpoints: number): number {
  return largestWithin(LARGEST_RING, endpoints * endpoints, RINGS_TOTAL, SMALLEST_RING)
}

/** `largest`, or as many times halved as `count` rings need to fit into `total` bytes, but not below `smallest`. */
function largestWithin(largest: number, count: number, total: number, smallest: number): number {
  let ringBytes = largest
  while (ringBytes > smallest && count * ringBytes > total) ringBytes /= 2
  return ringBytes
}

export function endpointOffset(endpoint: number): number {
  return endpoint * ENDPOINT_BLOCK_BYTES
}

export function pairOffset(endpoints: number, producer: number, consumer: number): number {
  return endpoints * ENDPOINT_BLOCK_BYTES + (producer * endpoints + consumer) * PAIR_BLOCK_BYTES
}

export function ringOffset(node: NodeMemory, producer: number, consumer: number): number {
  return ringAt(node, producer, consumer).offset
}

export function ringCapacity(node: NodeMemory, producer: number, consumer: number): number {
  return ringAt(node, producer, consumer).ringBytes
}

/** The agent's endpoint is the last one. */
function ringAt(node: NodeMemory, producer: number, consumer: number): LargerRings {
  const { endpoints, ringBytes, inboxes, outboxes, peers } = node
  const agent = endpoints - 1
  if (producer < agent && consumer < agent) {
    if (peers !== undefined) return ringOf(peers, producer * agent + consumer)
  } else if (producer === agent) {
    if (inboxes !== undefined && consumer < agent) return ringOf(inboxes, consumer)
  } else if (outboxes !== undefined) return ringOf(outboxes, producer)
  return ringOf({ offset: ringsOffset(endpoints), ringBytes }, producer * endpoints + consumer)
}

/** The one at `index` of rings that lie side by side. */
function ringOf({ offset, ringBytes }: LargerRings, index: number): LargerRings {
  return { offset: offset + index * ringBytes, ringBytes }
}

function ringsOffset(endpoints: number): number {
  const blocks = endpoints * ENDPOINT_BLOCK_BYTES + endpoints * endpoints * PAIR_BLOCK_BYTES
  return Math.ceil(blocks / 64) * 64
}
