import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { programLine } from '../../../src/rank/wait-report.ts'

describe('programLine()', () => {
  const library = '    at Engine.waitFor (mpirun-ts:rank:1:2345)'
  const node = '    at node:internal/process/task_queues:140:7'

  const cases: readonly { name: string; line: string; place: string | undefined }[] = [
    { name: 'a function of a module', line: `    at pass (${url('ring.js')}:12:5)`, place: 'ring.js:12' },
    { name: "a module's own code", line: `    at ${url('sub/a b.mjs')}:3:1`, place: 'sub/a b.mjs:3' },
    { name: 'CommonJS', line: `    at Object.<anonymous> (${join(process.cwd(), 'p.cjs')}:7:9)`, place: 'p.cjs:7' },
    { name: 'another folder', line: '    at f (/elsewhere/x.js:1:2)', place: '/elsewhere/x.js:1' },
    { name: 'nothing of the program', line: node, place: undefined },
  ]
  for (const { name, line, place } of cases) {
    it(`finds ${name}`, () => {
      const stack = ['Error', library, node, line, '    at outer (/outer.js:99:1)'].slice(
        0,
        place === undefined ? 4 : 5,
      )
      expect(programLine(stack.join('\n'))).to.equal(place)
    })
  }
})

function url(path: string): string {
  return pathToFileURL(join(process.cwd(), path)).href
}
