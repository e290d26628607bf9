import { run, start } from './collectives/run.ts'
import { dup, type NewGroup, split } from './collectives/split.ts'
import { CollectiveMethods } from './collective-methods.ts'
import type { Comm } from './comm.ts'
import { communicatorId } from './context.ts'
import { MappedRequest } from './mapped-request.ts'
import { RankTable } from './rank-table.ts'
import type { Request } from './request.ts'

/** A communicator, documented in comm.ts. */
export class Communicator extends CollectiveMethods implements Comm {
  dup(): Comm {
    this.pointToPoint.checkUsable('dup')
    return this.duplicate(run(dup(this, this.job.nextCounter())))
  }

  idup(): Request<Comm> {
    this.pointToPoint.checkUsable('idup')
    return new MappedRequest(this.collectives.engine, start(dup(this, this.job.nextCounter())), (counter) =>
      this.duplicate(counter),
    )
  }

  split(color: number, key: number = 0): Comm | null {
    this.pointToPoint.checkUsable('split')
    return this.part(run(split(this, color, key, this.job.nextCounter())))
  }

  isplit(color: number, key: number = 0): Request<Comm | null> {
    this.pointToPoint.checkUsable('isplit')
    const request = start(split(this, color, key, this.job.nextCounter()))
    return new MappedRequest(this.collectives.engine, request, (group) => this.part(group))
  }

  abort(code: number = 1): never {
    return this.job.abort(code)
  }

  private duplicate(counter: number): Communicator {
    const id = communicatorId(this.ranks.worldOf(0), counter)
    return new Communicator(this.job, id, this.ranks, `${this.name}.dup`)
  }

  private part(group: NewGroup | null): Communicator | null {
    if (group === null) return null
    const worldRanks = group.members.map((rank) => this.ranks.worldOf(rank))
    const id = communicatorId(worldRanks[0] ?? 0, group.counter)
    const ranks = RankTable.of(worldRanks, this.collectives.engine.rank)
    return new Communicator(this.job, id, ranks, `${this.name}.split`)
  }
}
