import { ExitStatus, MpirunError } from '../base/errors.ts'
import { listHosts } from './host-list.ts'
import type { PlaceOptions, Room } from './rooms.ts'

/** ERR_SLOTS for ranks that do not fit on `rooms`, of which `source` tells. */
export function tooManyRanks(size: number, source: string, every: readonly Room[], options: PlaceOptions): MpirunError {
  const { perNode, slotsPerRank } = options
  const rooms = every.filter(({ node }) => options.noLocal?.(node) !== true)
  const each = slotsPerRank === undefined ? '' : ` of ${slotsPerRank} slots each (pe=${slotsPerRank})`
  const what = `Cannot place ${size} rank${size === 1 ? '' : 's'}${each}:`
  if (perNode !== undefined && size > perNode * rooms.length) {
    const wanted = `${perNode} on each of ${rooms.length} node${rooms.length === 1 ? '' : 's'}`
    return slotsError(
      `${what} -N (ppr) allows ${wanted}, that is ${perNode * rooms.length}. Lower -np, raise -N, or add nodes.`,
    )
  }
  if (options.oversubscribe) {
    const limits = listHosts(rooms.map(({ node, limit }) => `${node.name}: ${limit}`))
    const most = sum(rooms.map((room) => room.limit))
    return slotsError(
      `${what} even with --oversubscribe ${source} allows ${most} (${limits}). Lower -np, or raise max_slots.`,
    )
  }
  const ways = `Lower -np${perNode === undefined ? '' : ' or -N'}, ${moreSlots(source)}, or pass --oversubscribe.`
  const slots = sum(rooms.map(slotsOf))
  const perHost = listHosts(rooms.map((room) => `${room.node.name}: ${slotsOf(room)}`))
  return slotsError(`${what} ${source} has ${slots} slot${slots === 1 ? '' : 's'} (${perHost}). ${ways}`)
}

/** How the place that names the nodes gives more slots. */
function moreSlots(source: string): string {
  if (source.includes('$PBS_NODEFILE')) return 'ask PBS for more slots (select=…:ncpus=N:mpiprocs=N)'
  if (source.includes('Slurm job')) return 'ask Slurm for more tasks (--ntasks)'
  return 'add slots'
}

/** Exit status 2. */
export function slotsError(message: string): MpirunError {
  return new MpirunError('ERR_SLOTS', message, { exitStatus: ExitStatus.usage })
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** What the node has where the number of ranks is given. */
function slotsOf({ node }: Room): number {
  return Math.max(node.slots, node.mayUse ?? 0)
}
