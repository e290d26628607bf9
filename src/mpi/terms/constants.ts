import { travelsByName } from '../../wire/library-objects.ts'
import { showAs } from './inspect.ts'

/** Receive from whichever rank sends first (MPI 4.1 §3.2.4). */
export const ANY_SOURCE = -1
/** Receive whatever the tag (MPI 4.1 §3.2.4). */
export const ANY_TAG = -1
/** A rank that is not there: sending to it and receiving from it return at once (MPI 4.1 §3.11). */
export const PROC_NULL = -2
/** The colour of a rank that joins no communicator of `split` (MPI 4.1 §7.4.2). */
export const UNDEFINED = -32766
/** The highest tag (MPI 4.1 §9.1.2). */
export const TAG_UB = 2147483647

/** `compare`: the same communicator, or groups of the same ranks in the same order (MPI 4.1 §7.3.1, §7.4.1). */
export const IDENT = 0
/** `compare`: communicators of the same ranks in the same order. */
export const CONGRUENT = 1
/** `compare`: the same ranks in another order. */
export const SIMILAR = 2
/** `compare`: other ranks. */
export const UNEQUAL = 3

/** The type of `IN_PLACE`. */
export interface InPlace {
  readonly inPlace: true
}

/** Given as the send view of a collective: the contribution already sits in the receive view (MPI 4.1 §6.2). */
export const IN_PLACE: InPlace = makeInPlace()

function makeInPlace(): InPlace {
  // Of a class of its own, so that a message does not take it for an object of the program.
  class Mark implements InPlace {
    readonly inPlace = true
  }
  showAs<Mark>(Mark.prototype, 'MPI.IN_PLACE', () => 'MPI.IN_PLACE')
  const mark = Object.freeze(new Mark())
  travelsByName('IN_PLACE', mark)
  return mark
}
