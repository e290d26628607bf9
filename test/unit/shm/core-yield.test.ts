import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { loadCoreYield } from '../../../src/shm/core-yield.ts'
import { allocateNodeMemory } from '../../../src/shm/layout.ts'

const MODULES = new URL('../../../src/shm/', import.meta.url).href

/** Runs text as the program of a worker thread of a process of its own; what the process prints. */
function inThread(text: string): { readonly stdout: string; readonly stderr: string } {
  const program = `
    const { loadCoreYield } = await import('${MODULES}core-yield.js')
    const { allocateNodeMemory } = await import('${MODULES}layout.js')
    const load = () => loadCoreYield(allocateNodeMemory(2))
    ${text}`
  const url = `data:text/javascript,${encodeURIComponent(program)}`
  const main = `new (require('node:worker_threads').Worker)(new URL(${JSON.stringify(url)}))`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', main], { encoding: 'utf8' })
  return { stdout, stderr }
}

describe('loadCoreYield', () => {
  it('gives a call that returns', () => {
    const coreYield = loadCoreYield(allocateNodeMemory(2))
    expect(coreYield).to.be.a('function')
    for (let i = 0; i < 1000; i += 1) expect(coreYield?.()).to.equal(0)
  })

  it('lets no warning out of a thread', () => {
    const text = `
      process.on('warning', ({ message }) => console.log('warned:', message))
      console.log(typeof load())
      setTimeout(() => console.log('end'), 50)`
    expect(inThread(text)).to.deep.equal({ stdout: 'function\nend\n', stderr: '' })
  })

  it('lets other warnings pass, and leaves process.emitWarning as it was', () => {
    const text = `
      const { emitWarning } = process
      const asked = process.getBuiltinModule
      process.getBuiltinModule = (id) => {
        process.emitWarning('kept', 'ExperimentalWarning')
        process.emitWarning(new Error('kept too'))
        return asked.call(process, id)
      }
      process.on('warning', ({ name, message }) => console.log(name, message))
      console.log(typeof load(), process.emitWarning === emitWarning)
      setTimeout(() => process.emitWarning('WASI of the user', 'ExperimentalWarning'), 20)`
    const { stdout, stderr } = inThread(text)
    const lines = [
      'function true',
      'ExperimentalWarning kept',
      'Error kept too',
      'ExperimentalWarning WASI of the user',
    ]
    expect(stdout.trimEnd().split('\n')).to.deep.equal(lines)
    expect(stderr).to.include('kept too')
  })

  it('is null where Node has no such call, with process.emitWarning as it was', () => {
    const text = `
      const { emitWarning } = process
      for (const broken of [undefined, () => undefined, () => { throw new Error('denied') }, () => ({ WASI: class { constructor() { throw new Error('denied') } } })]) {
        process.getBuiltinModule = broken
        console.log(load(), process.emitWarning === emitWarning)
      }`
    expect(inThread(text)).to.deep.equal({ stdout: 'null true\n'.repeat(4), stderr: '' })
  })

  it('is null for memory that is not of WebAssembly', () => {
    expect(loadCoreYield({ memory: { buffer: new SharedArrayBuffer(64) }, endpoints: 0, ringBytes: 0 })).to.equal(null)
  })
})
