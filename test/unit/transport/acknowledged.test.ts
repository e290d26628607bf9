import { once } from 'node:events'
import { createServer, connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { acknowledgedIn, isAcknowledged } from '../../../src/transport/acknowledged.ts'
import { eventually } from '../../support/processes.ts'
import { skipHere } from '../../support/skip-here.ts'

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                     \n'
const row = (queues: string, timer: string, retransmits: string, probes: string, inode = '4711'): string =>
  `   7: 0100007F:9137 0100007F:0016 01 ${queues} ${timer} ${retransmits}     0        ${probes} ${inode} 2 000000005bc578ec 20 4 30 10 -1\n`

describe('acknowledgedIn()', () => {
  const rows: readonly [what: string, text: string, expected: boolean | undefined][] = [
    ['nothing is on its way', row('00000000:00000000', '00:00000000', '00000000', '0'), true],
    ['something has just left', row('00000006:00000000', '01:00000014', '00000000', '0'), true],
    ['something had to be sent again', row('00000006:00000000', '01:00000132', '00000001', '0'), false],
    ['it was sent again and again', row('0000001E:00000000', '01:00000ABC', '00000007', '0'), false],
    ['the other side has no room, and says so', row('0027A000:00000000', '04:00000BB8', '00000000', '0'), true],
    ['nobody says whether there is room', row('0027A000:00000000', '04:00000BB8', '00000000', '2'), false],
    ['only the own side has not read', row('00000000:00001000', '00:00000000', '00000000', '0'), true],
    ['the socket is not listed', row('0000001E:00000000', '01:00000ABC', '00000007', '0', '471'), undefined],
    ['there is no row', '', undefined],
  ]
  for (const [what, text, expected] of rows) {
    it(`is ${expected} where ${what}`, () => {
      const other = row('00000009:00000000', '01:00000014', '00000009', '9', '47110')
      expect(acknowledgedIn(HEAD + other + text, '4711')).to.equal(expected)
    })
  }
})

describe('isAcknowledged()', () => {
  for (const [host, target] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::', '127.0.0.1'],
    ['::1', '::1'],
  ] as const) {
    it(`is true on both sides of a connection from ${target} to ${host} whose other side does not read`, async function () {
      if (process.platform !== 'linux') skipHere(this, 'needs /proc/net/tcp, which Linux has')
      const server = createServer({ pauseOnConnect: true }).listen(0, host)
      await once(server, 'listening')
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('no port')
      const [[accepted], dialled] = await Promise.all([
        once(server, 'connection') as Promise<[Socket]>,
        (async () => {
          const socket = connect(address.port, target)
          await once(socket, 'connect')
          return socket
        })(),
      ])
      dialled.write('x')
      expect(await eventually(() => isAcknowledged(dialled) === true, 5000)).to.equal(true)
      expect(isAcknowledged(accepted)).to.equal(true)
      // More than both systems keep for it.
      dialled.write(Buffer.alloc(64 * 1024 * 1024))
      expect(await eventually(() => isAcknowledged(dialled) === true, 5000)).to.equal(true)
      expect(dialled.writableLength).to.be.above(0)
      dialled.destroy()
      accepted.destroy()
      server.close()
      expect(isAcknowledged(dialled)).to.equal(undefined)
    })
  }
})
