/**
 * What a channel is for, as both sides prove it in the handshake: who has dialled, and whom.
 *
 *     control:<node id>             the agent of that node → the coordinator
 *     data:<node id>:<node id>      the agent of the first node → the agent of the second
 */
export type Purpose =
  | { readonly kind: 'control'; readonly from: number }
  | { readonly kind: 'data'; readonly from: number; readonly to: number }

const PURPOSE = /^(?:control:(\d{1,9})|data:(\d{1,9}):(\d{1,9}))$/

export function purposeText(purpose: Purpose): string {
  return purpose.kind === 'control' ? `control:${purpose.from}` : `data:${purpose.from}:${purpose.to}`
}

/** `undefined` for any other text. */
export function parsePurpose(text: string): Purpose | undefined {
  const [, agent, from, to] = PURPOSE.exec(text) ?? []
  if (agent !== undefined) return { kind: 'control', from: Number(agent) }
  if (from === undefined || to === undefined) return undefined
  return { kind: 'data', from: Number(from), to: Number(to) }
}
