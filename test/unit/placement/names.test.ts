import { expect } from 'chai'
import { isIpv4, isIpv6, isSameHost } from '../../../src/placement/host-name.ts'
import { editDistance, nearestSpelling } from '../../../src/base/nearest-spelling.ts'

describe('isIpv6()', () => {
  for (const text of [
    '::',
    '::1',
    '1::',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8',
    '2001:DB8::1',
    '::ffff:10.0.0.1',
    '1:2:3:4:5:6:1.2.3.4',
  ]) {
    it(`takes ${text}`, () => {
      expect(isIpv6(text)).to.equal(true)
    })
  }
  for (const text of [
    '',
    ':',
    ':::',
    'n1:2',
    '1:2:3',
    '1::2::3',
    '12345::',
    '::g',
    '::1%',
    '::1.2.3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    'a',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(isIpv6(text)).to.equal(false)
    })
  }
})

describe('isIpv4()', () => {
  it('takes four numbers below 256', () => {
    expect(['127.0.0.1', '255.255.255.255'].every(isIpv4)).to.equal(true)
    expect(['256.0.0.1', '1.2.3', '1.2.3.4.', '1.2.3.4.5', 'a.b.c.d', ''].some(isIpv4)).to.equal(false)
  })
})

describe('isSameHost()', () => {
  it('compares short and long names without joining two domains', () => {
    expect(isSameHost('n1', 'N1.cluster.org')).to.equal(true)
    expect(isSameHost('n1.cluster.org.', 'n1')).to.equal(true)
    expect(isSameHost('w.1.net', 'w.2.net')).to.equal(false)
    expect(isSameHost('n1', 'n10.cluster')).to.equal(false)
    expect(isSameHost('10', '10.0.0.1')).to.equal(false)
  })
})

describe('nearestSpelling()', () => {
  it('finds swapped, missing, wrong and extra letters', () => {
    const words = ['slots', 'max_slots', 'port']
    expect(['slost', 'slts', 'slotz', 'slotts', 'max-slots'].map((word) => nearestSpelling(word, words))).to.deep.equal(
      ['slots', 'slots', 'slots', 'slots', 'max_slots'],
    )
  })
  it('finds nothing in words that differ too much', () => {
    expect(nearestSpelling('banana', ['slots', 'port'])).to.equal(undefined)
    expect(nearestSpelling('', ['slots'])).to.equal(undefined)
  })
  it('counts edits', () => {
    expect([editDistance('', 'abc'), editDistance('ab', 'ba'), editDistance('kitten', 'sitting')]).to.deep.equal([
      3, 1, 3,
    ])
  })
})
