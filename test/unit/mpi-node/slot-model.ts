/**
 * A model of the calls of in-memory/node-calls.ts and of the doorbell: every interleaving of members that make a few calls, each step one atomic
 * access. It finds members that sleep for ever and members that read what does not belong to their call.
 */

/** What the members wait for in a call: all slots, or (but root) the slot of the member `root`. */
export type Call = 'all' | { readonly root: number }

/** Ways to get it wrong, which the model must find. */
export type Mistake =
  | 'writes without room'
  | 'has one slot'
  | 'publishes before it writes'
  | 'wakes nobody'
  | 'wakes before it publishes'
  | 'does not look again'

interface Member {
  /** Name of the next step. */
  at: string
  /** Number of the call, 1… */
  call: number
  /** Member that is looked at. */
  other: number
  seen: number
  isAsleep: boolean
}

interface World {
  members: Member[]
  /** By member and parity of the call. */
  slots: { call: number; payload: number }[][]
  bells: { bell: number; sleeping: boolean }[]
}

/** What went wrong, in words; null: nothing, in any interleaving. */
export function explore(
  size: number,
  calls: readonly Call[],
  mistake?: Mistake,
): { wrong: string | null; states: number } {
  const model = new Model(size, calls, mistake)
  const seen = new Set<string>()
  const stack = [model.start()]
  for (let world = stack.pop(); world !== undefined; world = stack.pop()) {
    const key = JSON.stringify(world)
    if (seen.has(key)) continue
    seen.add(key)
    let canMove = false
    for (let member = 0; member < size; member += 1) {
      const { isAsleep, at } = world.members[member] as Member
      if (isAsleep || at === 'end') continue
      canMove = true
      // `key` is the world.
      const next = JSON.parse(key) as World
      const wrong = model.step(next, member)
      if (wrong !== null) return { wrong, states: seen.size }
      stack.push(next)
    }
    if (!canMove && world.members.some(({ isAsleep }) => isAsleep))
      return { wrong: 'sleeps for ever', states: seen.size }
  }
  return { wrong: null, states: seen.size }
}

class Model {
  private readonly size: number
  private readonly calls: readonly Call[]
  private readonly mistake: Mistake | undefined

  constructor(size: number, calls: readonly Call[], mistake: Mistake | undefined) {
    this.size = size
    this.calls = calls
    this.mistake = mistake
  }

  start(): World {
    const each = <T>(make: () => T): T[] => Array.from({ length: this.size }, make)
    return {
      members: each(() => ({ at: 'room: look', call: 1, other: 0, seen: 0, isAsleep: false })),
      slots: each(() => [
        { call: 0, payload: 0 },
        { call: 0, payload: 0 },
      ]),
      bells: each(() => ({ bell: 0, sleeping: false })),
    }
  }

  /** Takes one step of a member; returns what is wrong with it. */
  step(world: World, index: number): string | null {
    const me = world.members[index] as Member
    const [phase, step] = me.at.split(': ') as [string, string | undefined]
    switch (phase) {
      case 'room':
      case 'wait':
        this.await(world, index, phase, step ?? 'look')
        return null
      case 'write':
        this.slot(world, index, me.call).payload = me.call
        me.at = this.mistake === 'publishes before it writes' ? 'all begun' : 'publish'
        return null
      case 'publish':
        this.slot(world, index, me.call).call = me.call
        me.at = this.mistake === 'publishes before it writes' ? 'write' : 'all begun'
        if (this.mistake === 'wakes before it publishes') me.at = 'wait: look'
        me.other = 0
        return null
      case 'all begun':
        this.lookWhetherLast(world, index)
        return null
      case 'wake':
        this.wake(world, index, step ?? 'look')
        return null
      default:
        return this.read(world, index)
    }
  }

  /** NodeCalls.await() with ShmLink.wait(). */
  private await(world: World, index: number, phase: 'room' | 'wait', step: string): void {
    const me = world.members[index] as Member
    const mine = world.bells[index] as World['bells'][number]
    const wants = this.wants(phase, index, me.call)
    const isThere = (other: number): boolean => {
      const call = phase === 'room' ? me.call - 1 : me.call
      return this.slot(world, other, call).call === call
    }
    const done = (): void => {
      me.other = 0
      me.at = phase === 'room' ? this.afterRoom() : 'read'
    }
    if (step === 'look' || step === 'look again') {
      const other = wants[me.other]
      if (other === undefined) {
        if (step === 'look again') mine.sleeping = false
        return done()
      }
      if (isThere(other)) me.other += 1
      else {
        me.other = 0
        me.at = `${phase}: ${step === 'look' ? 'load bell' : 'sleep'}`
      }
    } else if (step === 'load bell') {
      me.seen = mine.bell
      me.at = `${phase}: announce`
    } else if (step === 'announce') {
      mine.sleeping = true
      me.at = `${phase}: ${this.mistake === 'does not look again' ? 'sleep' : 'look again'}`
    } else if (step === 'sleep') {
      me.isAsleep = mine.bell === me.seen
      me.at = `${phase}: awake`
    } else {
      mine.sleeping = false
      me.at = `${phase}: look`
    }
  }

  private afterRoom(): string {
    if (this.mistake === 'publishes before it writes') return 'publish'
    return this.mistake === 'wakes before it publishes' ? 'all begun' : 'write'
  }

  /** NodeCalls.publish(): whether to wake the others. */
  private lookWhetherLast(world: World, index: number): void {
    const me = world.members[index] as Member
    const call = this.calls[me.call - 1]
    const after = this.mistake === 'wakes before it publishes' ? 'write' : 'wait: look'
    const isForAll = call !== 'all' && call?.root === index
    if (this.mistake === 'wakes nobody') me.at = after
    else if (isForAll || me.other === this.size) {
      me.other = 0
      me.at = 'wake: look'
    } else if (this.slot(world, me.other, me.call).call === me.call || me.other === index) me.other += 1
    else {
      me.other = 0
      me.at = after
    }
  }

  /** Doorbell.ring() of each other member. */
  private wake(world: World, index: number, step: string): void {
    const me = world.members[index] as Member
    const bell = world.bells[me.other]
    const next = (): void => {
      me.other += 1
      me.at = 'wake: look'
    }
    if (bell === undefined) {
      me.other = 0
      me.at = this.mistake === 'wakes before it publishes' ? 'write' : 'wait: look'
    } else if (step === 'look') {
      if (me.other === index || !bell.sleeping) next()
      else me.at = 'wake: clear'
    } else if (step === 'clear') {
      bell.sleeping = false
      me.at = 'wake: add'
    } else if (step === 'add') {
      bell.bell += 1
      me.at = 'wake: notify'
    } else {
      ;(world.members[me.other] as Member).isAsleep = false
      next()
    }
  }

  private read(world: World, index: number): string | null {
    const me = world.members[index] as Member
    const other = this.wants('wait', index, me.call)[me.other]
    if (other !== undefined) {
      const { payload } = this.slot(world, other, me.call)
      me.other += 1
      return payload === me.call ? null : `reads call ${payload} in call ${me.call}`
    }
    me.call += 1
    me.other = 0
    me.at = me.call > this.calls.length ? 'end' : 'room: look'
    return null
  }

  /** Members whose slots a member waits for. */
  private wants(phase: 'room' | 'wait', index: number, number: number): number[] {
    const all = [...Array(this.size).keys()]
    const call = this.calls[number - 1]
    if (phase === 'room') return this.mistake === 'writes without room' ? [] : all
    if (call === 'all' || call === undefined) return all
    return call.root === index ? [] : [call.root]
  }

  private slot(world: World, member: number, call: number): { call: number; payload: number } {
    const parity = this.mistake === 'has one slot' ? 0 : call % 2
    return world.slots[member]?.[parity] ?? { call: 0, payload: 0 }
  }
}
