import { byDefault } from '../terms/by-default.ts'
import { checkRoot, isInPlace } from '../collectives/call/arguments.ts'
import type { AlltoallOptions, BlockOptions, ReduceScatterOptions } from '../api/collective-calls.ts'
import { CollectiveMethods } from './collective-methods.ts'
import { ANY_SOURCE, ANY_TAG, type InPlace } from '../terms/constants.ts'
import type { View } from '../datatypes/datatype.ts'
import { PersistentRequest } from '../requests/persistent.ts'
import type { PersistentCalls } from '../api/persistent-calls.ts'
import { SUM, toOp, type ViewOp } from '../operations/reduce-op.ts'
import type { Request } from '../terms/request.ts'
import type { Strided } from '../datatypes/strided.ts'

type Elements = View | Strided

/** The calls of a communicator that are prepared once and started again and again, documented in persistent-calls.ts. */
export class PersistentMethods extends CollectiveMethods implements PersistentCalls {
  sendInit(x: unknown, dest: number, tag: number = byDefault(arguments.length, 2, 0)): PersistentRequest {
    this.pointToPoint.checkSend('sendInit', dest, tag)
    return this.prepared('sendInit', () => this.pointToPoint.isend('sendInit', x, dest, tag, false))
  }

  ssendInit(x: unknown, dest: number, tag: number = byDefault(arguments.length, 2, 0)): PersistentRequest {
    this.pointToPoint.checkSend('ssendInit', dest, tag)
    return this.prepared('ssendInit', () => this.pointToPoint.isend('ssendInit', x, dest, tag, true))
  }

  recvInit(
    view: Elements,
    source: number = byDefault(arguments.length, 1, ANY_SOURCE),
    tag: number = byDefault(arguments.length, 2, ANY_TAG),
  ): PersistentRequest {
    this.pointToPoint.checkView('recvInit', view)
    this.pointToPoint.sourceOf('recvInit', source, tag)
    return this.prepared('recvInit', () => this.pointToPoint.receive('recvInit', view, source, tag))
  }

  barrierInit(): PersistentRequest {
    return this.collective('barrierInit', [], () => this.ibarrier())
  }

  bcastInit(view: Elements, root: number = byDefault(arguments.length, 1, 0)): PersistentRequest {
    checkRoot(this, 'bcastInit', root)
    return this.collective('bcastInit', [view], () => this.ibcastInto(view, root))
  }

  scatterInit(
    send: Elements | InPlace | null,
    recv: Elements | InPlace,
    root: number = byDefault(arguments.length, 2, 0),
    options: BlockOptions = {},
  ): PersistentRequest {
    checkRoot(this, 'scatterInit', root)
    const views = this.rank === root ? [send, recv] : [recv]
    return this.collective('scatterInit', views, () => this.iscatterInto(send, recv, root, options))
  }

  gatherInit(
    send: Elements | InPlace,
    recv: Elements | null,
    root: number = byDefault(arguments.length, 2, 0),
    options: BlockOptions = {},
  ): PersistentRequest {
    checkRoot(this, 'gatherInit', root)
    const views = this.rank === root ? [send, recv] : [send]
    return this.collective('gatherInit', views, () => this.igatherInto(send, recv, root, options))
  }

  allgatherInit(send: Elements | InPlace, recv: Elements, options: BlockOptions = {}): PersistentRequest {
    return this.collective('allgatherInit', [send, recv], () => this.iallgatherInto(send, recv, options))
  }

  alltoallInit(send: Elements | InPlace, recv: Elements, options: AlltoallOptions = {}): PersistentRequest {
    return this.collective('alltoallInit', [send, recv], () => this.ialltoallInto(send, recv, options))
  }

  reduceInit(
    send: Elements | InPlace,
    recv: Elements | null,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    root: number = byDefault(arguments.length, 3, 0),
  ): PersistentRequest {
    this.checkOp('reduceInit', op)
    checkRoot(this, 'reduceInit', root)
    const views = this.rank === root ? [send, recv] : [send]
    return this.collective('reduceInit', views, () => this.ireduceInto(send, recv, op, root))
  }

  allreduceInit(
    send: Elements | InPlace,
    recv: Elements,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
  ): PersistentRequest {
    this.checkOp('allreduceInit', op)
    return this.collective('allreduceInit', [send, recv], () => this.iallreduceInto(send, recv, op))
  }

  scanInit(
    send: Elements | InPlace,
    recv: Elements,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
  ): PersistentRequest {
    this.checkOp('scanInit', op)
    return this.collective('scanInit', [send, recv], () => this.iscanInto(send, recv, op))
  }

  exscanInit(
    send: Elements | InPlace,
    recv: Elements,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
  ): PersistentRequest {
    this.checkOp('exscanInit', op)
    return this.collective('exscanInit', [send, recv], () => this.iexscanInto(send, recv, op))
  }

  reduceScatterInit(
    send: Elements | InPlace,
    recv: Elements,
    op: ViewOp = byDefault(arguments.length, 2, SUM),
    options: ReduceScatterOptions = {},
  ): PersistentRequest {
    this.checkOp('reduceScatterInit', op)
    return this.collective('reduceScatterInit', [send, recv], () => this.ireduceScatterInto(send, recv, op, options))
  }

  /** A collective whose `views` are there on this rank. Throws ERR_TYPE, ERR_BUFFER, ERR_COMM, ERR_REVOKED. */
  protected collective(call: string, views: readonly unknown[], begin: () => Request<unknown>): PersistentRequest {
    this.pointToPoint.checkUsable(call)
    for (const view of views) if (!isInPlace(view)) this.pointToPoint.checkView(call, view)
    return this.prepared(call, begin)
  }

  private checkOp(call: string, op: unknown): void {
    toOp(op, this.job.engine.rank, call)
  }

  private prepared(call: string, begin: () => Request<unknown>): PersistentRequest {
    return new PersistentRequest(this.job.engine, call, begin)
  }
}
