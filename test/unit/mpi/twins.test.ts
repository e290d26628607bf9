import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { CartCommunicator } from '../../../src/mpi/cart-communicator.ts'
import { projectDir } from '../../support/run-job.ts'

/** Calls that never wait for another rank, and `messages`, which is iterated over in either way. */
const LOCAL = ['free', 'abort', 'compare', 'rankOf', 'coordsOf', 'shift', 'messages', 'revoke']
/** These begin with i and are no twins: they are calls of their own, which never wait for a message to come. */
const PROBES = ['iprobe', 'improbe']

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

/** Names of the calls that the interfaces in a file declare, each line `  name(…` or `  name<…`. */
function declaredIn(file: string): string[] {
  const text = readFileSync(join(projectDir, 'src', 'mpi', file), 'utf8')
  return [...text.matchAll(/^ {2}(\w+)[<(]/gm)].map(([, name = '']) => name)
}

describe('The calls of a communicator', () => {
  const methods = methodsOf(CartCommunicator.prototype)
  const calls = [...new Set([...declaredIn('comm.ts'), ...declaredIn('neighbor-calls.ts')])]
  const isTwin = (name: string): boolean => name.startsWith('i') && calls.includes(name.slice(1))

  it('that are declared are there', () => {
    expect(calls.length).to.be.greaterThan(70)
    expect(calls.filter((name) => !methods.has(name))).to.deep.equal([])
  })

  it('every call that blocks has a twin with i in front', () => {
    const without = calls.filter((name) => !LOCAL.includes(name) && !isTwin(name) && !calls.includes(`i${name}`))
    expect(without).to.deep.equal([])
  })

  it('every call with i in front has one that blocks', () => {
    const twins = calls.filter((name) => name.startsWith('i') && !PROBES.includes(name))
    expect(twins.length).to.be.greaterThan(35)
    expect(twins.filter((name) => !isTwin(name))).to.deep.equal([])
  })
})
