import { readdirSync, readFileSync } from 'node:fs'
import { ExitStatus } from '../../base/errors.ts'
import type { StartAgent } from '../../wire/control-messages.ts'
import type { Problem } from './why-not-start.ts'

/** Of a thread: its event loop and Node's; 8 with Node 20, 10 with Node 24. */
const FILES_OF_A_RANK = 11
/** A channel, and the address that is being dialled. */
const FILES_OF_A_NODE = 2
/** What is open for a moment only: modules, lists of folders. */
const FILES_BESIDE = 6

const MIB = 2 ** 20
const GIB = 2 ** 30
/** A WebAssembly memory, however small, reserves 10 GiB of addresses, so that its code need not look at bounds. */
const CAGE_BYTES = 10 * GIB
/** A thread with Node's own settings reserves 512 MiB for machine code; with `LOW_CODE_MIB` it needs `LOW_RANK_BYTES` in all. */
const USUAL_RANK_BYTES = 1280 * MIB
const LOW_RANK_BYTES = 384 * MIB
/** Rings and areas of a node (shm/layout.ts), and what the agent itself still needs. */
const NODE_BYTES = 768 * MIB
export const LOW_CODE_MIB = 32

/** How a node's ranks are to be started within the limits of this process. */
export interface Room {
  /** Addresses are few (ulimit -v, SGE's h_vmem, Torque's pvmem): no WebAssembly memory, little room for machine code. */
  readonly isLow: boolean
}

interface Limits {
  readonly openFiles: number
  readonly addressBytes: number
}

/**
 * Whether the ranks of this node fit into the limits that its shell or its scheduler has set for this process: a thread that gets too little hangs, or
 * V8 ends the whole process. Where there is no /proc nothing is known, and nothing is refused.
 */
export function roomFor({ ranks, nodeCount }: StartAgent): Room | Problem {
  const limits = readLimits()
  if (limits === undefined) return { isLow: false }
  const count = ranks.length
  const files = openFiles(limits) + count * FILES_OF_A_RANK + (nodeCount - 1) * FILES_OF_A_NODE + FILES_BESIDE
  if (files > limits.openFiles) {
    return problem(
      `${rankWord(count)} about ${files} open files, the limit is ${limits.openFiles}: ulimit -n ${roundUp(files)}, or fewer ranks on a node`,
    )
  }
  if (limits.addressBytes === Number.POSITIVE_INFINITY) return { isLow: false }
  const used = usedAddresses() + NODE_BYTES
  if (used + CAGE_BYTES + count * USUAL_RANK_BYTES <= limits.addressBytes) return { isLow: false }
  const least = used + count * LOW_RANK_BYTES
  if (least <= limits.addressBytes) return { isLow: true }
  const kib = roundUp(least / 1024)
  return problem(
    `${rankWord(count)} about ${inGib(least)} GB of addresses, the limit is ${inGib(limits.addressBytes)} GB: ` +
      `ulimit -v ${kib} (SGE: -l h_vmem, Torque: -l pvmem), or fewer ranks on a node`,
  )
}

function problem(message: string): Problem {
  return { message: `${message}.`, exitStatus: ExitStatus.failed }
}

function rankWord(count: number): string {
  return count === 1 ? '1 rank needs' : `${count} ranks need`
}

function inGib(bytes: number): string {
  return (bytes / GIB).toFixed(1)
}

/** To two digits, for a number that somebody is to type. */
function roundUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1)
  return Math.ceil(value / unit) * unit
}

/** Undefined where the system does not say. */
function readLimits(): Limits | undefined {
  const text = readOwn('limits')
  if (text === undefined) return undefined
  // proc_pid_limits(5): name, soft limit, hard limit, unit. Node has raised the soft limit of open files to the hard one.
  const soft = (name: string): number => {
    const value = new RegExp(`^Max ${name} +(\\d+) `, 'm').exec(text)?.[1]
    return value === undefined ? Number.POSITIVE_INFINITY : Number(value)
  }
  return { openFiles: soft('open files'), addressBytes: soft('address space') }
}

function openFiles(limits: Limits): number {
  if (limits.openFiles === Number.POSITIVE_INFINITY) return 0
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    // Not even the list could be opened.
    return limits.openFiles
  }
}

function usedAddresses(): number {
  return Number(/^VmSize:\s+(\d+) kB/m.exec(readOwn('status') ?? '')?.[1] ?? 0) * 1024
}

function readOwn(name: string): string | undefined {
  try {
    return readFileSync(`/proc/self/${name}`, 'latin1')
  } catch {
    return undefined
  }
}
