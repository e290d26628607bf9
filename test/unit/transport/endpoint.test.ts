import type { NetworkInterfaceInfo } from 'node:os'
import { expect } from 'chai'
import { MpirunError } from '../../../src/base/errors.ts'
import {
  addressesToDial,
  chosenAddresses,
  type InterfaceChoice,
  interfaceChoice,
  localAddresses,
} from '../../../src/transport/endpoint.ts'

function entry(address: string, internal = false, cidr: string | null = null): NetworkInterfaceInfo {
  const common = { address, netmask: '', mac: '', internal, cidr }
  return address.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' }
}

const MACHINE = {
  lo: [entry('127.0.0.1', true), entry('::1', true)],
  eth0: [entry('fe80::1'), entry('2001:db8::5'), entry('10.0.0.5')],
  ib0: [entry('192.168.7.5'), entry('169.254.3.3')],
}

describe('localAddresses()', () => {
  it('gives IPv4, then IPv6, then loopback, without link-local addresses', () => {
    expect(localAddresses(MACHINE)).to.deep.equal(['10.0.0.5', '192.168.7.5', '2001:db8::5', '127.0.0.1', '::1'])
  })

  it('gives the addresses of one interface only', () => {
    expect(localAddresses(MACHINE, 'eth0')).to.deep.equal(['10.0.0.5', '2001:db8::5'])
  })

  it('gives one address only', () => {
    expect(localAddresses(MACHINE, '192.168.7.5')).to.deep.equal(['192.168.7.5'])
  })

  const chosen: readonly (readonly [only: string | undefined, except: string | undefined, addresses: string])[] = [
    ['10.0.0.0/8', undefined, '10.0.0.5'],
    ['10/8', undefined, '10.0.0.5'],
    ['192.168/16,eth0', undefined, '10.0.0.5 192.168.7.5 2001:db8::5'],
    ['2001:db8::/32', undefined, '2001:db8::5'],
    ['none0, 192.168.7.5', undefined, '192.168.7.5'],
    [undefined, 'lo,10.0.0.0/8', '192.168.7.5 2001:db8::5'],
    ['eth0', '::/0', '10.0.0.5'],
  ]
  for (const [only, except, addresses] of chosen) {
    it(`chooses ${only ?? 'all'} without ${except ?? 'any exception'}`, () => {
      expect(localAddresses(MACHINE, only, except).join(' ')).to.equal(addresses)
    })
  }

  for (const word of ['172.16.0.0/12', '10.0.0.0/33', '10.0.0.0/', 'a.b/8', '', ',']) {
    it(`refuses ${JSON.stringify(word)}`, () => {
      expect(() => localAddresses(MACHINE, word)).to.throw(/no such interface or address/)
    })
  }

  it('refuses what does not exist with the list of what does', () => {
    expect(() => localAddresses(MACHINE, 'eth1'))
      .to.throw(
        MpirunError,
        '--interface eth1: this machine has no such interface or address. It has lo (127.0.0.1), lo (::1), eth0',
      )
      .with.property('exitStatus', 2)
  })

  it('gives loopback alone on a machine without a network', () => {
    expect(localAddresses({ lo: MACHINE.lo })).to.deep.equal(['127.0.0.1', '::1'])
    expect(localAddresses({})).to.deep.equal([])
  })
})

/** A node as most are: a network, the bridge of a container system, which all nodes have with the same address, and loopback. */
const NODE = {
  lo: [entry('127.0.0.1', true, '127.0.0.1/8'), entry('::1', true, '::1/128')],
  docker0: [entry('172.17.0.1', false, '172.17.0.1/16')],
  eth0: [entry('10.0.0.5', false, '10.0.0.5/24'), entry('2001:db8::5', false, '2001:db8::5/64')],
}

const DIALLED: readonly [name: string, offered: readonly string[], dialled: readonly string[]][] = [
  ['no address of this machine', ['172.17.0.1', '10.0.0.7', '127.0.0.1', '::1'], ['10.0.0.7']],
  ['no loopback address that no interface has', ['127.0.1.1', '10.0.0.7'], ['10.0.0.7']],
  [
    'those in a network of this machine first',
    ['192.168.1.7', '10.0.0.7', '2001:db8::7'],
    ['10.0.0.7', '2001:db8::7', '192.168.1.7'],
  ],
  [
    'other ones in the order in which they are offered',
    ['10.9.0.7', '2001:db8:1::7', '10.8.0.7'],
    ['10.9.0.7', '2001:db8:1::7', '10.8.0.7'],
  ],
  [
    'all when the peer is on this machine',
    ['10.0.0.5', '172.17.0.1', '127.0.0.1'],
    ['10.0.0.5', '172.17.0.1', '127.0.0.1'],
  ],
  ['none when none is offered', [], []],
]

describe('addressesToDial()', () => {
  for (const [name, offered, dialled] of DIALLED) {
    it(`gives ${name}`, () => expect(addressesToDial(offered, NODE)).to.deep.equal(dialled))
  }
})

const CHOICES: readonly [name: string, choice: InterfaceChoice, addresses: readonly string[]][] = [
  ['the same network', { name: 'ib0', networks: ['10.0.0.1/24'] }, ['10.0.0.5']],
  [
    'the same network, rather than an interface of the name',
    { name: 'docker0', networks: ['10.0.0.1/24'] },
    ['10.0.0.5'],
  ],
  [
    'an interface of the name where no network is the same',
    { name: 'eth0', networks: ['10.7.0.1/24'] },
    ['10.0.0.5', '2001:db8::5'],
  ],
  ['loopback alone', { name: '127.0.0.1', networks: ['127.0.0.1/8'] }, ['127.0.0.1']],
  ['none where it has neither', { name: 'ib0', networks: ['10.7.0.1/24'] }, []],
]

describe('chosenAddresses()', () => {
  for (const [name, choice, addresses] of CHOICES) {
    it(`gives ${name}`, () => expect(chosenAddresses(NODE, choice)).to.deep.equal(addresses))
  }

  it('interfaceChoice() names the networks of an interface', () => {
    const addresses = localAddresses(NODE, 'eth0')
    expect(interfaceChoice(NODE, 'eth0', addresses)).to.deep.equal({
      name: 'eth0',
      networks: ['10.0.0.5/24', '2001:db8::5/64'],
    })
  })
})
