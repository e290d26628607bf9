import { MpirunError } from '../base/errors.ts'
import { decodeControl, encodeControl } from './codec.ts'
import type { FromAgent, ToAgent } from './control-messages.ts'
import { checkFromAgent, MOST_FROM_AGENT_BYTES, toAgentChecker } from './control-shapes.ts'
import type { Bounds } from './shape.ts'

/** How one side of a control channel writes its messages, and reads those of the other, which it does not believe. */
interface Codec<In> {
  encode(message: object): Uint8Array
  /** Throws MpirunError ERR_PROTOCOL, which says who has sent what. */
  decode(bytes: Uint8Array): In
}

/** The coordinator's, for the agent of the node `name`. */
export function coordinatorCodec(name: string, bounds: Bounds): Codec<FromAgent> {
  const decode = (bytes: Uint8Array): FromAgent => {
    if (bytes.length > MOST_FROM_AGENT_BYTES)
      throw new MpirunError('ERR_PROTOCOL', `a control message of ${bytes.length} bytes`)
    return checkFromAgent(decodeControl(bytes), bounds)
  }
  return { encode: encodeControl, decode: (bytes) => orSay(`node ${name}`, () => decode(bytes)) }
}

/** The one of the agent of node `nodeId`. */
export function agentCodec(nodeId: number): Codec<ToAgent> {
  const check = toAgentChecker(nodeId)
  return { encode: encodeControl, decode: (bytes) => orSay('the coordinator', () => check(decodeControl(bytes))) }
}

function orSay<T>(who: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const what = error instanceof MpirunError ? reason : `bytes that are no control message: ${reason}`
    throw new MpirunError('ERR_PROTOCOL', `${who} sent ${what}`)
  }
}
