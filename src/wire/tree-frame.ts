import { MpirunError } from '../base/errors.ts'

/*
 * Frames of the control channel of an agent that has started others. It passes on what is for them and what comes from them, without looking into
 * it. On the channels of agents that have started nobody there are control messages alone.
 *
 *     byte  0  kind     uint32
 *           4  node id  uint32: whom it is for (down) or whom it comes from or is about (up)
 *           8  body
 */

const HEAD_BYTES = 8

/** What a frame is. */
export const TreeKind = {
  /** A control message, either way. */
  message: 1,
  /** Down: a control message for this agent and for all below it. */
  toAll: 2,
  /** Down: that node's channel is to be closed behind what was sent, or (`drop`) at once. */
  close: 3,
  drop: 4,
  /** Up: that node's agent has called back. */
  up: 5,
  /** Up: it could not be started; body: why, for the user. */
  failed: 6,
  /** Up: its channel has ended; body: a letter (p: closed by it in order, l: lost), and the reason. */
  closed: 7,
  /** Up: what has started it has ended; body: a sentence for the user. */
  ended: 8,
  /** Up: it is silent (body: 1) or not any longer (0). */
  quiet: 9,
} as const

export type TreeKind = (typeof TreeKind)[keyof typeof TreeKind]

export interface TreeFrame {
  readonly kind: TreeKind
  readonly nodeId: number
  readonly body: Uint8Array
}

const KINDS: ReadonlySet<number> = new Set(Object.values(TreeKind))

/** What stands before the body. */
export function treeHead(kind: TreeKind, nodeId: number): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32LE(kind, 0)
  head.writeUInt32LE(nodeId, 4)
  return head
}

/** Throws ERR_PROTOCOL, whose message goes on from 'node X sent '. The body is a part of `frame`. */
export function readTreeFrame(frame: Uint8Array): TreeFrame {
  if (frame.length < HEAD_BYTES) throw new MpirunError('ERR_PROTOCOL', `a frame of ${frame.length} bytes`)
  const view = new DataView(frame.buffer, frame.byteOffset)
  const kind = view.getUint32(0, true)
  if (!KINDS.has(kind)) throw new MpirunError('ERR_PROTOCOL', `a frame of kind ${kind}`)
  // One of them, as has just been looked at.
  return { kind: kind as TreeKind, nodeId: view.getUint32(4, true), body: frame.subarray(HEAD_BYTES) }
}
