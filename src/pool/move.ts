import type { View } from '../mpi/datatypes/datatype.ts'

const KEY = Symbol.for('mpirun-ts.moved')

/** Every copy of the package in a thread marks in the same set. */
function movedViews(): WeakSet<object> {
  // Only this function writes there.
  const holder = globalThis as { [KEY]?: WeakSet<object> }
  holder[KEY] ??= new WeakSet()
  return holder[KEY]
}

/**
 * Marks a typed array whose memory is to be handed over with its next journey instead of being copied: it is empty afterwards. For arguments
 * and for what a task returns.
 */
export function move<V extends View>(view: V): V {
  movedViews().add(view)
  return view
}

export function isMoved(view: View): boolean {
  return movedViews().has(view) && view.byteOffset === 0 && view.byteLength === view.buffer.byteLength
}
