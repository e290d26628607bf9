import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { SHUT_DEBUGGER } from '../../../src/base/shut-debugger.ts'

/** Runs a program whose Node may open its debugger at any free port; what it prints of the debugger's address. */
function run(program: string, options: readonly string[] = [], env: NodeJS.ProcessEnv = {}): string {
  const text = `const inspector = require('node:inspector')
const shut = () => { ${SHUT_DEBUGGER} }
const usr1 = () => process.kill(process.pid, 'SIGUSR1')
const isOpen = async () => { while (inspector.url() === undefined) await new Promise(setImmediate) }
const soon = () => new Promise((resolve) => setTimeout(resolve, 100))
const tell = () => console.log(inspector.url() === undefined ? 'shut' : 'open')
;(async () => { ${program} })()`
  const words = ['--inspect-port=0', ...options, '-e', text]
  return execFileSync(process.execPath, words, { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, ...env } })
}

describe('SHUT_DEBUGGER', () => {
  it('is there because SIGUSR1 opens the debugger', () => {
    expect(run('usr1(); await isOpen(); tell(); process.exit()')).to.equal('open\n')
  })

  it('closes what was opened before, and nothing opens it again', () => {
    expect(run('usr1(); await isOpen(); shut(); tell(); usr1(); await soon(); tell()')).to.equal('shut\nshut\n')
  })

  it('closes what a signal before it opens later', () => {
    expect(run('usr1(); shut(); await soon(); tell()')).to.equal('shut\n')
  })

  it('keeps SIGUSR2 from ending the process', () => {
    expect(run("shut(); process.kill(process.pid, 'SIGUSR2'); await soon(); tell()")).to.equal('shut\n')
  })

  it('lets the debugger be that the user has asked for', () => {
    const program = 'shut(); tell(); process.exit()'
    for (const option of ['--inspect', '--inspect=0']) expect(run(program, [option])).to.equal('open\n')
    expect(run(program, [], { NODE_OPTIONS: '--no-warnings "--inspect=0"' })).to.equal('open\n')
  })
})
