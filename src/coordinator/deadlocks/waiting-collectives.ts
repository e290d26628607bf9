import type { CollectiveWait, RankWait } from '../../wire/control-messages.ts'

/**
 * The collectives that keep ranks from getting on because they do not match, in the user's words; undefined where it is something else. On one
 * communicator calls of the same number must be the same; ranks that wait for each other's messages never show each other theirs.
 */
export function mismatchOf(waits: readonly RankWait[]): string | undefined {
  const ofCommunicator = new Map<number, CollectiveWait[]>()
  for (const wait of waits.flatMap(({ collectives }) => collectives ?? [])) {
    const known = ofCommunicator.get(wait.context)
    if (known === undefined) ofCommunicator.set(wait.context, [wait])
    else known.push(wait)
  }
  for (const [first, ...others] of ofCommunicator.values()) {
    if (first === undefined) continue
    // That which has come furthest has called what each of the others is in.
    const furthest = others.reduce((one, other) => (other.sequence > one.sequence ? other : one), first)
    for (const wait of [first, ...others]) {
      const [mine] = wait.latest
      const theirs = furthest.latest[furthest.sequence - wait.sequence]
      if (mine === undefined || theirs === undefined || mine === theirs) continue
      return `${mine} on rank ${wait.rank} met ${theirs} of rank ${furthest.rank} in ${wait.name}`
    }
  }
  return undefined
}
