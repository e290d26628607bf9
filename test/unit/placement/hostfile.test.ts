import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { MpirunError } from '../../../src/base/errors.ts'
import { parseHostfile } from '../../../src/placement/hostfile.ts'
import type { Node } from '../../../src/placement/placement.ts'
import { testSeed } from '../../support/random.ts'
import { randomTexts } from './random-text.ts'

/** Nodes in few words: `user@name:slots/max+port`. */
function brief(nodes: readonly Node[]): string {
  return nodes
    .map(({ name, user, slots, maxSlots, port }) => {
      const login = user === undefined ? name : `${user}@${name}`
      return `${login}:${slots}${maxSlots === undefined ? '' : `/${maxSlots}`}${port === undefined ? '' : `+${port}`}`
    })
    .join(' ')
}

const GOOD: readonly (readonly [description: string, text: string, nodes: string])[] = [
  ['slots=', 'a slots=4\nb slots=2', 'a:4 b:2'],
  ['other words for slots=', 'a cpu=4\nb count=2\nc slot=1', 'a:4 b:2 c:1'],
  ['blanks around =', 'a slots = 4 max_slots= 8', 'a:4/8'],
  [
    'every spelling of max_slots',
    'a max_slots=2\nb max-slots=3\nc slots_max=4\nd SLOTS-MAX=5',
    'a:2/2 b:3/3 c:4/4 d:5/5',
  ],
  ['colon and count', 'a:4\nb:1', 'a:4 b:1'],
  ['user@host and port=', 'al@a slots=2 port=2222\nb user=bo\nc username=cy', 'al@a:2+2222 bo@b:1 cy@c:1'],
  ['a line for each slot, not neighbours', 'a\nb\na\nb\na', 'a:3 b:2'],
  ['a repeated host with a colon', 'a:2\na:3\na', 'a:6'],
  ['max_slots on one of the lines', 'a max_slots=3\na\na', 'a:3/3'],
  ['comments', '# one\n// two\na slots=2 # three\nb:2 // four\nc#five\nd//six', 'a:2 b:2 c:1 d:1'],
  ['CRLF, blank lines, no newline at the end', '\r\na slots=2\r\n\r\n  \t\r\nb', 'a:2 b:1'],
  ['a byte order mark', '\uFEFFa', 'a:1'],
  [
    'bare IPv6',
    '::1\nfe80::1%eth0 slots=2\n2001:db8::1\n::ffff:10.0.0.1',
    '::1:1 fe80::1%eth0:2 2001:db8::1:1 ::ffff:10.0.0.1:1',
  ],
  ['IPv6 in brackets', '[::1]:4\n[2001:db8::1] slots=2', '::1:4 2001:db8::1:2'],
  ['names with digits, dots, - and _', '10.0.0.1\nn-1.x_9.org\n_a', '10.0.0.1:1 n-1.x_9.org:1 _a:1'],
  ['names that differ in case', 'Node1\nnode1', 'Node1:2'],
  ['short and long names as two hosts', 'w.1.net\nw.2.net\nw', 'w.1.net:1 w.2.net:1 w:1'],
]

const BAD: readonly (readonly [description: string, text: string, ...words: string[]])[] = [
  ['an empty file', '', '"hosts"', 'names no host'],
  ['comments alone', '# a\n\n// b', 'names no host'],
  ['an unknown key', 'a\nb  slot_count=4 x=1', 'hosts:2:4', '"slot_count=4"', 'max_slots'],
  ['a key that is nearly right', 'a slotz=4', 'hosts:1:3', 'Did you mean slots?'],
  ['a stray word', 'n1 2', 'hosts:1:4', '"2"', 'slots=4'],
  ['no host before the key', 'slots=4', 'hosts:1:1', 'a host is wanted'],
  ['slots=abc', 'a slots=abc', 'hosts:1:3', '"slots=abc"', 'whole number'],
  ['slots=0', 'a slots=0', 'whole number from 1'],
  ['slots=-1', 'a slots=-1', 'whole number from 1'],
  ['slots=1.5', 'a slots=1.5', 'whole number'],
  ['a huge number', 'a slots=99999999999', 'whole number'],
  ['slots= without a value', 'a slots=', 'hosts:1:3'],
  ['a == ', 'a slots==4', 'hosts:1:3'],
  ['slots= twice on a line', 'a slots=1 slots=2', 'hosts:1:11', 'twice'],
  ['slots= twice on two lines', 'a slots=1\n\na slots=1', 'hosts:3:1', 'line 1'],
  ['repetition before slots=', 'a\na slots=2', 'hosts:2:1', 'line 1'],
  ['repetition after slots=', 'a slots=2\nb\na', 'hosts:3:1', 'Keep one line'],
  ['a colon and slots=', 'a:2 slots=2', 'hosts:1:5', 'twice'],
  ['user@ and user=', 'u@a user=v', 'twice'],
  ['max below slots', 'a slots=4 max_slots=2', 'hosts:1:1', '4 slots', 'max_slots=2'],
  ['more lines than max_slots', 'a max_slots=1\na', 'hosts:2:1', 'max_slots=1'],
  ['two users for a host', 'u@a\nv@a', 'hosts:2:1', 'user u'],
  ['two ports for a host', 'a port=1\na port=2', 'port 1'],
  ['a port above 65535', 'a port=65536', 'from 1 to 65535'],
  ['n1:x', 'n1:x', 'hosts:1:1', '"x" is not a number of slots'],
  ['n1:', 'n1:', 'not a number of slots'],
  ['an option as host', '-oProxyCommand=x', 'hosts:1:1'],
  ['a host that begins with -', '-x', '"-x" is not a host'],
  ['a user that begins with -', '-l@a', 'user name "-l"'],
  ['a shell character in a user', 'a;b@c', 'user name'],
  ['user= with a shell character', 'a user=$(x)', 'a user name has letters'],
  ['a shell character in a host', 'a$(reboot)', 'is not a host'],
  ['Open MPI’s excluded host', '^n0', '"^n0" is not a host'],
  ['a host of other letters', 'nœud', 'is not a host'],
  ['no host after user@', 'u@', 'is not a host'],
  ['IPv6 with too many groups', '[1:2:3:4:5:6:7:8:9]', 'is not a host'],
  ['a quoted control character', 'a\u0007b', '"a\\u0007b"'],
]

describe('parseHostfile()', () => {
  for (const [description, text, nodes] of GOOD) {
    it(`reads ${description}`, () => {
      const table = parseHostfile(text, 'hosts')
      expect(brief(table.nodes)).to.equal(nodes)
      expect(table.nodes.every((node) => node.slotsDeclared)).to.equal(true)
    })
  }

  for (const [description, text, ...words] of BAD) {
    it(`refuses ${description}`, () => {
      const error = failureOf(() => parseHostfile(text, 'hosts'))
      expect(error).to.include({ code: 'ERR_HOSTFILE', exitStatus: 2 })
      for (const word of words) expect(error.message).to.include(word)
      expect(error.message).to.not.include('\n')
    })
  }

  it('keeps the order of the lines for --map-by seq', () => {
    expect(parseHostfile('a\nb slots=3\na\nc', 'hosts').sequence).to.deep.equal([0, 1, 0, 2])
  })

  it('reads hostfile.example', () => {
    const table = parseHostfile(readFileSync('hostfile.example', 'utf8'), 'hostfile.example')
    expect(brief(table.nodes)).to.equal(
      'node01:4 node02:2/4 alice@node03:2+2222 node04.example.org:2 node05:2 node06:2 node07:2 ' +
        '192.0.2.8:1 2001:db8::9:2 2001:db8::10:1',
    )
  })

  it('throws nothing but MpirunError, whatever the text', () => {
    const seed = testSeed()
    for (const text of randomTexts(seed, 3000)) {
      try {
        const { nodes } = parseHostfile(text, 'hosts')
        for (const node of nodes) expect(node.name).to.match(/^[A-Za-z0-9_:]/)
      } catch (thrown) {
        if (!(thrown instanceof MpirunError))
          throw new Error(`seed ${seed}: ${JSON.stringify(text)}`, { cause: thrown })
      }
    }
  })

  it('reads long lines of blanks and words in little time', () => {
    const text = `a${' '.repeat(200_000)}slots=2\nb${' '.repeat(200_000)}#`
    expect(brief(parseHostfile(text, 'hosts').nodes)).to.equal('a:2 b:1')
    expect(() => parseHostfile('x'.repeat(200_000), 'hosts')).to.throw(MpirunError)
  }).timeout(2000)
})

function failureOf(action: () => unknown): MpirunError {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof MpirunError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}
