import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A command to run: its words, and what differs from the bench's own surroundings. */
export interface Command {
  readonly words: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Seconds after which it is killed and counts as failed; default 600. */
  readonly timeoutSeconds?: number
}

export interface CommandResult {
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
  readonly wallMs: number
  /** Milliseconds since 1970 when it had ended. */
  readonly endedAtMs: number
  /** The most memory that its first process had resident, KiB; 0 unless asked for. */
  readonly peakRssKib: number
}

/** How often memory is looked at, ms. */
const MEMORY_POLL_MS = 3

/** Runs a command to its end, whatever its exit status. Wall time is from the start to the end of all output. */
export function runCommand(
  command: Command,
  { watchMemory = false }: { readonly watchMemory?: boolean } = {},
): Promise<CommandResult> {
  const [program = '', ...words] = command.words
  const start = performance.now()
  const child = spawn(program, words, {
    cwd: command.cwd,
    env: { ...process.env, ...command.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: (command.timeoutSeconds ?? 600) * 1000,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  let peakRssKib = 0
  const look = () => {
    peakRssKib = Math.max(peakRssKib, peakRss(child.pid))
  }
  const memoryTimer = watchMemory ? setInterval(look, MEMORY_POLL_MS) : undefined
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const wallMs = performance.now() - start
      const endedAtMs = Date.now()
      clearInterval(memoryTimer)
      resolve({ status: code ?? undefined, stdout, stderr, wallMs, endedAtMs, peakRssKib })
    })
  })
}

/** Runs a command and throws when it does not end with `status`, with the end of what it printed. */
export async function runChecked(command: Command, status = 0): Promise<CommandResult> {
  const result = await runCommand(command)
  if (result.status !== status) {
    const said = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-4).join(' | ')
    throw new Error(`"${command.words.join(' ')}" ended with status ${result.status ?? 'signal'}: ${said}`)
  }
  return result
}

function peakRss(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
