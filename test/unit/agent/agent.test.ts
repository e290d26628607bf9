import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Family } from '../../../src/agent/family.ts'
import { Agent } from '../../../src/agent/agent.ts'
import { ownStart } from '../../../src/agent/own-start.ts'
import { deferred } from '../../../src/base/deferred.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { directControlLinks } from '../../../src/transport/control-link.ts'
import { memoryChannelPair } from '../../support/memory-channel.ts'
import type { FromAgent, StartAgents, ToAgent } from '../../../src/wire/control-messages.ts'
import { RecordKind } from '../../../src/wire/record.ts'
import { startMessage } from './start-message.ts'

type RankExit = Extract<FromAgent, { type: 'rankExit' }>

/** An agent of node 1 whose ranks run `code` instead of the rank program; `config` is there and `withLink(use)` gives a ShmLink. */
class AgentBench {
  readonly agent: Agent
  readonly messages: FromAgent[] = []
  readonly send: (message: ToAgent) => void
  #onMessage: () => void = () => undefined

  constructor(code: string) {
    const [agentEnd, coordinatorEnd] = directControlLinks<FromAgent, ToAgent>()
    const link = new URL('../../../src/rank/link/shm-link.js', import.meta.url).href
    const withLink = `const withLink = (use) => importUrl('${link}').then(({ ShmLink }) => use(new ShmLink(config)))`
    this.agent = new Agent({
      nodeId: 1,
      family: new Family(false),
      link: agentEnd,
      rankProgram: { code: `${withLink};${code}`, pool: new SharedArrayBuffer(0) },
      hostname: 'here',
      dial: () => Promise.reject(new Error('nobody answers')),
      logger: silentLogger,
    })
    this.send = (message) => coordinatorEnd.send(message)
    coordinatorEnd.onMessage((message) => {
      this.messages.push(message)
      this.#onMessage()
    })
  }

  /** Resolves with the messages of a type when there are `count`. */
  async saw<T extends FromAgent['type']>(type: T, count = 1): Promise<Extract<FromAgent, { type: T }>[]> {
    const found = deferred<Extract<FromAgent, { type: T }>[]>()
    const check = (): void => {
      // What has this type is of this member of the union.
      const these = this.messages.filter((message) => message.type === type) as Extract<FromAgent, { type: T }>[]
      if (these.length >= count) found.resolve(these)
    }
    this.#onMessage = check
    check()
    return await found.promise
  }

  async runRanks(changes: Partial<StartAgents> = {}): Promise<readonly RankExit[]> {
    const start = startMessage(changes)
    this.send(start)
    const exits = await this.saw('rankExit', ownStart(start, 1).ranks.length)
    return [...exits].sort((one, other) => one.rank - other.rank)
  }
}

describe('Agent', () => {
  let bench: AgentBench | undefined

  function make(code: string): AgentBench {
    bench = new AgentBench(code)
    return bench
  }

  afterEach(async () => {
    await bench?.agent.end()
    bench = undefined
  })

  it('runs its ranks and says how each ended', async () => {
    const exits = await make('process.exit(config.rank)').runRanks()
    expect(exits.map(({ rank, status }) => [rank, status])).to.deep.equal([
      [4, 4],
      [6, 6],
    ])
  })

  it('makes rings of the size that the node with most ranks can have', async () => {
    const nodeOfRank = [...startMessage().nodeOfRank.slice(0, 7), ...Array.from({ length: 60 }, () => 0)]
    const exits = await make('process.exit(Math.log2(config.node.ringBytes))').runRanks({
      nodeOfRank,
      size: nodeOfRank.length,
    })
    expect(exits.map(({ status }) => status)).to.deep.equal([14, 14])
  })

  it('reports a failure that is longer than a record', async () => {
    const code = `withLink((link) => {
      const failure = { kind: 'error', message: 'x'.repeat(400000) }
      link.tellAgent(${RecordKind.failure}, Buffer.from(JSON.stringify(failure)))
      process.exit(1)
    })`
    const exits = await make(code).runRanks()
    for (const { failure } of exits) expect(failure).to.deep.equal({ kind: 'error', message: 'x'.repeat(400_000) })
  })

  it('reports what the thread says where a rank was ended in the middle of its own report', async () => {
    const code = `withLink((link) => {
      link.tellAgent(${RecordKind.failure}, Buffer.from('{"kind":"error","mess'))
      process.nextTick(() => { throw new RangeError('the end') })
    })`
    const exits = await make(code).runRanks()
    for (const { failure, status } of exits) expect([status, failure?.message]).to.deep.equal([1, 'the end'])
  })

  it('tells nodes of the end of a rank by the channel that its last messages went', async () => {
    const code = `withLink((link) => {
      if (config.rank === 4) {
        const envelope = { source: 4, dest: 0, context: 0, tag: 0, datatype: 0, flags: 0, extra: 0, byteLength: 3 }
        link.trySend(envelope, Uint8Array.of(1, 2, 3), 0)
      }
      process.exit(0)
    })`
    const own = make(code)
    const [here, there] = memoryChannelPair()
    const records: [kind: number, source: number][] = []
    const ended = deferred<undefined>()
    there.onFrame((frame) => {
      const words = new DataView(frame.buffer, frame.byteOffset)
      const [kind, source] = [words.getUint32(0, true), words.getUint32(8, true)]
      records.push([kind, source])
      if (kind === RecordKind.finished && source === 4) ended.resolve(undefined)
    })
    // It comes before the agent has been told to start.
    own.agent.acceptPeer(0, here)
    const exits = await own.runRanks()
    await ended.promise
    expect(exits[0]?.toldNodes).to.deep.equal([0])
    expect(records.filter(([, source]) => source === 4)).to.deep.equal([
      [RecordKind.begin, 4],
      [RecordKind.finished, 4],
    ])
    await own.agent.end()
    await Promise.all([here.closed, there.closed])
  })

  it('leaves it to the coordinator to tell nodes to which nothing was ever sent', async () => {
    const exits = await make('process.exit(0)').runRanks()
    expect(exits.map(({ toldNodes }) => toldNodes)).to.deep.equal([[], []])
  })

  it('ends early channels when it is ended before its start', async () => {
    const own = make('')
    const [here, there] = memoryChannelPair()
    own.agent.acceptPeer(0, here)
    own.send({ type: 'end' })
    await own.saw('bye')
    expect((await there.closed).by).to.equal('lost')
    const [late, other] = memoryChannelPair()
    own.agent.acceptPeer(2, late)
    expect((await other.closed).by).to.equal('lost')
  })

  it('ends ranks that loop or block, then says goodbye once', async () => {
    const own = make(`
      require('node:worker_threads').parentPort.postMessage({ type: 'stdinWanted' })
      if (config.rank === 4) for (;;);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`)
    own.send(startMessage())
    await own.saw('stdinWanted', 2)
    own.send({ type: 'end' })
    own.send({ type: 'end' })
    await own.saw('bye')
    expect(own.messages.filter(({ type }) => type === 'bye').length).to.equal(1)
    expect(own.messages.filter(({ type }) => type === 'rankExit').length).to.equal(2)
    expect(own.messages.at(-1)?.type).to.equal('bye')
  })

  it('passes output and abort on', async () => {
    const own = make(`withLink((link) => {
      link.tellAgent(${RecordKind.stderr}, Buffer.from('oh'))
      link.tellAgent(${RecordKind.abort}, new Uint8Array(new Float64Array([-7]).buffer))
      process.exit(0)
    })`)
    await own.runRanks()
    for (const rank of [4, 6]) {
      const bytes = Buffer.from('oh')
      expect(own.messages).to.deep.include({ type: 'abort', rank, status: -7 })
      expect(own.messages).to.deep.include({ type: 'output', rank, stream: 2, bytes: new Uint8Array(bytes) })
    }
  })

  describe('refuses to start', () => {
    let folder: string

    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
    })

    after(() => {
      rmSync(folder, { recursive: true })
    })

    const cases = [
      { what: 'in a folder that does not exist', wdir: '/no/such/folder', path: 'a.js', status: 3, says: '--wdir' },
      { what: 'a program that does not exist', path: 'none.js', status: 127, says: 'does not exist there' },
      { what: 'a program that is a folder', path: '.', status: 126, says: 'cannot be read there: it is not a file' },
    ]
    for (const { what, wdir, path, status, says } of cases) {
      it(`${what}: status ${status}`, async () => {
        const own = make('')
        const cwd = process.cwd()
        try {
          own.send(startMessage({ wdirs: [wdir ?? folder], programs: [{ path, args: [] }] }))
          const [failure] = await own.saw('agentFailure')
          expect(failure?.exitStatus).to.equal(status)
          expect(failure?.message).to.include(says)
        } finally {
          process.chdir(cwd)
        }
      })
    }
  })
})
