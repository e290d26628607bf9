import { expect } from 'chai'
import { listNames, saidOnce } from '../../../src/cli/said-once.ts'

const refused = (node: string, address = '10.0.0.1') => ({
  node,
  message: `Cannot start the agent on node "${node}": ssh says "connect to ${node} (${address}) port 22: refused". Try "ssh ${node}".`,
})

describe('listNames()', () => {
  for (const [count, text] of [
    [1, 'n1'],
    [2, 'n1 and n2'],
    [4, 'n1, n2, n3 and n4'],
    [5, 'n1, n2 and 3 more'],
    [64, 'n1, n2 and 62 more'],
  ] as const) {
    it(`of ${count} is "${text}"`, () => {
      expect(listNames(Array.from({ length: count }, (_, index) => `n${index + 1}`))).to.equal(text)
    })
  }
})

describe('saidOnce()', () => {
  it('says of many nodes once what differs in their names and addresses alone', () => {
    const names = ['n10', 'n2', 'n3', 'n1', 'n20.cluster']
    const messages = names.map((name, index) => refused(name, index % 2 === 0 ? `10.0.0.${index}` : `fe80::${index}:1`))
    expect(saidOnce(messages)).to.deep.equal([
      'Cannot start the agent on nodes "n1", "n2" and 3 more: ssh says "connect to n1 (fe80::3:1) port 22: refused". Try "ssh n1".',
    ])
  })

  it('says different things apart, in their order', () => {
    const other = { node: 'n2', message: 'Cannot start the agent on node "n2": timeout.' }
    expect(saidOnce([refused('n1'), other, refused('n3')])).to.deep.equal([
      refused('n1').message.replace('node "n1"', 'nodes "n1" and "n3"'),
      other.message,
    ])
  })

  it('says once what is no matter of a node', () => {
    const message = 'Cannot listen on any address.'
    expect(
      saidOnce([
        { node: 'a', message },
        { node: 'b', message },
      ]),
    ).to.deep.equal([message])
  })
})
