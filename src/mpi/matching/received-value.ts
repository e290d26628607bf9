import { decode } from '../../wire/codec.ts'
import { MPIError } from '../terms/mpi-error.ts'
import type { Receiving } from './incoming-message.ts'

/** The value that a world rank has sent. Throws MPIError ERR_OTHER for bytes that are none; where they come from another node, that is lost. */
export function receivedValue(engine: Receiving, call: string, source: number, bytes: Uint8Array): unknown {
  try {
    return decode(bytes)
  } catch (error) {
    engine.misfit(source, `a value that cannot be decoded, from rank ${source}`)
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${call}: what world rank ${source} sent cannot be decoded: ${reason}`
    throw new MPIError('ERR_OTHER', engine.rank, call, message)
  }
}
