import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { PROTOCOL_VERSION } from '../wire/version.ts'
import { decodeHandshakeFrame, encodeHandshakeFrame, handshakeVersionOf, NONCE_BYTES } from './handshake-frames.ts'

/**
 * Mutual proof of a key over the first frames of a connection; pure: no socket, no time.
 *
 *     listener                                    dialer
 *        greeting(nonce)              ──────────►
 *                                     ◄──────────  hello(nonce, proof, proof of the job, purpose)
 *        welcome(proof)               ──────────►
 *                                     ◄──────────  start
 *        ready                        ──────────►
 *
 * The purpose says who dials and whom (purpose.ts), and these two alone have the key (job-keys.ts): nobody proves himself in the name of another. A
 * proof is HMAC-SHA256(key, role, version, session, both nonces, purpose), so it is worth nothing in another connection (replay), for the
 * other role (reflection) or for another purpose. `session` is what only the two ends of one TLS connection know: all agents have the job's
 * certificate, and one of them in the middle of two others would have two connections. A listener that somebody else is expected at does not
 * have the key; where the dialer is of the job (it has the job's key, as all agents) it answers with `mistaken(proof)` by that key and closes, so
 * that the dialer, which may have reached itself, knows to try elsewhere. The dialer proves itself first: a stranger learns a random number and no more. `start` makes the channel: a dialer that tries several addresses sends it on one connection
 * at a time. `ready` says that the listener has it: a listener that gave up before has no channel that the dialer takes for open.
 */
export type HandshakeState =
  | { readonly step: 'awaitHello'; readonly listenerNonce: Uint8Array }
  | { readonly step: 'awaitStart'; readonly purpose: string }
  | { readonly step: 'awaitGreeting'; readonly purpose: string }
  | {
      readonly step: 'awaitWelcome'
      readonly purpose: string
      readonly listenerNonce: Uint8Array
      readonly dialerNonce: Uint8Array
    }
  | { readonly step: 'awaitReady'; readonly purpose: string }

/** The key of those whom a purpose names, hex; undefined for a listener that is not the one whom a dialer with this purpose expects. */
export type KeyOf = (purpose: string) => string | undefined

/** What a side proves itself with. */
export interface HandshakeKeys {
  readonly keyOf: KeyOf
  /** Hex; of all programs of the job. */
  readonly jobKey: string
  /** What both ends of this TLS connection, and nobody else, know of it (RFC 9266); empty without TLS. */
  readonly session: Uint8Array
}

/**
 * What follows from a frame; where there is one, `frame` is to be sent. `welcomed`: the listener has proven itself, the dialer may send `start`.
 * `proven`: the channel is open. `isMistaken`: the other side is of this job, but not the one that was to be reached.
 */
export type HandshakeResult =
  | { readonly type: 'reply'; readonly state: HandshakeState; readonly frame: Uint8Array }
  | { readonly type: 'welcomed'; readonly state: HandshakeState }
  | { readonly type: 'proven'; readonly purpose: string; readonly frame?: Uint8Array }
  | { readonly type: 'refused'; readonly reason: string; readonly isMistaken?: true; readonly frame?: Uint8Array }

export interface HandshakeStart {
  readonly state: HandshakeState
  /** To be sent first; a dialer waits. */
  readonly frame?: Uint8Array
}

/** Source of nonces; a test gives its own. */
export type MakeNonce = () => Uint8Array

const makeRandomNonce: MakeNonce = () => randomBytes(NONCE_BYTES)

export const START_FRAME: Uint8Array = encodeHandshakeFrame({ kind: 'start', version: PROTOCOL_VERSION })

const READY_FRAME: Uint8Array = encodeHandshakeFrame({ kind: 'ready', version: PROTOCOL_VERSION })

export function beginAsListener(makeNonce: MakeNonce = makeRandomNonce): HandshakeStart {
  const nonce = makeNonce()
  return {
    state: { step: 'awaitHello', listenerNonce: nonce },
    frame: encodeHandshakeFrame({ kind: 'greeting', version: PROTOCOL_VERSION, nonce }),
  }
}

/** `purpose`: who dials and whom, such as 'control:3' or 'data:2:0'; at most 200 bytes of UTF-8. */
export function beginAsDialer(purpose: string): HandshakeStart {
  return { state: { step: 'awaitGreeting', purpose } }
}

/** The next step after `bytes` arrived. Never throws: what does not fit is `refused`. */
export function advanceHandshake(
  state: HandshakeState,
  bytes: Uint8Array,
  keys: HandshakeKeys,
  makeNonce: MakeNonce = makeRandomNonce,
): HandshakeResult {
  const version = handshakeVersionOf(bytes)
  if (version !== undefined && version !== PROTOCOL_VERSION) {
    return refused(`speaks protocol version ${String(version)}, this side ${String(PROTOCOL_VERSION)}`)
  }
  const frame = decodeHandshakeFrame(bytes)
  if (frame === undefined) return refused('sent something that is not a handshake')
  if (state.step === 'awaitHello' && frame.kind === 'hello') {
    const { purpose } = frame
    const talk = { ...keys, listenerNonce: state.listenerNonce, dialerNonce: frame.nonce, purpose }
    if (!isSame(frame.jobProof, proofOf(keys.jobKey, 'dialer', talk))) return refused('does not know the secret')
    const key = keys.keyOf(purpose)
    if (key === undefined) return mistaken(proofOf(keys.jobKey, 'mistaken', talk), purpose)
    if (!isSame(frame.proof, proofOf(key, 'dialer', talk))) {
      return refused(`is of this job, but not who it says it is ("${purpose}")`)
    }
    const proof = proofOf(key, 'listener', talk)
    return reply({ step: 'awaitStart', purpose }, { kind: 'welcome', version: PROTOCOL_VERSION, proof })
  }
  if (state.step === 'awaitStart' && frame.kind === 'start') {
    return { type: 'proven', purpose: state.purpose, frame: READY_FRAME }
  }
  if (state.step === 'awaitGreeting' && frame.kind === 'greeting') {
    const { purpose } = state
    const key = keys.keyOf(purpose)
    if (key === undefined) return refused('is somebody whom this side has no key for')
    const nonces = { listenerNonce: frame.nonce, dialerNonce: makeNonce() }
    const talk = { ...keys, ...nonces, purpose }
    const hello = {
      kind: 'hello',
      version: PROTOCOL_VERSION,
      nonce: nonces.dialerNonce,
      proof: proofOf(key, 'dialer', talk),
      jobProof: proofOf(keys.jobKey, 'dialer', talk),
      purpose,
    } as const
    return reply({ step: 'awaitWelcome', purpose, ...nonces }, hello)
  }
  if (state.step === 'awaitWelcome' && frame.kind === 'welcome') {
    const key = keys.keyOf(state.purpose)
    if (key === undefined || !isSame(frame.proof, proofOf(key, 'listener', { ...keys, ...state }))) {
      return refused('does not know the secret')
    }
    return { type: 'welcomed', state: { step: 'awaitReady', purpose: state.purpose } }
  }
  if (state.step === 'awaitWelcome' && frame.kind === 'mistaken') {
    return isSame(frame.proof, proofOf(keys.jobKey, 'mistaken', { ...keys, ...state }))
      ? { type: 'refused', reason: 'is another one of this job', isMistaken: true }
      : refused('does not know the secret')
  }
  if (state.step === 'awaitReady' && frame.kind === 'ready') return { type: 'proven', purpose: state.purpose }
  return refused(`sent "${frame.kind}" out of turn`)
}

/** What a proof is about. */
interface Talk {
  readonly session: Uint8Array
  readonly listenerNonce: Uint8Array
  readonly dialerNonce: Uint8Array
  readonly purpose: string
}

/** Every field before `purpose` has a fixed length or says its own, so no two inputs give the same bytes. */
function proofOf(key: string, role: 'dialer' | 'listener' | 'mistaken', talk: Talk): Uint8Array {
  const { session, listenerNonce, dialerNonce, purpose } = talk
  return createHmac('sha256', Buffer.from(key, 'hex'))
    .update(`mpirun-ts ${role.padEnd(8)} ${String(PROTOCOL_VERSION).padStart(10, '0')} ${session.byteLength} `)
    .update(session)
    .update(listenerNonce)
    .update(dialerNonce)
    .update(purpose)
    .digest()
}

function isSame(proof: Uint8Array, expected: Uint8Array): boolean {
  return proof.byteLength === expected.byteLength && timingSafeEqual(proof, expected)
}

function reply(state: HandshakeState, frame: Parameters<typeof encodeHandshakeFrame>[0]): HandshakeResult {
  return { type: 'reply', state, frame: encodeHandshakeFrame(frame) }
}

function mistaken(proof: Uint8Array, purpose: string): HandshakeResult {
  const frame = encodeHandshakeFrame({ kind: 'mistaken', version: PROTOCOL_VERSION, proof })
  return { type: 'refused', reason: `looks for another one of this job ("${purpose}")`, frame }
}

function refused(reason: string): HandshakeResult {
  return { type: 'refused', reason }
}
