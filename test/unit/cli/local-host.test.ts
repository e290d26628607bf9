import { expect } from 'chai'
import { isHere, isThisMachine } from '../../../src/cli/nodes/local-host.ts'

const LONG = { hostname: 'w.1.net', interfaces: ['127.0.0.1', '127.0.0.3', '10.1.2.3', 'fe80::1%eth0', '2001:DB8::1'] }
const SHORT = { hostname: 'w' }

describe('isHere()', () => {
  const local = { hostname: 'w', user: 'me' }
  for (const node of [{ name: 'w' }, { name: 'localhost', user: 'me' }]) {
    it(`is so for ${JSON.stringify(node)}`, () => {
      expect(isHere(node, local)).to.equal(true)
    })
  }
  for (const node of [{ name: 'v' }, { name: 'w', user: 'you' }, { name: 'localhost', port: 2222 }]) {
    it(`is not so for ${JSON.stringify(node)}`, () => {
      expect(isHere(node, local)).to.equal(false)
    })
  }
})

describe('isThisMachine()', () => {
  const here = [
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    '127.0.1.1',
    '::1',
    '[::1]',
    'w.1.net',
    'W.1.NET',
    'w.1.net.',
    'w',
    '10.1.2.3',
  ]
  for (const name of [...here, 'fe80::1', '2001:db8::1', '0:0:0:0:0:0:0:1', '2001:0db8:0::0001', '::ffff:10.1.2.3']) {
    it(`takes ${name} for w.1.net`, () => {
      expect(isThisMachine(name, LONG)).to.equal(true)
    })
  }

  for (const name of [
    'w.2.net',
    'w.1',
    '1.net',
    'ww',
    'w1',
    '127.0.0.2',
    '127.0.0.3',
    '10.1.2.4',
    '::2',
    'localhost2',
    '',
  ]) {
    it(`does not take ${JSON.stringify(name)} for w.1.net`, () => {
      expect(isThisMachine(name, LONG)).to.equal(false)
    })
  }

  it('takes its short name and its long one for the same, whichever it knows', () => {
    expect(isThisMachine('w', SHORT, ['w', 'w.1.net'])).to.equal(true)
    expect(isThisMachine('w.1.net', SHORT, ['w', 'w.1.net'])).to.equal(true)
    expect(isThisMachine('w.1.net', SHORT, ['w', 'w.1.net', 'w.2.net'])).to.equal(false)
  })

  it('takes a long name for a machine that knows its short one, unless two domains have it', () => {
    expect(isThisMachine('w.1.net', SHORT)).to.equal(true)
    expect(isThisMachine('w.1.net', SHORT, ['w.1.net', 'x.2.net'])).to.equal(true)
    expect(isThisMachine('w.1.net', SHORT, ['w.1.net', 'w.2.net'])).to.equal(false)
    expect(isThisMachine('w.2.net', SHORT, ['w.1.net', 'w.2.net'])).to.equal(false)
  })
})
