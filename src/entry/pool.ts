export { Pool } from '../pool/pool.ts'
export { PoolError } from '../pool/pool-error.ts'
export { serveNode } from '../pool/nodes/serve-node.ts'
