import type { View } from '../mpi/datatype.ts'

const moved = new WeakSet<object>()

/**
 * Marks a typed array whose memory is to be handed over with its next journey instead of being copied: it is empty afterwards. For arguments
 * and for what a task returns.
 */
export function move<V extends View>(view: V): V {
  moved.add(view)
  return view
}

export function isMoved(view: View): boolean {
  return moved.has(view) && view.byteOffset === 0 && view.byteLength === view.buffer.byteLength
}
