import type { MapBy, Room } from './rooms.ts'

/** The index into `rooms` for each world rank; `turns` are the indices in the order in which nodes take their turn. */
export function mapRanks(size: number, rooms: readonly Room[], turns: readonly number[], mapBy: MapBy): number[] {
  const counts = rooms.map(() => 0)
  const order: number[] = []
  const takeTurns = (indices: Iterable<number>, limitOf: (room: Room) => number): void => {
    let isProgress = true
    while (order.length < size && isProgress) {
      isProgress = false
      for (const index of indices) {
        const [room, count] = [rooms[index], counts[index] ?? 0]
        if (room === undefined || order.length === size || count >= limitOf(room)) continue
        counts[index] = count + 1
        order.push(index)
        isProgress = true
      }
    }
  }
  if (mapBy === 'slot') for (const index of turns) takeTurns([index], (room) => room.fill)
  if (mapBy === 'node' || mapBy === 'span') takeTurns(turns, (room) => room.fill)
  takeTurns(turns, (room) => room.limit)
  // Ranks of a node are neighbours when mapped by slot, also those that came in the second round.
  return mapBy === 'slot' ? order.sort((left, right) => left - right) : order
}
