import type { ModelStep, Program, Words } from './interleavings.ts'
import {
  AGENT,
  FRAME,
  hasEvent,
  hasTurn,
  kindOf,
  NOBODY,
  publish,
  set,
  type SocketScene,
  Turn,
  value,
  Wire,
} from './socket-line-wire.ts'

/** Ways to get it wrong, which the model must find. */
export type Mistake =
  | 'writes though its ring is not empty'
  | 'passes the turn on in the middle of a frame'
  | 'wakes nobody when it passes the turn on'
  | 'asks for the turn without an exchange'
  | 'does not look for its turn before it sleeps'
  | 'gives the turn back before its frame has left'
  | 'overtakes the rest of a frame'
  | 'forgets its own frames at a heartbeat'

type Go = NonNullable<ModelStep['go']>

/**
 * The steps of SocketSender, RankLine, AgentLine, Router and WebSocketChannel for ranks of a node and their agent, which write to one socket.
 * Frames must not be mixed, those of a rank must keep their order, and in the end all must have left.
 */
export class SocketModel {
  readonly #scene: SocketScene
  readonly #wire: Wire
  readonly #mistake: Mistake | undefined

  constructor(scene: SocketScene, mistake?: Mistake) {
    this.#scene = scene
    this.#wire = new Wire(scene)
    this.#mistake = mistake
  }

  programs(): Program[] {
    const ranks = this.#scene.messages.map((_, endpoint) => this.#rank(endpoint))
    const timers = this.#scene.hasOwnFrames === true ? [this.#timer('beatDue'), this.#timer('frameDue')] : []
    return [...ranks, this.#agent(), this.#otherSide(), ...timers]
  }

  /** SocketSender.trySend() of one message after the other, and the ring where it does not go. */
  #rank(endpoint: number): Program {
    const count = this.#scene.messages[endpoint] ?? 0
    const messages = Array.from({ length: count }, (_, index) => index + 1)
    return [
      ...messages.flatMap((message) => this.#send(endpoint, message)),
      // The agent sees the end of a rank; nobody else ends its wait.
      { does: 'ends', label: `send ${count + 1}`, go: (words) => (value(words, 'isOver') === 1 ? undefined : 'end') },
      { does: 'ring agent', go: set('sleeps', 0), notify: 'agent' },
    ]
  }

  #send(endpoint: number, message: number): ModelStep[] {
    const at = `send ${message}`
    const own = Turn.rank + 4 * endpoint
    const isWhole = (words: Words): boolean => value(words, 'wrote') !== 1
    return [
      {
        does: 'load head',
        label: at,
        go: (words) => {
          const isEmpty = value(words, `tail${endpoint}`) === value(words, `head${endpoint}`)
          return isEmpty || this.#mistake === 'writes though its ring is not empty' ? undefined : `${at} by ring`
        },
      },
      {
        does: 'compareExchange turn',
        go: (words) => {
          if (words['turn'] !== Turn.free) return `${at} by ring`
          words['turn'] = own
          return undefined
        },
      },
      {
        does: 'write',
        notify: 'other side',
        go: (words, local) => {
          local['wrote'] = this.#wire.write(words, endpoint + 1, message, FRAME)
          if (local['wrote'] === 1 && this.#mistake === 'passes the turn on in the middle of a frame') return undefined
          return isWhole(local) ? undefined : `${at} rest`
        },
      },
      // RankLine.pass().
      {
        does: 'compareExchange turn',
        go: (words, local) => {
          if (words['turn'] !== own) return undefined
          words['turn'] = Turn.free
          return afterPass(local, at, message)
        },
      },
      {
        does: 'store turn',
        go: (words, local) => {
          words['turn'] = Turn.agent
          return this.#mistake === 'wakes nobody when it passes the turn on' ? afterPass(local, at, message) : undefined
        },
      },
      {
        does: 'ring agent',
        notify: 'agent',
        go: (words, local) => {
          words['sleeps'] = 0
          return afterPass(local, at, message)
        },
      },
      { does: 'store turn', label: `${at} rest`, go: set('turn', Turn.agentAfterRest + 4 * endpoint) },
      {
        does: 'store tail',
        label: `${at} publish rest`,
        go: (words) => {
          publish(words, endpoint, -message)
          return `${at} ring`
        },
      },
      { does: 'store tail', label: `${at} by ring`, go: (words) => publish(words, endpoint, message) },
      {
        does: 'ring agent',
        label: `${at} ring`,
        notify: 'agent',
        go: (words, local) => {
          words['sleeps'] = 0
          local['wrote'] = 0
          return undefined
        },
      },
    ]
  }

  /** PumpLoop with Router and WebSocketChannel, until everything has left. */
  #agent(): Program {
    const endpoints = [...this.#scene.messages.keys()]
    const isBlind = this.#mistake === 'does not look for its turn before it sleeps'
    return [
      ...this.#afterWrite(),
      // Router.#pump(): NodeLines.hasTurn() and goOn().
      { does: 'load turn', label: 'pump', go: (words) => (hasTurn(words) ? undefined : 'due') },
      ...this.#take('go on', 'due'),
      this.#writeHeld('go on taken'),
      ...this.#give('due'),
      ...this.#beat('due', 'frame'),
      ...this.#sendOwn('frame', 'look 0'),
      ...endpoints.flatMap((endpoint) => this.#takeOut(endpoint)),
      {
        does: 'is there more?',
        label: `look ${endpoints.length}`,
        go: (words, own) => (own['moved'] === 1 ? 'round' : value(words, 'isOver') === 1 ? 'end' : undefined),
      },
      // Doorbell.prepare(), PumpLoop.#sleep() and hasWork().
      { does: 'store sleeping 1', go: set('sleeps', 1) },
      { does: 'load turn', go: (words) => (hasTurn(words) && !isBlind ? 'awake' : undefined) },
      ...endpoints.map((endpoint): ModelStep => {
        const isNew = (words: Words): boolean =>
          value(words, `blocked${endpoint}`) === 0 && value(words, `at${endpoint}`) < value(words, `tail${endpoint}`)
        return { does: `load tail${endpoint}`, go: (words) => (isNew(words) ? 'awake' : undefined) }
      }),
      // The event loop also sees that the socket takes more, that timers are over, and the end.
      { does: 'sleep', sleep: { on: 'agent', while: (words) => words['sleeps'] === 1 && !hasEvent(words) } },
      { does: 'store sleeping 0', label: 'awake', go: (words) => (set('sleeps', 0)(words), 'round') },
    ]
  }

  /** What was pending has left: WebSocketChannel.#afterWrite and Router.drained(). */
  #afterWrite(): ModelStep[] {
    return [
      {
        does: 'write pending',
        label: 'round',
        notify: 'other side',
        go: (words, own) => {
          own['moved'] = 0
          if (value(words, 'pending') === 0 || value(words, 'room') === 0) return 'pump'
          own['moved'] = 1
          this.#wire.goOn(words, value(words, 'pendingOf'))
          return value(words, 'pending') === 0 ? undefined : 'pump'
        },
      },
      {
        does: 'store head',
        go: (words) => {
          const of = value(words, 'pendingOf')
          if (of !== AGENT) words[`head${of - 1}`] = value(words, `at${of - 1}`)
          words['pendingOf'] = NOBODY
          for (const endpoint of this.#scene.messages.keys()) words[`blocked${endpoint}`] = 0
          return undefined
        },
      },
      ...this.#give('pump'),
    ]
  }

  /** A heartbeat: a frame of one piece, which may be left out. */
  #beat(at: string, next: string): ModelStep[] {
    const mayForget = this.#mistake === 'forgets its own frames at a heartbeat'
    return [
      {
        does: 'is a heartbeat due?',
        label: at,
        go: (words, own) => {
          if (value(words, 'beatDue') === 0) return next
          words['beatDue'] = 0
          own['moved'] = 1
          return (value(words, 'held') > 0 && !mayForget) || value(words, 'pending') > 0 ? next : undefined
        },
      },
      ...this.#take('beat', next),
      { does: 'write a heartbeat', label: 'beat taken', go: (words) => void this.#wire.write(words, AGENT, 0, 0) },
      ...this.#give(next),
    ]
  }

  /** WebSocketChannel.send(). */
  #sendOwn(at: string, next: string): ModelStep[] {
    return [
      {
        does: 'has it a frame of its own?',
        label: at,
        go: (words, own) => {
          if (value(words, 'frameDue') === 0 || value(words, 'pending') > 0) return next
          words['frameDue'] = 0
          own['moved'] = 1
          return undefined
        },
      },
      ...this.#take('own', 'hold'),
      {
        does: 'write its own',
        label: 'own taken',
        notify: 'other side',
        go: (words) => this.#wire.lend(words, AGENT, 0),
      },
      ...this.#give(next),
      { does: 'holds it', label: 'hold', go: (words) => (set('held', 1)(words), next) },
    ]
  }

  #writeHeld(at: string): ModelStep {
    return {
      does: 'write what was held',
      label: at,
      notify: 'other side',
      go: (words, own) => {
        own['moved'] = 1
        if (value(words, 'held') > 0) this.#wire.lend(words, AGENT, 0)
        words['held'] = 0
        return undefined
      },
    }
  }

  /** Router.#take(). */
  #takeOut(endpoint: number): ModelStep[] {
    const at = `look ${endpoint}`
    const next = `look ${endpoint + 1}`
    const record = (words: Words): number => value(words, `slot${endpoint} ${value(words, `at${endpoint}`)}`)
    const blocked: Go = (words) => {
      words[`blocked${endpoint}`] = 1
      return next
    }
    const pass = (words: Words, own: Words): void => {
      const before = value(words, `at${endpoint}`)
      // Forgotten, so that worlds that differ in nothing that matters are one.
      words[`slot${endpoint} ${before}`] = 0
      words[`at${endpoint}`] = before + 1
      own['moved'] = 1
    }
    return [
      {
        does: `load tail${endpoint}`,
        label: at,
        go: (words) => {
          words[`blocked${endpoint}`] = 0
          if (value(words, `at${endpoint}`) === value(words, `tail${endpoint}`)) return next
          return record(words) < 0 ? `${at} rest` : undefined
        },
      },
      {
        does: 'canTake',
        go: (words, own) => (value(words, 'pending') + value(words, 'held') > 0 ? blocked(words, own) : undefined),
      },
      ...this.#take(`${at} take`, `${at} blocked`),
      {
        does: 'lend',
        label: `${at} take taken`,
        notify: 'other side',
        go: (words, own) => {
          this.#wire.lend(words, endpoint + 1, record(words))
          pass(words, own)
          return `${at} lent`
        },
      },
      { does: 'store turn', label: `${at} rest`, go: set('turn', Turn.agent) },
      {
        does: 'lendRest',
        notify: 'other side',
        go: (words, own) => {
          pass(words, own)
          words['pending'] = 1
          words['pendingOf'] = endpoint + 1
          this.#wire.goOn(words, endpoint + 1)
          return undefined
        },
      },
      {
        does: 'store head',
        label: `${at} lent`,
        go: (words) => {
          if (value(words, 'pending') > 0) return undefined
          words[`head${endpoint}`] = value(words, `at${endpoint}`)
          words['pendingOf'] = NOBODY
          return undefined
        },
      },
      ...this.#give(next),
      { does: 'is blocked', label: `${at} blocked`, go: blocked },
    ]
  }

  /** AgentLine.take(): goes on at `${name} taken`, or at `no`. */
  #take(name: string, no: string): ModelStep[] {
    const taken = `${name} taken`
    const again = `${name} again`
    return [
      {
        does: 'compareExchange turn',
        label: again,
        go: (words, own) => {
          const turn = value(words, 'turn')
          own['before'] = turn
          if (turn === Turn.free) words['turn'] = Turn.agent
          if (turn === Turn.free || turn === Turn.agent) {
            words['wanted'] = 0
            own['before'] = 0
            return taken
          }
          words['wanted'] = 1
          const mayOvertake = this.#mistake === 'overtakes the rest of a frame' && kindOf(turn) === Turn.agentAfterRest
          if (mayOvertake) return taken
          if (kindOf(turn) === Turn.rank) return undefined
          own['before'] = 0
          return no
        },
      },
      {
        does: 'compareExchange turn',
        go: (words, own) => {
          const isSame = words['turn'] === own['before'] || this.#mistake === 'asks for the turn without an exchange'
          if (isSame) words['turn'] = value(own, 'before') - Turn.rank + Turn.agentNext
          own['before'] = 0
          return isSame ? no : again
        },
      },
    ]
  }

  /** AgentLine.give(), unless something of the channel has not left. */
  #give(next: string): ModelStep[] {
    return [
      {
        does: 'compareExchange turn',
        go: (words) => {
          const isEarly = this.#mistake === 'gives the turn back before its frame has left'
          const mayGive = (value(words, 'pending') === 0 || isEarly) && value(words, 'held') === 0
          if (mayGive && words['turn'] === Turn.agent) words['turn'] = Turn.free
          return next
        },
      },
    ]
  }

  /** The other side reads what has come. */
  #otherSide(): Program {
    const { room } = this.#scene
    return [
      {
        does: 'sleep',
        label: 'wait',
        sleep: { on: 'other side', while: (words) => words['room'] === room && value(words, 'isOver') === 0 },
      },
      {
        does: 'reads',
        notify: 'agent',
        go: (words) => {
          words['room'] = room
          return value(words, 'isOver') === 1 ? 'end' : 'wait'
        },
      },
    ]
  }

  #timer(word: string): Program {
    return [{ does: `${word}`, go: set(word, 1), notify: 'agent' }]
  }
}

/** Behind a write: whether the message goes into the ring, because the system has taken nothing. */
function afterPass(own: Words, at: string, message: number): string {
  const wrote = value(own, 'wrote')
  own['wrote'] = 0
  return wrote === 0 ? `${at} by ring` : wrote === 1 ? `${at} publish rest` : `send ${message + 1}`
}
