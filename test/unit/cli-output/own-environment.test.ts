import { expect } from 'chai'
import { rankEnvironment } from '../../../src/agent/ranks/rank-environment.ts'
import { parseArguments } from '../../../src/cli/arguments/arguments.ts'
import { jobEnvironment, ownEnvironment } from '../../../src/cli/job-environment.ts'
import { startOfNode } from '../agent/start-message.ts'

const HERE = { A: 'outer', B: 'outb', HOME: '/home/me' }

/** What each program's ranks see of A, and of B where it is shown: as Open MPI 4.1.4 (O) and Hydra 4.0.2 (H) have it on another node. */
const CASES: readonly (readonly [peer: string, words: string, seen: string])[] = [
  ['O', '-np 1 -x A=1 a : -np 1 -x A=2 b', '1 | 2'],
  ['O', '-x A=1 -np 1 a : -np 1 b', '1 | outer'],
  ['O', '-np 1 a : -x A=2 -np 1 b', 'outer | 2'],
  ['H', '-np 1 -env A 1 a : -np 1 -env A 2 b', '1 | 2'],
  ['H', '-genv A 1 -np 1 a : -np 1 b', '1 | 1'],
  ['H', '-np 1 a : -genv A 1 -np 1 b', '1 | 1'],
  ['H', '-genv A g -np 1 -env A l a : -np 1 b', 'l | g'],
  ['H', '-np 1 -env A=1 a', '1 outb'],
  ['H', '-genv A=1=2 -np 1 a', '1=2'],
  ['H', '-np 1 -envnone a : -np 1 b', '- - | outer outb'],
  ['H', '-genvnone -np 1 a : -np 1 -envall b', '- - | outer outb'],
  ['H', '-np 1 -envlist A a : -np 1 b', 'outer - | outer outb'],
  ['H', '-genvlist A -np 1 a : -np 1 b', 'outer - | outer -'],
  ['H', '-genvlist A -np 1 -envall a : -np 1 -envlist B b', 'outer outb | - outb'],
  ['H', '-genvnone -genv A g -np 1 -env B l a : -np 1 b', 'g l | g -'],
  ['H', '-genv A g -np 1 -envlist A a : -np 1 b', 'g - | g outb'],
  ['H', '-genv A g -np 1 -envnone a : -np 1 b', 'g - | g outb'],
]

describe('ownEnvironment()', () => {
  for (const [peer, words, seen] of CASES) {
    it(`keeps programs apart (${peer}): ${words}`, () => {
      const parsed = parseArguments(words.split(' '), () => '')
      if (parsed.kind !== 'run') throw new Error(parsed.kind)
      const programs = parsed.apps.map(({ environment: own }) => ({
        path: '/p',
        args: [],
        ...(own === undefined ? {} : { environment: ownEnvironment(parsed.environment, own, HERE) }),
      }))
      const start = { ...startOfNode(), programs, environment: jobEnvironment(parsed.environment, HERE) }
      const wanted = seen.split(' | ').map((program) => program.split(' '))
      const found = wanted.map((values, app) => {
        const environment = rankEnvironment(start, { rank: app, localRank: 0, app }, { PATH: '/bin' })
        return ['A', 'B'].slice(0, values.length).map((name) => environment[name] ?? '-')
      })
      expect(found).to.deep.equal(wanted)
    })
  }
})
