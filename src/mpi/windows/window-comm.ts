import type { Members } from '../collectives/call/members.ts'
import type { Group } from '../groups/group.ts'
import type { PendingRequest } from '../requests/pending-request.ts'
import type { Request } from '../terms/request.ts'

/** A communicator as its windows use it. */
export interface WindowComm extends Members {
  readonly group: Group
  barrier(): void
  ibarrier(): Request<void>
  /** `ibarrier`, the messages of which begin when `before` are done; fails where one of them does. */
  barrierBehind(before: readonly PendingRequest<unknown>[]): Request<void>
}
