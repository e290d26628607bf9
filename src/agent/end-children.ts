import { readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
}

/**
 * What the ranks of this process have started: its descendants, but for those that were detached into a session of their own, which
 * is how a program says that something shall outlive it (and how ssh is started here). Empty where there is no /proc.
 */
export function descendants(): number[] {
  if (!hasChildren()) return []
  const all = processes()
  const session = all.find(({ pid }) => pid === process.pid)?.session
  const found = new Set([process.pid])
  // Parents come before their children in most listings, but not in all: go on until nothing is added.
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const each of all) if (found.has(each.parent) && each.session === session) found.add(each.pid)
  }
  found.delete(process.pid)
  return [...found]
}

/** Kills what the ranks of this process have started and left behind. */
export function endChildren(): void {
  for (const pid of descendants()) kill(pid)
}

/** Kills this process's group and with it this process, if it leads the group, as what ssh starts does; returns otherwise. */
export function endOwnGroup(): void {
  if (parse('self').some(({ group }) => group === process.pid)) kill(-process.pid)
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
    // proc(5): pid (command) state ppid pgrp session; the command may hold spaces and parentheses.
    const [, parent, group, session] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    if (parent === undefined || group === undefined || session === undefined) return []
    return [{ pid: Number.parseInt(stat, 10), parent, group, session }]
  } catch {
    return []
  }
}
