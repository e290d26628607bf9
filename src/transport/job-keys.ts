import { createHmac, randomBytes } from 'node:crypto'
import type { ChannelSecret, JobSecret } from './channel.ts'
import { type Purpose, purposeText } from './purpose.ts'

/**
 * The keys of a job's channels. All come from one secret, which stays with the coordinator: HMAC-SHA256(secret, what the key is for), as in the second step
 * of RFC 5869. So nothing is kept for each pair of nodes, and no key tells anything of another one.
 *
 *     control:<node id>            of that node and the coordinator
 *     data:<higher id>:<lower id>  of those two nodes, whoever dials
 *     job                          of all: it proves that somebody is of the job, not who
 */
export class JobKeys {
  readonly #secret: Uint8Array
  /** What all agents know. */
  readonly job: JobSecret

  /** `secret`: 32 random bytes; a test gives its own. */
  constructor({ transport, fingerprint }: Omit<JobSecret, 'jobKey'>, secret: Uint8Array = randomBytes(32)) {
    this.#secret = secret
    this.job = { jobKey: this.#derive('job'), transport, fingerprint }
  }

  /** Of those whom a purpose names. */
  keyOf(purpose: Purpose): string {
    if (purpose.kind === 'control') return this.#derive(purposeText(purpose))
    const { from, to } = purpose
    return this.#derive(purposeText({ kind: 'data', from: Math.max(from, to), to: Math.min(from, to) }))
  }

  secretOf(purpose: Purpose): ChannelSecret {
    return { ...this.job, secret: this.keyOf(purpose) }
  }

  /** The keys of a node with each node of the job, by node id. (4 µs for each.) */
  peerKeys(nodeId: number, nodeCount: number): string[] {
    return Array.from({ length: nodeCount }, (_, to) => this.keyOf({ kind: 'data', from: nodeId, to }))
  }

  #derive(what: string): string {
    return createHmac('sha256', this.#secret).update(`mpirun-ts key ${what}`).digest('hex')
  }
}
