import { createHmac, randomBytes } from 'node:crypto'
import type { ChannelSecret, JobSecret } from './channel.ts'
import type { Purpose } from './purpose.ts'

/**
 * The keys of a job's channels. All come from one secret, which stays with the coordinator, by HMAC-SHA256(key, what the new key is for), as in the
 * second step of RFC 5869. So nothing is kept for each pair of nodes, and no key tells anything of the one that it comes from.
 *
 *     secret ─┬─ job                       of all: it proves that somebody is of the job, not who
 *             └─ node N                    of that node (and of the coordinator, as all others)
 *                 ├─ control               of its control channel
 *                 ├─ data:M                of its data channel with node M, whose id is higher, and which is told this key alone
 *                 └─ node C                of a node that N starts
 */
export class JobKeys {
  readonly #secret: string
  /** What all agents know. */
  readonly job: JobSecret
  /** Nodes that are started by others, and by which. */
  readonly #parents: ReadonlyMap<number, number>

  /** `secret`: 32 random bytes; a test gives its own. `parents` may grow until the keys of a node are asked for. */
  constructor(
    { transport, fingerprint }: Omit<JobSecret, 'jobKey'>,
    secret: Uint8Array = randomBytes(32),
    parents: ReadonlyMap<number, number> = new Map(),
  ) {
    this.#secret = Buffer.from(secret).toString('hex')
    this.job = { jobKey: derived(this.#secret, 'job'), transport, fingerprint }
    this.#parents = parents
  }

  /** All other keys of a node come from this one. */
  nodeKey(nodeId: number): string {
    const parent = this.#parents.get(nodeId)
    return keyOfChild(parent === undefined ? this.#secret : this.nodeKey(parent), nodeId)
  }

  /** Of those whom a purpose names. */
  keyOf(purpose: Purpose): string {
    if (purpose.kind === 'control') return controlKey(this.nodeKey(purpose.from))
    const { from, to } = purpose
    return pairKey(this.nodeKey(Math.min(from, to)), Math.max(from, to))
  }

  secretOf(purpose: Purpose): ChannelSecret {
    return { ...this.job, secret: this.keyOf(purpose) }
  }

  /** The key of two nodes for the one of the higher id, which alone can open it: control channels are not always encrypted. */
  sealedKey(higher: number, lower: number): string {
    return sealed(this.keyOf({ kind: 'data', from: higher, to: lower }), this.nodeKey(higher), lower)
  }
}

/** Of a node that the one whose key this is starts. */
export function keyOfChild(nodeKey: string, child: number): string {
  return derived(nodeKey, `node:${child}`)
}

/** Of a node's control channel. */
export function controlKey(nodeKey: string): string {
  return derived(nodeKey, 'control')
}

/** Of the data channel of a node and one of a higher id. */
export function pairKey(nodeKey: string, higher: number): string {
  return derived(nodeKey, `data:${higher}`)
}

/**
 * Seals and opens the key of a node and one of a lower id with the node's own. A pad hides one key in a job, the same one each time: nothing else is
 * ever sealed with it.
 */
export function sealed(key: string, nodeKey: string, lower: number): string {
  const pad = Buffer.from(derived(nodeKey, `seal:${lower}`), 'hex')
  const bytes = Buffer.from(key, 'hex').map((byte, index) => byte ^ (pad[index] ?? 0))
  return Buffer.from(bytes).toString('hex')
}

function derived(key: string, what: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(`mpirun-ts key ${what}`).digest('hex')
}
