import { expect } from 'chai'
import {
  type DeadlockCommand,
  type DeadlockEvent,
  type DeadlockState,
  initialDeadlockState,
  stepDeadlock,
} from '../../../src/coordinator/deadlocks/deadlock-state.ts'
import type { NodeWaits } from '../../../src/wire/control-messages.ts'
import { Random, testSeed } from '../../support/random.ts'

const WAIT = { rank: 0, call: 'recv(source = 1, tag = 5) in COMM_WORLD' }

function waits(changes: Partial<NodeWaits> = {}): NodeWaits {
  return { isStuck: true, activity: 7, sent: 0, received: 0, ranks: [WAIT], ...changes }
}

/** A state that goes from event to event, and what was commanded last. */
class Bench {
  state: DeadlockState
  commands: readonly DeadlockCommand[] = []

  constructor(nodes: number) {
    this.state = initialDeadlockState(Array.from({ length: nodes }, (_, id) => id))
  }

  say(event: DeadlockEvent): this {
    ;[this.state, this.commands] = stepDeadlock(this.state, event)
    return this
  }

  stall(...nodeIds: number[]): this {
    for (const nodeId of nodeIds) this.say({ type: 'stalled', nodeId, isStalled: true })
    return this
  }

  answer(...all: NodeWaits[]): this {
    for (const [nodeId, of] of all.entries()) {
      this.say({ type: 'waits', nodeId, question: this.state.question, waits: of })
    }
    return this
  }

  awake(): this {
    return this.say({ type: 'awake', question: this.state.question })
  }

  get told(): string[] {
    return this.commands.map(({ type }) => type)
  }
}

describe('stepDeadlock()', () => {
  it('asks nobody before all nodes are stalled, then all', () => {
    const bench = new Bench(3).stall(0, 1)
    expect(bench.told).to.deep.equal([])
    expect(bench.stall(2).commands).to.deep.equal([{ type: 'ask', question: 1, wantsDetails: false }])
  })

  it('goes on without a lost node: what was said so far does not count, and the others need not wait for it', () => {
    const bench = new Bench(3).stall(0, 1).say({ type: 'nodeLost', nodeId: 2 })
    expect(bench.told).to.deep.equal(['ask'])
    expect(bench.stall(2).told).to.deep.equal([])
    const asking = new Bench(3).stall(0, 1, 2).answer(waits(), waits(), waits()).awake()
    const { question } = asking.state
    asking.say({ type: 'nodeLost', nodeId: 1 })
    expect(asking.commands).to.deep.equal([{ type: 'ask', question: question + 2, wantsDetails: false }])
  })

  it('reports after two rounds with the same counts, with what all ranks said', () => {
    const other = { rank: 1, call: 'barrier in COMM_WORLD', place: 'a.js:3' }
    const bench = new Bench(2).stall(0, 1).answer(waits({ sent: 3, received: 2 }), waits({ sent: 1, received: 2 }))
    expect(bench.told).to.deep.equal(['wake'])
    expect(bench.awake().commands).to.deep.equal([{ type: 'ask', question: bench.state.question, wantsDetails: true }])
    bench.answer(waits({ sent: 3, received: 2 }), waits({ sent: 1, received: 2, ranks: [other] }))
    expect(bench.commands[0]).to.deep.equal({ type: 'deadlock', waits: [WAIT, other] })
  })

  const live: { name: string; first?: Partial<NodeWaits>; second?: Partial<NodeWaits> }[] = [
    { name: 'a frame is on its way in the first round', first: { sent: 1 } },
    { name: 'a frame is on its way in the second round', second: { sent: 1 } },
    { name: 'a node is busy in the first round', first: { isStuck: false } },
    { name: 'a node is busy in the second round, or has timers', second: { isStuck: false } },
    { name: 'a rank has got on between the rounds', second: { activity: 8 } },
    { name: 'frames have come and gone between the rounds', second: { sent: 1, received: 1 } },
  ]
  for (const { name, first, second } of live) {
    it(`rests and asks again when ${name}`, () => {
      const bench = new Bench(2).stall(0, 1).answer(waits(), waits(first))
      if (second !== undefined) bench.awake().answer(waits(), waits(second))
      expect(bench.told).to.deep.equal(['wake'])
      expect(bench.state.stage).to.equal('resting')
      expect(bench.awake().told).to.deep.equal(['ask'])
      expect(bench.state.stage).to.equal('counting')
    })
  }

  it('forgets all as soon as a node gets on, and begins anew', () => {
    const bench = new Bench(2).stall(0, 1).answer(waits(), waits())
    const { question } = bench.state
    bench.say({ type: 'stalled', nodeId: 1, isStalled: false })
    expect(bench.say({ type: 'awake', question }).told).to.deep.equal([])
    expect(bench.state.stage).to.equal('watching')
    expect(bench.stall(1).told).to.deep.equal(['ask'])
  })

  it('does not hear answers to earlier questions', () => {
    const bench = new Bench(1).stall(0).answer(waits()).awake()
    expect(bench.say({ type: 'waits', nodeId: 0, question: 1, waits: waits() }).told).to.deep.equal([])
  })

  it('asks ever more rarely', () => {
    const bench = new Bench(1).stall(0)
    const rests: number[] = []
    for (let round = 0; round < 6; round += 1) {
      bench.answer(waits({ isStuck: false }))
      for (const command of bench.commands) if (command.type === 'wake') rests.push(command.ms)
      bench.awake()
    }
    expect(rests).to.deep.equal([500, 1000, 2000, 4000, 4000, 4000])
  })

  it('finds every deadlock and nothing else, in random runs of nodes that send to each other', () => {
    const seed = testSeed()
    for (let run = 0; run < 400; run += 1) {
      const world = new World(new Random(seed + run))
      world.run()
      expect(world.complaint, `seed ${seed + run}`).to.equal('')
    }
  })
})

interface Node {
  isActive: boolean
  /** Further times that it may become active or send. */
  energy: number
  activity: number
  sent: number
  received: number
  seen: number
  isStalled: boolean
}

/** Nodes that become passive and are woken by messages, with slow channels, and a coordinator. */
class World {
  complaint = ''
  private readonly random: Random
  private readonly nodes: Node[]
  private readonly frames: number[] = []
  private readonly toCoordinator: DeadlockEvent[][]
  private readonly toNode: number[][]
  private alarm: number | null = null
  private found = 0
  private readonly bench: Bench

  constructor(random: Random) {
    this.random = random
    const count = 1 + random.below(4)
    this.nodes = Array.from({ length: count }, () => ({
      isActive: true,
      energy: random.below(30),
      activity: 0,
      sent: 0,
      received: 0,
      seen: -1,
      isStalled: false,
    }))
    this.toCoordinator = this.nodes.map(() => [])
    this.toNode = this.nodes.map(() => [])
    this.bench = new Bench(count)
  }

  run(): void {
    for (let turn = 0; turn < 20_000 && this.found === 0; turn += 1) this.turn()
    if (this.found === 0) this.complaint = 'nothing was found'
  }

  private turn(): void {
    const id = this.random.below(this.nodes.length)
    const node = this.nodes[id] as Node
    const kind = this.random.below(6)
    if (kind === 0 && node.isActive) this.compute(node)
    else if (kind === 1) this.look(id, node)
    else if (kind === 2) this.deliver()
    else if (kind === 3) this.hear(id)
    else if (kind === 4) this.answer(id, node)
    else if (kind === 5 && this.alarm !== null && this.random.chance(0.3)) this.wake()
  }

  private compute(node: Node): void {
    if (node.energy === 0 || this.random.chance(0.5)) {
      node.isActive = false
      node.activity += 1
    } else {
      node.energy -= 1
      node.sent += 1
      this.frames.push(this.random.below(this.nodes.length))
    }
  }

  private deliver(): void {
    if (this.frames.length === 0 || this.random.chance(0.5)) return
    const [to = 0] = this.frames.splice(this.random.below(this.frames.length), 1)
    const node = this.nodes[to] as Node
    node.received += 1
    node.activity += 1
    node.isActive = true
  }

  private look(id: number, node: Node): void {
    const isStalled = !node.isActive && node.seen === node.activity
    node.seen = node.activity
    if (isStalled === node.isStalled) return
    node.isStalled = isStalled
    this.toCoordinator[id]?.push({ type: 'stalled', nodeId: id, isStalled })
  }

  private answer(id: number, { isActive, activity, sent, received }: Node): void {
    const question = this.toNode[id]?.shift()
    if (question === undefined) return
    const waitsNow = { isStuck: !isActive, activity, sent, received }
    this.toCoordinator[id]?.push({ type: 'waits', nodeId: id, question, waits: waitsNow })
  }

  private hear(id: number): void {
    const event = this.toCoordinator[id]?.shift()
    if (event !== undefined) this.perform(this.bench.say(event).commands)
  }

  private wake(): void {
    const question = this.alarm ?? 0
    this.alarm = null
    this.perform(this.bench.say({ type: 'awake', question }).commands)
  }

  private perform(commands: readonly DeadlockCommand[]): void {
    for (const command of commands) {
      if (command.type === 'wake') this.alarm = command.question
      else if (command.type === 'ask') for (const questions of this.toNode) questions.push(command.question)
      else this.check()
    }
  }

  private check(): void {
    this.found += 1
    if (this.frames.length > 0) this.complaint = `${this.frames.length} frames are on their way`
    if (this.nodes.some(({ isActive }) => isActive)) this.complaint = 'a node is active'
  }
}
