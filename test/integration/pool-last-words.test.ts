import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { Dispatcher } from '../../src/pool/dispatch/dispatcher.ts'
import { PoolError } from '../../src/pool/pool-error.ts'
import { ControlWord, PoolRecord } from '../../src/wire/pool-messages.ts'

const THREAD_END = new URL('../../src/pool/thread/thread-end.js', import.meta.url).href
/** No thread of this process has this number in /proc/self/task: the dispatcher takes the thread for one that has ended. */
const NOBODY = 2 ** 30

/** A thread that has written `ready`, or nothing but a line of output, and is gone before anybody has read it. */
function threadThatIsGone(isReady: boolean): string {
  const word = isReady ? `${PoolRecord.ready}, 0` : `${PoolRecord.output}, 2`
  return `(function (require, config, importUrl) {
    void importUrl('${THREAD_END}').then(({ ThreadEnd }) => {
      const end = new ThreadEnd(config)
      Atomics.store(end.control, ${ControlWord.osThread}, ${NOBODY})
      end.tell(${word})
    })
    setInterval(() => undefined, 1000)
  })`
}

/** Looks after the thread when its record is there, unread; whether the pool goes on. */
async function goesOn(isReady: boolean): Promise<boolean> {
  const dispatcher = new Dispatcher({
    threads: 1,
    threadProgram: { code: threadThatIsGone(isReady), cache: undefined, compiled: undefined },
    initializer: undefined,
    initArgs: [],
    maxChunksPerThread: Number.POSITIVE_INFINITY,
    retries: 0,
    graceMs: 1000,
    resourceLimits: undefined,
    onStray: () => undefined,
    onFailedStart: () => undefined,
  })
  try {
    while (!dispatcher.hasNews) await turn()
    dispatcher.inspect()
    return dispatcher.ending === undefined
  } finally {
    dispatcher.end(new PoolError('ERR_POOL_TERMINATED', 'the test is over'))
    await dispatcher.lanes.exited()
  }
}

describe('Dispatcher: a thread that is gone before its last records are read', () => {
  it('was ready where one of them says so: it is replaced', async () => {
    expect(await goesOn(true)).to.equal(true)
  })

  it('never started where none does: the pool is over', async () => {
    expect(await goesOn(false)).to.equal(false)
  })
})
