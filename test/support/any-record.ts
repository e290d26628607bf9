import type { RecordRule, RecordTaker } from '../../src/agent/routing/record-stream.ts'

/** Lets every record pass, for tests of what becomes of its bytes. */
export const anyRecord: RecordRule = { isHead: () => true, isBody: () => true, describe: () => '' }

/** Of a taker that is to be given nothing that does not fit. */
export const refusesNothing: Pick<RecordTaker, 'refuse'> = {
  refuse: (what) => {
    throw new Error(`refused: ${what}`)
  },
}
