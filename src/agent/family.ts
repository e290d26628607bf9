import { readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** When it was started, in ticks since the machine was: a process number that is given away again does not have the same. */
  readonly started: number
}

/** Processes that have been killed are still listed for a moment. */
const MOST_ROUNDS = 3

/**
 * What the ranks of this process have started. What was there before belongs to somebody else, though it be a child of this process: a shell may
 * have started it and then become this program (`sleep 50 & exec mpirun-ts …`), or a scheduler. Make one before ranks run.
 */
export class Family {
  /** Those that were there before. */
  readonly #elders: ReadonlySet<string>

  /** `withGroup`: endGroup() is going to be called. Takes milliseconds with it, or where this process has children. */
  constructor(withGroup: boolean) {
    const all = withGroup || hasChildren() ? processes() : []
    const group = withGroup ? all.filter((each) => each.group === process.pid) : []
    this.#elders = new Set([...descendantsOf(all, new Set()), ...group].map(identity))
  }

  /**
   * Descendants of this process, but for those that were detached into a session of their own, which is how a program says that something
   * shall outlive it (and how ssh is started here). Empty where there is no /proc.
   */
  descendants(): number[] {
    return hasChildren() ? descendantsOf(processes(), this.#elders).map(({ pid }) => pid) : []
  }

  /** Kills what the ranks of this process have started and left behind. */
  endDescendants(): void {
    for (const pid of this.descendants()) kill(pid)
  }

  /**
   * The same, and with it what is left of this process's group, which it leads if ssh has started it: also what has lost its parent since, and at
   * last this process. What the login has started before it stays.
   */
  endGroup(): void {
    // Somebody may have been just about to start another one.
    for (let round = 0; round < MOST_ROUNDS && this.#endGroupOnce() > 0; round += 1);
    // Also where a thread is in a system call, in which process.exit() would wait for it.
    if (parse('self').some(({ group }) => group === process.pid)) process.kill(process.pid, 'SIGKILL')
  }

  #endGroupOnce(): number {
    const all = processes()
    const elders = all.filter((each) => this.#elders.has(identity(each))).map(({ pid }) => pid)
    const theirs = new Set([
      ...elders,
      ...elders.filter((pid) => pid !== process.pid).flatMap((pid) => below(all, pid)),
    ])
    const left = all.filter(({ pid, group }) => group === process.pid && pid !== process.pid && !theirs.has(pid))
    const ours = new Set([...left.map(({ pid }) => pid), ...descendantsOf(all, this.#elders).map(({ pid }) => pid)])
    for (const pid of ours) kill(pid)
    return ours.size
  }
}

/** Without those of `except` and what these have started. */
function descendantsOf(all: readonly Process[], except: ReadonlySet<string>): Process[] {
  const session = all.find(({ pid }) => pid === process.pid)?.session
  const mine = all.filter((each) => each.session === session && !except.has(identity(each)))
  const found = new Set(below(mine, process.pid))
  return mine.filter(({ pid }) => found.has(pid))
}

/** Process numbers of what descends from `root` by way of `all`. */
function below(all: readonly Process[], root: number): number[] {
  const found = new Set([root])
  // Parents come before their children in most listings, but not in all: go on until nothing is added.
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const each of all) if (found.has(each.parent)) found.add(each.pid)
  }
  found.delete(root)
  return [...found]
}

function identity({ pid, started }: Process): string {
  return `${pid}:${started}`
}

/** A look at this process alone, since a look at all processes takes milliseconds. */
function hasChildren(): boolean {
  try {
    return readdirSync('/proc/self/task').some(
      (thread) => readFileSync(`/proc/self/task/${thread}/children`, 'latin1') !== '',
    )
  } catch {
    return true
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

function processes(): Process[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => parse(name))
  } catch {
    return []
  }
}

function parse(name: string): Process[] {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
    // proc(5): pid (command) state ppid pgrp session … starttime, the 22nd; the command may hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [, parent, group, session] = fields.map(Number)
    const started = Number(fields[19])
    if (parent === undefined || group === undefined || session === undefined) return []
    return [{ pid: Number.parseInt(stat, 10), parent, group, session, started }]
  } catch {
    return []
  }
}
