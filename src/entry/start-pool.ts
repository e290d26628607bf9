import type { Pool as PoolClass } from '../pool/pool.ts'
import type { serveNode as serve } from '../pool/nodes/serve-node.ts'
import { startLibrary } from './kept-program.ts'

/** The file pool.cjs: starts entry/pool.ts, for plain node and for the ranks of this machine. */
const started = startLibrary<{ Pool: typeof PoolClass; serveNode: typeof serve }>(require, __dirname, 'pool-program')
export const Pool: typeof PoolClass = started.Pool
export const serveNode: typeof serve = started.serveNode
