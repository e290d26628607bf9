import type { Signature } from '../call/signature.ts'
import type { Options } from '../../terms/request.ts'
import { Place } from '../in-memory/area/area.ts'
import type { NodeCalls } from '../in-memory/node-calls.ts'

const BARRIER: Signature = { call: 'barrier', root: -1, op: null, type: 0 }

/** MPI_Barrier (MPI 4.1 §6.3): a call that all have come to, and nothing more. */
export function barrierInMemory(calls: NodeCalls, options: Options | undefined): void {
  try {
    calls.begin(BARRIER, options, true)
    calls.publish(0, Place.slot, 0, false)
    calls.awaitAll()
    calls.end()
  } catch (error) {
    throw calls.fail(error)
  }
}
