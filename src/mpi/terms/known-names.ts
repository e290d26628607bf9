import { nearestSpelling } from '../../base/nearest-spelling.ts'
import { MPIError } from './mpi-error.ts'

/** Names of C's and mpi4py's MPI that are something else here, and what. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  COMM_NULL: 'the calls that make communicators give null',
  GROUP_EMPTY: 'give [] to Group.incl',
  REQUEST_NULL: 'leave the request out of the list',
  STATUS_IGNORE: 'leave the option status out',
  STATUSES_IGNORE: 'leave the option status out',
  INFO_NULL: 'no call takes an info',
  ERRORS_RETURN: 'calls that fail throw an MPIError',
  ERRORS_ARE_FATAL: 'calls that fail throw an MPIError',
  BOTTOM: 'give a typed array',
  BYTE: 'the type of a message is that of the typed array: Uint8Array',
  CHAR: 'the type of a message is that of the typed array: Int8Array',
  SHORT: 'the type of a message is that of the typed array: Int16Array',
  INT: 'the type of a message is that of the typed array: Int32Array',
  LONG: 'the type of a message is that of the typed array: BigInt64Array',
  FLOAT: 'the type of a message is that of the typed array: Float32Array',
  DOUBLE: 'the type of a message is that of the typed array: Float64Array',
}

/**
 * What stands behind the object `MPI` on its prototype chain: an upper-case name that it has not (a constant, misspelt) throws instead of
 * being undefined, which calls might take for their default. Names that are there never get here. `rank`: world rank, for errors.
 */
export function refuseUnknownNames(known: readonly string[], rank: number): object {
  return new Proxy(Object.create(Object.prototype) as object, {
    get(target, name, receiver): unknown {
      if (typeof name !== 'string' || !/^[A-Z][A-Z0-9_]*$/.test(name)) return Reflect.get(target, name, receiver)
      const elsewhere = ELSEWHERE[name]
      const meant = meantBy(name, known)
      const advice = elsewhere ?? (meant === undefined ? undefined : `did you mean MPI.${meant}?`)
      const list = `its constants are ${known.filter((one) => one === one.toUpperCase()).join(', ')}`
      throw new MPIError('ERR_ARG', rank, 'MPI', `there is no MPI.${name}; ${advice ?? list}`)
    },
  })
}

function meantBy(name: string, known: readonly string[]): string | undefined {
  const bare = name.replace(/^MPI_/, '').replaceAll('_', '')
  const same = known.find((one) => one.replaceAll('_', '').toUpperCase() === bare)
  // MAXIMUM is MAX, UNDEF is UNDEFINED.
  const begun = known.find((one) => one.length > 2 && (bare.startsWith(one) || one.startsWith(bare)))
  return same ?? nearestSpelling(name, known) ?? begun
}
