import { Collective, type Members } from './collective.ts'
import type { Plan } from './run.ts'
import type { Steps } from './steps.ts'

const NOTHING = { datatype: 0, bytes: new Uint8Array(0) }

/** MPI_Barrier (MPI 4.1 §6.3): nobody leaves before all have come. */
export function barrier(members: Members): Plan<void> {
  const collective = new Collective(members, { call: 'barrier', root: -1, op: null, type: 0 })
  return { collective, steps: disseminate(collective) }
}

/** In round k each rank tells the one 2^k above it that it, and all that it has heard of, have come: log2(size) rounds. */
function* disseminate(collective: Collective): Steps<void> {
  const { rank, size } = collective
  for (let distance = 1; distance < size; distance *= 2) {
    collective.send((rank + distance) % size, NOTHING)
    const receive = collective.receive((rank - distance + size) % size)
    yield receive
    receive.check()
  }
}
