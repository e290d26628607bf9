import { runInNewContext } from 'node:vm'
import zlib, { brotliCompressSync } from 'node:zlib'
import { expect } from 'chai'
import { type AgentConfig } from '../../../src/agent/agent-config.ts'
import { agentBody, agentHead, NODE_TOO_OLD_STATUS } from '../../../src/launch/agent-input.ts'

const CONFIG = {
  nodeId: 3,
  nodeName: 'n3 "quoted" \u2028 \\',
  secret: { secret: 'ab'.repeat(32), jobKey: 'cd'.repeat(32), transport: 'plain', fingerprint: '' },
  nodeKey: 'ef'.repeat(32),
  addresses: ['10.0.0.1', '::1'],
  port: 4000,
  listens: true,
  dialTimeoutMs: 5000,
} as const

interface Done {
  seen: unknown
  stderr: string
  status: number | undefined
  /** What has been done to signals and the debugger, in order. */
  readonly heard: string[]
}

class Exit extends Error {}

/** Runs the script as a Node of that version would; gives what it did. */
function runAs(version: string, bundleText: string): Done {
  const done: Done = {
    heard: [],
    seen: undefined,
    stderr: '',
    status: undefined,
  }
  const modules: Record<string, unknown> = {
    zlib,
    fs: { writeSync: (_: number, text: string) => (done.stderr += text) },
    report: (value: unknown) => {
      done.seen = value
    },
  }
  const global: Record<string, unknown> = {}
  const sandbox = {
    process: {
      versions: { node: version },
      execPath: '/usr/bin/node',
      execArgv: [],
      env: {},
      listeners: () => [],
      on: (name: string) => done.heard.push(name),
      _debugEnd: () => done.heard.push('closed'),
      exit(status: number) {
        done.status = status
        throw new Exit()
      },
    },
    require: (name: string) => modules[name],
    global,
    Buffer,
    exports: {},
    module: {},
    __filename: '',
    __dirname: '',
  }
  modules['config'] = () => global['__mpirunTsAgentConfig']
  try {
    runInNewContext(agentScript(bundleText, CONFIG), sandbox)
  } catch (error) {
    if (!(error instanceof Exit)) throw error
  }
  return done
}

function agentScript(bundleText: string, config: AgentConfig): string {
  return agentHead(config) + Buffer.from(agentBody(brotliCompressSync(bundleText))).toString()
}

describe('agentHead() and agentBody()', () => {
  it('runs the bundle as CommonJS with its configuration in a global', () => {
    const { seen, status } = runAs('20.19.0', "require('report')(require('config')()) /* \u2028 ${x} \\ </script> */")
    expect(seen).to.deep.equal(CONFIG)
    expect(status).to.equal(undefined)
  })

  it('shuts the debugger before the bundle runs', () => {
    expect(runAs('20.19.0', '').heard).to.deep.equal(['SIGUSR1', 'SIGUSR2', 'internalMessage', 'closed'])
  })

  for (const version of ['22.0.0', '24.1.0', '20.20.2', '100.0.0']) {
    it(`accepts Node ${version}`, () => {
      expect(runAs(version, 'require("report")("ran")').seen).to.equal('ran')
    })
  }

  for (const version of ['20.18.9', '18.20.0', '12.22.0', '0.12.18']) {
    it(`lets Node ${version} say that it is too old, without looking at the bundle`, () => {
      const { stderr, status, seen } = runAs(version, 'this is no JavaScript at all')
      expect(stderr).to.equal(`\nmpirun-ts agent: node ${version} at /usr/bin/node is too old\n`)
      expect(status).to.equal(NODE_TOO_OLD_STATUS)
      expect(seen).to.equal(undefined)
    })
  }

  it('has an outer part without words and signs that ES5 does not know', () => {
    const outer = agentScript('const modern = async () => `x`', CONFIG).replace(/"(?:[^"\\]|\\.)*"/g, '""')
    expect(outer).to.not.match(/=>|`|\b(const|let|async|class|import)\b|\?\?|\?\.|\.\.\.|[^\n -~]/)
  })
})
