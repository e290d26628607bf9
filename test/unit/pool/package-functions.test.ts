import { createRequire } from 'node:module'
import { expect } from 'chai'
import { describeFunction } from '../../../src/pool/functions/function-ref.ts'
import { functionsIn } from '../../../src/pool/modules/path-to.ts'

const PACKAGES = [
  'chai',
  'diff',
  'js-yaml',
  'minimatch',
  'brace-expansion',
  'ms',
  'msgpackr',
  'asn1js',
  'glob',
  'piscina',
]
const BUILTINS = ['node:path', 'node:util', 'node:os', 'node:url', 'node:querystring']

describe('describeFunction', () => {
  for (const [what, names, least] of [
    ['of packages', PACKAGES, 100],
    ['of Node', BUILTINS, 100],
  ] as const) {
    it(`raises no false alarm for functions ${what}`, async () => {
      const alarms: string[] = []
      let count = 0
      for (const name of names) {
        for (const module of [await import(name), await requireIfPossible(name)] as unknown[]) {
          for (const [path, fn] of functionsIn(module, 2)) {
            if (/^class\b/.test(Function.prototype.toString.call(fn)) || isClassLike(fn)) continue
            count += 1
            try {
              describeFunction(fn, () => undefined, new Map())
            } catch (error) {
              alarms.push(`${name} ${path}: ${String(error)}`)
            }
          }
        }
      }
      expect(alarms).to.deep.equal([])
      expect(count).to.be.above(least)
    })
  }
})

async function requireIfPossible(name: string): Promise<unknown> {
  try {
    return createRequire(import.meta.url)(name)
  } catch {
    return undefined
  }
}

/** Prototypes and their classes: nobody calls them without `new`. */
function isClassLike(fn: object): boolean {
  const { prototype } = fn as { prototype?: object }
  return prototype !== undefined && Object.getOwnPropertyNames(prototype).length > 1
}
