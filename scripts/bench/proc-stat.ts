/** Ticks of /proc in a second (USER_HZ); 100 on every Linux that Node runs on. */
export const TICKS_PER_SECOND = 100

/** Columns of the line `cpu` in /proc/stat (proc(5)). */
const IDLE = 3
const IOWAIT = 4
/** Guest time, from this column on, is part of user time already. */
const GUEST = 8

/** Ticks that all cores together were not idle since the system started, time stolen by the hypervisor included. */
export function parseBusyTicks(procStat: string): number {
  const line = procStat.split('\n').find((text) => text.startsWith('cpu '))
  if (line === undefined) throw new Error('/proc/stat has no line "cpu"')
  const ticks = line
    .trim()
    .split(/\s+/)
    .slice(1, GUEST + 1)
    .map(Number)
  return ticks.reduce((sum, value, column) => (column === IDLE || column === IOWAIT ? sum : sum + value), 0)
}

/** One process as /proc/PID/stat tells. */
export interface ProcessTimes {
  readonly pid: number
  readonly parent: number
  /** Its own ticks and those of its children that have ended. */
  readonly ticks: number
}

/** Fields after the command's name in /proc/PID/stat: state, ppid, … and from the 11th on utime, stime, cutime, cstime. */
export function parseProcessTimes(stat: string): ProcessTimes {
  // The name stands in parentheses and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15).map(Number)
  return { pid: Number.parseInt(stat, 10), parent: Number(fields[1]), ticks: utime + stime + cutime + cstime }
}

/** Ticks used by the processes `roots` and everything they started, as far as its parents have waited for it. */
export function treeTicks(processes: readonly ProcessTimes[], roots: readonly number[]): number {
  const children = groupByParent(processes)
  const byPid = new Map(processes.map((process) => [process.pid, process]))
  const open = [...roots]
  const seen = new Set<number>()
  let ticks = 0
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    const process = byPid.get(pid)
    if (process === undefined || seen.has(pid)) continue
    seen.add(pid)
    ticks += process.ticks
    for (const child of children.get(pid) ?? []) open.push(child.pid)
  }
  return ticks
}

function groupByParent(processes: readonly ProcessTimes[]): Map<number, ProcessTimes[]> {
  const groups = new Map<number, ProcessTimes[]>()
  for (const process of processes) {
    const group = groups.get(process.parent)
    if (group === undefined) groups.set(process.parent, [process])
    else group.push(process)
  }
  return groups
}
