import { IN_PLACE, type InPlace } from '../../terms/constants.ts'
import { datatypeName, datatypeOf, GONE, isGone, isView, type View, viewsOverlap } from '../../datatypes/datatype.ts'
import { showConstant, whatIs, withArticle } from '../../terms/in-words.ts'
import { MPIError } from '../../terms/mpi-error.ts'
import type { Members } from './members.ts'

/** Throws ERR_ROOT unless `root` is a rank of the communicator. */
export function checkRoot(members: Members, call: string, root: number): void {
  if (Number.isInteger(root) && root >= 0 && root < members.size) return
  const ranks = `${members.name} has ${members.size} ranks (0…${members.size - 1})`
  throw argumentError(members, 'ERR_ROOT', call, `root = ${showConstant(root)} does not exist: ${ranks}`)
}

/** Throws ERR_TYPE unless `view` is a typed array that can be sent as raw bytes, ERR_BUFFER where its memory is gone. `name`: what the user calls it. */
export function checkView(members: Members, call: string, name: string, view: unknown): asserts view is View {
  if (!isView(view)) {
    throw argumentError(
      members,
      'ERR_TYPE',
      call,
      `${name} is ${whatIs(view)}; it must be a typed array such as Float64Array`,
    )
  }
  if (isGone(view)) throw argumentError(members, 'ERR_BUFFER', call, `${name} ${GONE}`)
}

/** Throws ERR_TYPE unless two views have the same element type. */
export function checkSameType(members: Members, call: string, send: View, recv: View): void {
  const [one, other] = [datatypeOf(send), datatypeOf(recv)]
  if (one === other) return
  const types = `the send view is ${withArticle(datatypeName(one))}, the receive view ${withArticle(datatypeName(other))}`
  throw argumentError(members, 'ERR_TYPE', call, `${types}; they must have the same type`)
}

/** Throws ERR_BUFFER where two views share memory. */
export function checkApart(members: Members, call: string, send: View, recv: View): void {
  if (!viewsOverlap(send, recv)) return
  const advice = 'give MPI.IN_PLACE as the send view, or views that are apart'
  throw argumentError(members, 'ERR_BUFFER', call, `the send and the receive view share memory; ${advice}`)
}

/** Whether the contribution sits in the receive view. */
export function isInPlace(send: unknown): send is InPlace {
  return send === IN_PLACE
}

/** An error about an argument, in the form `call: …`. */
export function argumentError(members: Members, code: MPIError['code'], call: string, reason: string): MPIError {
  return new MPIError(code, members.collectives.engine.rank, call, `${call}: ${reason}`)
}
