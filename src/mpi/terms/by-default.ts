/**
 * The default of parameter number `index` of a call with `given` arguments. Where the program gave undefined itself it stays undefined: that is
 * a misspelt constant (`MPI.max`), which the checks of the call refuse, and not the wish for the default.
 */
export function byDefault<T>(given: number, index: number, value: T): T {
  // Checks take undefined as all else that does not belong there.
  return given > index ? (undefined as T) : value
}
