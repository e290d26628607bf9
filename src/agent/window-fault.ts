import type { WindowPart } from '../shm/window-part.ts'
import {
  isWindowOperation,
  MOST_WINDOW_BYTES,
  WINDOW_REQUEST_BYTES,
  WindowCall,
  windowOperations,
  type WindowRequest,
} from '../wire/window-messages.ts'

/** Elements that each call brings; -1: any number. */
const elementsOf: Readonly<Record<number, number>> = {
  [WindowCall.put]: -1,
  [WindowCall.get]: 0,
  [WindowCall.accumulate]: -1,
  [WindowCall.getAccumulate]: -1,
  [WindowCall.fetchAndOp]: 1,
  [WindowCall.compareAndSwap]: 2,
  [WindowCall.lock]: 0,
  [WindowCall.lockShared]: 0,
  [WindowCall.unlock]: 0,
}

/** Calls that name an operation. */
const COMBINING: ReadonlySet<number> = new Set([WindowCall.accumulate, WindowCall.getAccumulate, WindowCall.fetchAndOp])

/**
 * What is wrong with a request to a part of a window, as the rest of a sentence that begins with 'node X sent '; null: nothing. `worldRanks`: of the
 * window's communicator; `source`: world rank that asks; `bytes`: of the whole request.
 */
export function windowFault(
  part: WindowPart,
  worldRanks: readonly number[],
  source: number,
  request: WindowRequest,
  bytes: number,
): string | null {
  const { call, origin, index } = request
  const what = `a window request (call ${call}) of rank ${source}`
  if (worldRanks[origin] !== source) return `${what} in the name of another`
  const brought = elementsOf[call]
  if (brought === undefined) return `${what}, which there is not`
  const { length, BYTES_PER_ELEMENT } = part.view
  const elements = (bytes - WINDOW_REQUEST_BYTES) / BYTES_PER_ELEMENT
  if (!Number.isInteger(elements) || (brought >= 0 && elements !== brought)) return `${what} with ${elements} elements`
  const touched = touchedBy(request, elements)
  const isInside = Number.isInteger(index) && index >= 0 && index + touched <= length
  if (!isInside || touched * BYTES_PER_ELEMENT > MOST_WINDOW_BYTES) {
    return `${what} for ${touched} elements from ${index} on of a window of ${length}`
  }
  if (COMBINING.has(call)) {
    const name = windowOperations[request.operation]
    if (name === undefined || !isWindowOperation(name, part.datatype)) {
      return `${what} with operation ${request.operation}, which there is not`
    }
  }
  const isLock = call === WindowCall.lock || call === WindowCall.lockShared
  return isLock && part.lock.isOf(origin) ? `${what}, a second one` : null
}

function touchedBy({ call, count }: WindowRequest, elements: number): number {
  if (call === WindowCall.get) return count
  return call === WindowCall.compareAndSwap ? 1 : elements
}
