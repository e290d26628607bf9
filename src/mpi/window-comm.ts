import type { Members } from './collectives/collective.ts'
import type { Group } from './group.ts'
import type { Request } from './request.ts'

/** A communicator as its windows use it. */
export interface WindowComm extends Members {
  readonly group: Group
  barrier(): void
  ibarrier(): Request<void>
}
