import type { CollectiveWait } from '../../../wire/control-messages.ts'
import { PendingRequest } from '../../requests/pending-request.ts'
import type { NodeCalls } from './node-calls.ts'

/** What a rank that waits in shared memory says that it waits for. */
export class NodeWait extends PendingRequest<void> {
  private readonly calls: NodeCalls

  constructor(calls: NodeCalls) {
    super(calls.engine)
    this.calls = calls
  }

  get call(): string {
    return this.calls.callName
  }

  describe(): string {
    return this.calls.describe()
  }

  override get collectiveWait(): CollectiveWait | null {
    return this.calls.collectiveWait
  }

  protected value(): void {}
}
