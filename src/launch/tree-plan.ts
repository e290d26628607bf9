import type { NodeBelow } from '../agent/agent-config.ts'
import type { LaunchTarget } from './launcher.ts'

/**
 * Who starts whom: the nodes that this machine starts itself, `fanout` at most, each with those that it starts in its turn. With no more nodes than
 * that it starts all of them. Those of this machine, which need no login, are started from here; nodes with different users are not started by each
 * other, for ssh would take the one for the other where a hostfile names only one of them.
 */
export function planTree(targets: readonly LaunchTarget[], fanout: number): LaunchTarget[] {
  const elsewhere = targets.filter(({ isHere }) => isHere !== true)
  if (elsewhere.length <= fanout) return [...targets]
  const byUser = new Map<string, LaunchTarget[]>()
  for (const target of elsewhere) {
    const same = byUser.get(target.user ?? '')
    if (same === undefined) byUser.set(target.user ?? '', [target])
    else same.push(target)
  }
  const branches = [...byUser.values()].flatMap((same) => {
    const share = Math.max(1, Math.round((fanout * same.length) / elsewhere.length))
    return branchesOf(same, Math.min(share, fanout), fanout)
  })
  return [...targets.filter(({ isHere }) => isHere === true), ...branches]
}

/** The nodes cut into `count` parts, of each of which the first one starts the others. */
function branchesOf(targets: readonly LaunchTarget[], count: number, fanout: number): NodeBelow[] {
  const branches: NodeBelow[] = []
  for (let at = 0, left = Math.min(count, targets.length); left > 0; left -= 1) {
    const end = at + Math.ceil((targets.length - at) / left)
    const [first, ...others] = targets.slice(at, end)
    if (first === undefined) break
    const { nodeId, name, user, port } = first
    branches.push({
      nodeId,
      name,
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
      below: branchesOf(others, fanout, fanout),
    })
    at = end
  }
  return branches
}

/** A node's id and those of all below it. */
export function idsOf({ nodeId, below = [] }: LaunchTarget): number[] {
  return [nodeId, ...below.flatMap(idsOf)]
}
