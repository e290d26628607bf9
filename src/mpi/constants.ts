/** Receive from whichever rank sends first (MPI 4.1 §3.2.4). */
export const ANY_SOURCE = -1
/** Receive whatever the tag (MPI 4.1 §3.2.4). */
export const ANY_TAG = -1
/** A rank that is not there: sending to it and receiving from it return at once (MPI 4.1 §3.10). */
export const PROC_NULL = -2
/** The colour of a rank that joins no communicator of `split` (MPI 4.1 §7.4.2). */
export const UNDEFINED = -32766
/** The highest tag (MPI 4.1 §9.1.2). */
export const TAG_UB = 2147483647

/** The type of `IN_PLACE`. */
export interface InPlace {
  readonly inPlace: true
}

/** Given as the send view of a collective: the contribution already sits in the receive view (MPI 4.1 §6.2). */
export const IN_PLACE: InPlace = Object.freeze({ inPlace: true })
