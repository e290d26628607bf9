import { expect } from 'chai'
import { CartCommunicator } from '../../../src/mpi/communicators/cart-communicator.ts'
import { COMM_FILES, commCalls, docstringsIn, isTwin, undocumentedIn } from '../../support/declared-calls.ts'

/** Calls that never wait for another rank, and `messages`, which is iterated over in either way. */
const LOCAL = [
  'free',
  'abort',
  'compare',
  'rankOf',
  'coordsOf',
  'shift',
  'messages',
  'revoke',
  'getFailed',
  'ackFailed',
]
/** Prepares a call, and waits for nobody. */
const isInit = (name: string): boolean => name.endsWith('Init')
/** These begin with i and are no twins. */
const OTHERS = ['iprobe', 'improbe']

/** Names of the methods of a class and of those that it extends. */
function methodsOf(prototype: object): Set<string> {
  const names = new Set<string>()
  for (let one = prototype; one !== Object.prototype; one = Object.getPrototypeOf(one) as object) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(one))) {
      if (typeof property.value === 'function') names.add(name)
    }
  }
  return names
}

describe('The calls of a communicator', () => {
  it('that are declared are there', () => {
    const methods = methodsOf(CartCommunicator.prototype)
    expect(commCalls.length).to.be.greaterThan(70)
    expect(commCalls.filter((name) => !methods.has(name))).to.deep.equal([])
  })

  it('every call that blocks has a twin with i in front', () => {
    const notBlocking = [...LOCAL, ...OTHERS]
    const blocking = commCalls.filter((name) => !isTwin(name) && !isInit(name) && !notBlocking.includes(name))
    expect(blocking.filter((name) => !commCalls.includes(`i${name}`))).to.deep.equal([])
  })

  it('every call with i in front has one that blocks', () => {
    const twins = commCalls.filter((name) => name.startsWith('i') && !OTHERS.includes(name))
    expect(twins.length).to.be.greaterThan(35)
    expect(twins.filter((name) => !isTwin(name))).to.deep.equal([])
  })

  it('have docstrings, each overload and property too, since editors show no other', () => {
    const others = ['group.ts', 'mpi.ts', 'request.ts', 'status.ts', 'strided.ts', 'window.ts', 'shared-window.ts']
    for (const file of [...COMM_FILES, ...others]) expect(undocumentedIn(file), file).to.deep.equal([])
  })

  it('have docstrings that say where the standard has them', () => {
    // These are no calls of MPI.
    const ours = ['messages', 'parallelMap', 'parallelReduce', 'revoke', 'shrink', 'agree']
    for (const file of [...COMM_FILES, 'group.ts', 'mpi.ts', 'window.ts', 'shared-window.ts']) {
      for (const [name, docstring] of docstringsIn(file)) {
        expect(docstring, `${file}: ${name}`).to.match(/\/\*\*/)
        if (!isTwin(name) && !ours.includes(name) && file !== 'group.ts') expect(docstring, name).to.include('§')
      }
    }
  })
})
