import type { Context } from 'mocha'

/** Skips this test, or the tests of the suite whose `before` hook this is; the reason is printed at the end of all tests. Throws. */
export function skipHere(context: Context, reason: string): never {
  // A hook has the type 'hook'; the types of mocha do not say so.
  const here = context.test as { type?: string; parent?: object; skipReason?: string } | undefined
  const skipped = here?.type === 'hook' ? here.parent : here
  Object.assign(skipped ?? {}, { skipReason: reason })
  return context.skip()
}
