import { randomBytes } from 'node:crypto'
import type { ChannelSecret } from '../../src/transport/channel.ts'

/** Random keys of two that are to meet. `fingerprint`: of their certificate. */
export function randomSecret(transport: 'tls' | 'plain', fingerprint = ''): ChannelSecret {
  return { secret: randomKey(), jobKey: randomKey(), transport, fingerprint }
}

/** 32 bytes, hex. */
export function randomKey(): string {
  return randomBytes(32).toString('hex')
}
