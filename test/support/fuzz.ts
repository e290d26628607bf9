import { isDeepStrictEqual } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { RecordStream } from '../../src/agent/routing/record-stream.ts'
import { MpirunError } from '../../src/base/errors.ts'
import { parseArguments } from '../../src/cli/arguments/arguments.ts'
import { splitWords } from '../../src/cli/arguments/words.ts'
import { AgentConduct } from '../../src/coordinator/agents/agent-conduct.ts'
import { parseHostList } from '../../src/placement/host-list.ts'
import { parseHostfile } from '../../src/placement/hostfile.ts'
import { parseSgeHostfile } from '../../src/placement/sge.ts'
import { expandNodeList, parseSlurm } from '../../src/placement/slurm.ts'
import { encodeMessages, fromNodeMessages, toNodeMessages } from '../../src/pool/nodes/node-messages.ts'
import { FrameSplitter } from '../../src/transport/frame-splitter.ts'
import { decodeHandshakeFrame, encodeHandshakeFrame } from '../../src/transport/handshake-frames.ts'
import { decode, encode, encodeControl } from '../../src/wire/codec.ts'
import { agentCodec, coordinatorCodec } from '../../src/wire/control-codec.ts'
import { RecordKind, recordBytes } from '../../src/wire/record.ts'
import { RecordCheck } from '../../src/wire/record-check.ts'
import { decodeWindowRequest, encodeWindowRequest } from '../../src/wire/window-messages.ts'
import { Random } from './random.ts'

/** Each input must be done with in this time; most take some µs. */
const MOST_MS = 2000

/** Something that reads what others have made: valid inputs, and what is done with one that may be anything. */
interface Target {
  readonly name: string
  readonly samples: readonly Uint8Array[]
  /** Throws only what `mayThrow` allows. */
  read(bytes: Uint8Array, random: Random): void
  mayThrow(error: unknown): boolean
}

const text = (...lines: readonly string[]): Uint8Array => Buffer.from(lines.join('\n'))
const isOurs = (error: unknown): boolean => error instanceof MpirunError && error.code !== 'ERR_INTERNAL'
const never = (): boolean => false

const BOUNDS = { size: 3, nodeCount: 2, nodeOfRank: [0, 0, 1], nodeId: 1 }
const MEMBERS = [[0, 3]]
const fromAgent: readonly object[] = [
  {
    type: 'hello',
    nodeId: 1,
    hostname: 'h',
    pid: 1,
    nodeVersion: '20',
    protocolVersion: 1,
    addresses: ['::1'],
    port: 1,
  },
  { type: 'output', rank: 2, stream: 1, bytes: Buffer.from('a line\n') },
  { type: 'rankExit', rank: 2, status: 1, failure: { kind: 'error', message: 'm', stack: 's' }, toldNodes: [0] },
  { type: 'rankExit', rank: 2, status: 0, collectives: { calls: 1, hash: 5, latest: ['barrier()'] }, toldNodes: [] },
  { type: 'agentFailure', message: 'm', exitStatus: 3, peer: 0 },
  {
    type: 'waits',
    question: 1,
    isStuck: true,
    activity: 1,
    sent: 2,
    received: 3,
    ranks: [{ rank: 2, call: 'recv()' }],
  },
  {
    type: 'motion',
    rank: 2,
    motion: { type: 'vote', comm: 0, number: 0, call: 'agree', flag: true, counter: 0, members: MEMBERS },
  },
  { type: 'motion', rank: 2, motion: { type: 'revoke', comm: 0, members: MEMBERS } },
  { type: 'askDial', nodeId: 0 },
  { type: 'askRelay', nodeId: 0 },
  { type: 'stdinWanted', rank: 2 },
  { type: 'bye' },
]
const toAgent: readonly object[] = [
  { type: 'dial', nodeId: 0, addresses: ['::1'], port: 1, key: 'ab'.repeat(32) },
  { type: 'signal', signal: 'SIGTERM', endAfterMs: 5 },
  { type: 'ruling', ranks: [], ruling: { type: 'revoked', comm: 0 } },
  { type: 'deadlock', table: 't' },
  { type: 'askWaits', question: 1, wantsDetails: true },
]

const node = { id: 1, name: 'n', slots: 1, slotsDeclared: true, ranks: [{ rank: 2, localRank: 0, app: 0 }] }
const codec = coordinatorCodec('n', BOUNDS)

function record(kind: number, dest: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(recordBytes(body.length))
  new Uint32Array(bytes.buffer, 0, 4).set([kind, body.length, 2, dest])
  bytes.set(body, 16)
  return bytes
}

function envelope(payload: Uint8Array, flags = 0): Uint8Array {
  const body = Buffer.alloc(40 + payload.length)
  body.writeUInt32LE(2, 0)
  body[13] = flags
  body.writeDoubleLE(payload.length, 24)
  body.set(payload, 40)
  return body
}

const shared = { a: 1 }
const values: readonly unknown[] = [
  { a: 1, b: 'text', c: 2.5, d: null },
  Array.from({ length: 80 }, (_, i) => ({ i, name: `n${i}`, half: i / 2, even: i % 2 === 0 })),
  [1, 'a', new Map([[1, { x: [] }]]), new Set([1]), 2n ** 70n, new Date(5), /a+/u, new Error('e', { cause: shared })],
  [shared, shared, [shared], Float64Array.of(1, 2), undefined, -0],
]

const request = { number: 1, call: 2, operation: 0, origin: 1, part: 5, index: 0, count: 1, target: 0 }

/** Pieces of random lengths. */
function* pieces(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.below(Math.min(bytes.length - at, 200))
    yield bytes.slice(at, end)
    at = end
  }
}

export const targets: readonly Target[] = [
  {
    name: 'control messages of agents',
    samples: fromAgent.map(encodeControl),
    read(bytes) {
      const conduct = new AgentConduct(node)
      conduct.started()
      conduct.judge(codec.decode(bytes))
    },
    mayThrow: isOurs,
  },
  {
    name: 'control messages of the coordinator',
    samples: toAgent.map(encodeControl),
    read: (bytes) => void agentCodec(1).decode(bytes),
    mayThrow: isOurs,
  },
  {
    name: 'records',
    samples: [
      record(RecordKind.begin, 0, envelope(new Uint8Array(20))),
      record(RecordKind.begin, 1, envelope(new Uint8Array(16), 8)),
      record(RecordKind.part, 1, new Uint8Array(50)),
      record(RecordKind.credit, 0, new Uint8Array(8)),
      record(RecordKind.finished, 0xffffffff, new Uint8Array(0)),
      record(RecordKind.windowRequest, 0xfffffffe, encodeWindowRequest(request, new Uint8Array(8))),
    ],
    read(bytes, random) {
      const check = new RecordCheck({ nodeOfRank: [0, 0, 1], from: 1, to: 0, mostBodyBytes: 8192 })
      let taken = 0
      const taker = {
        mostBytes: 8192,
        endpointOf: (dest: number) => (dest < 2 ? dest : -1),
        put: (_endpoint: number, _records: Uint8Array, from: number, to: number) => {
          taken += to - from
        },
        begin: () => -1,
        memoryOf: () => new Uint8Array(0),
        end: () => undefined,
        refuse: () => undefined,
      }
      const stream = new RecordStream(taker, check)
      for (const piece of pieces(bytes, random)) stream.push(piece)
      if (taken > bytes.length) throw new Error(`${taken} bytes taken of ${bytes.length}`)
    },
    mayThrow: never,
  },
  {
    name: 'WebSocket frames',
    samples: [Buffer.from('82030102038a00', 'hex'), Buffer.concat([Buffer.from('827e00c8', 'hex'), Buffer.alloc(200)])],
    read(bytes, random) {
      let out = 0
      const splitter = new FrameSplitter(random.chance(0.5) ? 'dialer' : 'listener', 1e6, (piece) => {
        out += piece.length
      })
      splitter.data = (piece) => {
        out += piece.length
      }
      for (const piece of pieces(bytes, random)) splitter.push(piece)
      if (out > bytes.length) throw new Error(`${out} bytes out of ${bytes.length}`)
    },
    mayThrow: never,
  },
  {
    name: 'handshake frames',
    samples: [
      encodeHandshakeFrame({ kind: 'greeting', version: 1, nonce: new Uint8Array(32) }),
      encodeHandshakeFrame({
        kind: 'hello',
        version: 1,
        nonce: new Uint8Array(32),
        proof: new Uint8Array(32),
        jobProof: new Uint8Array(32),
        purpose: 'data:2:0',
      }),
      encodeHandshakeFrame({ kind: 'welcome', version: 1, proof: new Uint8Array(32) }),
    ],
    read: (bytes) => void decodeHandshakeFrame(bytes),
    mayThrow: never,
  },
  {
    name: 'values',
    samples: values.map((value) => encode(value)),
    read: (bytes) => void decode(bytes),
    // Who receives it is told that it cannot be decoded (mpi/engine/engine.ts).
    mayThrow: (error) => error instanceof Error && !/allocation|call stack/i.test(error.message),
  },
  {
    name: 'messages of pools',
    samples: [
      encodeMessages([
        ['result', 0, 1, 0, 1.5, 2, encode([1, 'a'])],
        ['broken', 0, 'ERR', 'm', undefined],
      ]),
      encodeMessages([
        ['chunk', 0, 1, 2, 3, 0, 5, 2, Float64Array.of(1, 2)],
        ['end', 0],
      ]),
    ],
    read(bytes) {
      fromNodeMessages(bytes)
      toNodeMessages(bytes)
    },
    mayThrow: never,
  },
  {
    name: 'window requests',
    samples: [encodeWindowRequest(request, new Uint8Array(8))],
    read(bytes) {
      if (bytes.length < 40) return
      const whole = Uint8Array.from(bytes)
      const found = decodeWindowRequest(whole)
      if (!isDeepStrictEqual(Object.keys(found), Object.keys(request))) throw new Error('other fields')
    },
    mayThrow: never,
  },
  {
    name: 'hostfiles',
    samples: [text('a slots=4 max_slots=8', 'user@b # c', '10.0.0.1:4', 'n[1-3]:2'), text('node1', 'node1', 'node2')],
    read: (bytes) => void parseHostfile(Buffer.from(bytes).toString('latin1'), 'hosts'),
    mayThrow: isOurs,
  },
  {
    name: 'node lists',
    samples: [text('n[1-3,7],m[01-03]'), text('a:2,b,c:1'), text('4(x2),3')],
    read(bytes) {
      const list = Buffer.from(bytes).toString('latin1')
      const all = [
        () => expandNodeList(list),
        () => parseHostList(list),
        () => parseSgeHostfile(list, 'pe'),
        () => parseSlurm({ SLURM_JOB_NODELIST: list, SLURM_TASKS_PER_NODE: list }),
      ]
      for (const one of all) quietly(one)
    },
    mayThrow: never,
  },
  {
    name: 'argument words',
    samples: [
      text('-np', '4', '--hostfile', 'F', 'pi.js', '-x'),
      text('-n', '2', 'a.js', ':', '-n', '1', 'b.js', '"a b"'),
    ],
    read(bytes) {
      const words = Buffer.from(bytes).toString('latin1')
      quietly(() => splitWords(words, 'words'))
      quietly(() => parseArguments(words.split('\n'), () => 'n1 slots=2'))
    },
    mayThrow: never,
  },
]

/** Errors for the user are right answers. */
function quietly(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!isOurs(error)) throw error
  }
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0x90, 0xc0, 0xc1, 0xc4, 0xc9, 0xd4, 0xd9, 0xdd, 0xdf, 0xe0, 0xff]

/** A valid input with some changes, or random bytes. */
function mutated(samples: readonly Uint8Array[], random: Random): Uint8Array {
  const pick = (): Uint8Array => samples[random.below(samples.length)] ?? new Uint8Array(0)
  if (random.chance(0.05)) return Uint8Array.from({ length: random.below(400) }, () => random.below(256))
  let bytes = Array.from(pick())
  for (let changes = random.below(6); changes >= 0; changes -= 1) {
    const at = random.below(bytes.length + 1)
    const kind = random.below(7)
    if (kind === 0) bytes[at] = random.below(256)
    else if (kind === 1) bytes[at] = INTERESTING[random.below(INTERESTING.length)] ?? 0
    else if (kind === 2) bytes.splice(at, random.below(20))
    else if (kind === 3) bytes.splice(at, 0, ...Array.from({ length: random.below(20) }, () => random.below(256)))
    else if (kind === 4) for (let i = 0; i < 4; i += 1) bytes[at + i] = random.chance(0.7) ? 0xff : 0x7f
    else if (kind === 5) bytes = [...bytes.slice(0, at), ...pick()]
    else bytes.splice(at, 0, ...bytes.slice(random.below(bytes.length + 1), at))
    for (let i = 0; i < bytes.length; i += 1) bytes[i] ??= 0
    if (bytes.length > 4000) bytes.length = 4000
  }
  return Uint8Array.from(bytes)
}

export interface FuzzResult {
  readonly inputs: number
  readonly slowestMs: number
  /** Between the first tenth and the end, after a garbage collection. */
  readonly grownBytes: number
}

/** Feeds `inputs` inputs to all decoders in turn. Throws, with the seed and the input, where one does what it may not. `onInput`: before each. */
export function fuzz(seed: number, inputs: number, onInput: (index: number) => void = () => undefined): FuzzResult {
  const collect = garbageCollector()
  let slowestMs = 0
  let before = 0
  for (let index = 0; index < inputs; index += 1) {
    if (index === Math.floor(inputs / 10)) before = bytesInUse(collect)
    const target = targets[index % targets.length]
    if (target === undefined) continue
    // Each input can be made again alone.
    const random = new Random((seed + Math.imul(index, 0x9e3779b1)) >>> 0)
    const bytes = mutated(target.samples, random)
    onInput(index)
    const began = performance.now()
    const fault = faultOf(target, bytes, random)
    // On a busy machine a thread may have to wait: who is slow is slow again.
    const first = performance.now() - began
    const ms =
      first > MOST_MS
        ? Math.min(
            first,
            msOf(() => faultOf(target, bytes, random)),
          )
        : first
    slowestMs = Math.max(slowestMs, ms)
    const where = `seed ${seed}, input ${index} (${target.name}): ${Buffer.from(bytes).toString('hex')}`
    if (fault !== undefined) throw new Error(`${where}: ${fault}`)
    if (ms > MOST_MS) throw new Error(`${where}: took ${Math.round(ms)} ms`)
  }
  return { inputs, slowestMs, grownBytes: bytesInUse(collect) - before }
}

function faultOf(target: Target, bytes: Uint8Array, random: Random): string | undefined {
  try {
    target.read(bytes, random)
    return undefined
  } catch (error) {
    if (target.mayThrow(error)) return undefined
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

function msOf(what: () => unknown): number {
  const began = performance.now()
  what()
  return performance.now() - began
}

function bytesInUse(collect: () => void): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  // What the flag puts into new contexts.
  return runInNewContext('gc') as () => void
}
