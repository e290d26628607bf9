import { execFileSync, spawn } from 'node:child_process'
import { createECDH } from 'node:crypto'
import { expect } from 'chai'
import { bodyLine, KEY_LINE, STEP_TEXT, StepKeys } from '../../../src/launch/step-input.ts'

/** Runs what a task runs; `answer` gets its key and returns what srun brings it. */
async function runTask(task: string, answer: (key: string) => string): Promise<string> {
  const child = spawn(process.execPath, ['-e', STEP_TEXT], {
    env: { ...process.env, SLURM_PROCID: task },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  let isAsked = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    const key = KEY_LINE.exec(output.split('\n')[0] ?? '')?.[1]
    if (key === undefined || isAsked) return
    isAsked = true
    child.stdin.end(answer(key))
  })
  await new Promise((resolve) => void child.once('close', resolve))
  return output.split('\n').slice(1).join('\n')
}

const BODY = bodyLine(Buffer.from('\nconsole.log("body of", who)\n'))

describe('what a step of Slurm brings to its tasks', () => {
  it('is opened by the task that it is for, whatever else comes by', async () => {
    const [keys, stranger] = [new StepKeys(), createECDH('prime256v1').generateKeys('base64')]
    const output = await runTask('3', (key) =>
      [BODY, keys.headLine(1, stranger, 'var who = "stranger"'), keys.headLine(3, key, 'var who = "three"\n')].join(''),
    )
    expect(output).to.equal('body of three\n')
  })

  it('shows no secret to who reads all of it', () => {
    const stranger = createECDH('prime256v1')
    const line = new StepKeys().headLine(0, stranger.generateKeys('base64'), 'the secret')
    expect(line).to.match(/^head 0 [\w+/=]{88} [\w+/=]+\n$/)
    expect(Buffer.from(line.split(' ')[3] ?? '', 'base64').toString('latin1')).not.to.contain('secret')
  })

  it('is not taken for a head by a task whose key it does not fit', async () => {
    const keys = new StepKeys()
    const other = createECDH('prime256v1').generateKeys('base64')
    const text = `process.on("uncaughtException", function () { console.log("refused"); process.exit(0) }); ${STEP_TEXT}`
    const line = keys.headLine(0, other, 'console.log("opened")')
    const options = { env: { ...process.env, SLURM_PROCID: '0' }, input: BODY + line, encoding: 'utf8' } as const
    expect(execFileSync(process.execPath, ['-e', text], options)).to.match(/refused\n$/)
  })

  it('refuses what is no key', () => {
    expect(() => new StepKeys().headLine(0, 'AAAA', 'x')).to.throw()
  })
})
