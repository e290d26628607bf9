import { RECORD_HEADER_BYTES, recordBytes } from '../../wire/record.ts'

/** A record of the agent's own for a rank of its node, with a text. */
export function textRecord(kind: number, rank: number, text: string): Uint8Array {
  const body = Buffer.from(text)
  const record = Buffer.alloc(recordBytes(body.length))
  record.writeUInt32LE(kind, 0)
  record.writeUInt32LE(body.length, 4)
  record.writeUInt32LE(rank, 8)
  record.writeUInt32LE(rank, 12)
  record.set(body, RECORD_HEADER_BYTES)
  return record
}
