import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseBusyTicks, parseProcessTimes, type ProcessTimes, TICKS_PER_SECOND, treeTicks } from './proc-stat.ts'
import { isDisturbed, type LoadLimits, type LoadReading, othersShare } from './validity.ts'

/** How long the processors are watched before a command is measured, ms. */
const WATCH_MS = 150
/** How long to wait before they are watched again, ms. */
const PAUSE_MS = 500

/** What a command gave, and whether it was left alone. */
export interface Measured<T> {
  readonly result: T
  /** The share of all cores that others used meanwhile, 0 to 1; `undefined` where that cannot be measured. */
  readonly othersShare: number | undefined
  /** Others used too much before or while it ran. */
  readonly isDisturbed: boolean
}

/** Waits for a quiet machine before each measured command and watches the load while it runs. */
export class LoadGate {
  readonly canMeasure: boolean = existsSync('/proc/stat')
  private readonly limits: LoadLimits
  private readonly roots: () => readonly number[]
  private waitedMs = 0

  /** `moreRoots`: processes that work for the bench without being its descendants, such as the hosts of the virtual cluster. */
  constructor(limits: LoadLimits, moreRoots: () => readonly number[] = () => []) {
    this.limits = limits
    this.roots = () => [process.pid, ...moreRoots()]
  }

  /** Runs `work` when the machine is quiet, or when the patience for the whole run is used up. */
  async measure<T>(work: () => Promise<T>): Promise<Measured<T>> {
    if (!this.canMeasure) return { result: await work(), othersShare: undefined, isDisturbed: true }
    const isQuiet = await this.waitForQuiet()
    const { result, reading } = await this.watch(work)
    return { result, othersShare: othersShare(reading), isDisturbed: !isQuiet || isDisturbed(reading, this.limits) }
  }

  private async waitForQuiet(): Promise<boolean> {
    for (;;) {
      const { reading } = await this.watch(() => sleep(WATCH_MS))
      if (!isDisturbed(reading, this.limits)) return true
      if (this.waitedMs >= this.limits.patienceSeconds * 1000) return false
      const percent = Math.round(othersShare(reading) * 100)
      process.stderr.write(`bench: others use ${percent} % of the processors, waiting\n`)
      await sleep(PAUSE_MS)
      this.waitedMs += WATCH_MS + PAUSE_MS
    }
  }

  private async watch<T>(work: () => Promise<T>): Promise<{ result: T; reading: LoadReading }> {
    const before = this.now()
    const result = await work()
    const after = this.now()
    const reading = {
      wallSeconds: after.wallSeconds - before.wallSeconds,
      cores: availableParallelism(),
      busySeconds: (after.busyTicks - before.busyTicks) / TICKS_PER_SECOND,
      ownSeconds: (after.ownTicks - before.ownTicks) / TICKS_PER_SECOND,
    }
    return { result, reading }
  }

  private now(): { wallSeconds: number; busyTicks: number; ownTicks: number } {
    const busyTicks = parseBusyTicks(readFileSync('/proc/stat', 'utf8'))
    return { wallSeconds: performance.now() / 1000, busyTicks, ownTicks: treeTicks(allProcesses(), this.roots()) }
  }
}

function allProcesses(): ProcessTimes[] {
  const processes: ProcessTimes[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      processes.push(parseProcessTimes(readFileSync(`/proc/${name}/stat`, 'utf8')))
    } catch {
      // It has ended since the folder was read.
    }
  }
  return processes
}
