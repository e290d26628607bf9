import type { AgentConfig } from '../agent/agent-config.ts'
import { SHUT_DEBUGGER } from '../base/shut-debugger.ts'

/** Exit status of an agent's Node when it is too old to run the agent. */
export const NODE_TOO_OLD_STATUS: number = 88
const OLDEST_NODE = { major: 20, minor: 19 }

/**
 * The program that is written to ssh's stdin and run there by Node (ssh-command.ts): `agentHead` with what one agent is told, then `agentBody`, the same
 * bytes for all. The agent finds its configuration in `globalThis.__mpirunTsAgentConfig` and deletes it there (agent/agent-config.ts). So
 * the secret is neither in an argument nor in an environment variable. The outer part is ES5, so that a Node of any age can say that
 * it is too old: the agent is packed until the version has been looked at.
 */
export function agentHead(config: AgentConfig): string {
  return `'use strict'
var version = process.versions.node.split('.')
if (+version[0] < ${String(OLDEST_NODE.major)} || (+version[0] === ${String(OLDEST_NODE.major)} && +version[1] < ${String(OLDEST_NODE.minor)})) {
  require('fs').writeSync(2, '\\nmpirun-ts agent: node ' + process.versions.node + ' at ' + process.execPath + ' is too old\\n')
  process.exit(${String(NODE_TOO_OLD_STATUS)})
}
${SHUT_DEBUGGER}
global.__mpirunTsAgentConfig = JSON.parse(${literal(JSON.stringify(config))})
`
}

/**
 * `bundle`: the agent, CommonJS, in Brotli: a quarter of what ssh had to bring otherwise, unpacked in some 2 ms. (`Function` rather than `vm`: an
 * `import()` in it then works without a warning on stderr.)
 */
export function agentBody(bundle: Uint8Array): Uint8Array {
  return Buffer.from(`
var packed = Buffer.from("${Buffer.from(bundle).toString('base64')}", 'base64')
if (global.__mpirunTsAgentConfig.branch) global.__mpirunTsAgentBundle = packed
new Function('exports', 'require', 'module', '__filename', '__dirname',
  require('zlib').brotliDecompressSync(packed).toString() +
  '\\n//# sourceURL=mpirun-ts-agent.cjs'
)(exports, require, module, __filename, __dirname)
`)
}

/** A JavaScript string literal. JSON is one, but for two line separators that JavaScript allows in strings only since ES2019. */
function literal(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
