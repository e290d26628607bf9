/** What a promise rejects with; throws where it does not. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

/** The `code` of what a call throws; undefined where it throws nothing. */
export function errorCode(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return (error as { code: unknown }).code
  }
  return undefined
}
