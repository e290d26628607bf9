import { ExitStatus, MpirunError } from '../base/errors.ts'

/** Nobody could be reached. The message is for the log of a program; `tried` is the part for users: every address, and why it was not that one. */
export class UnreachableError extends MpirunError {
  readonly tried: string

  constructor(purpose: string, tried: string, cause: unknown) {
    super('ERR_HANDSHAKE', `Cannot open the channel "${purpose}": ${tried}`, { exitStatus: ExitStatus.nodeLost, cause })
    this.tried = tried
  }
}
