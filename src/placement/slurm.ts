import { parseCount, quote } from './host-name.ts'
import { mergeNodes, scheduledNode, schedulerError } from './node-table.ts'
import type { NodeTable } from './placement.ts'

/** More nodes than this in one list are taken for a mistake (`n[1-99999999]`). */
const MAX_NODES = 100_000

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Nodes of a Slurm job from its environment, or `undefined` outside of one: SLURM_JOB_NODELIST (else SLURM_NODELIST), with slots
 * from SLURM_TASKS_PER_NODE, else SLURM_JOB_CPUS_PER_NODE over SLURM_CPUS_PER_TASK, else one on each.
 * Throws ERR_HOSTFILE (exit status 2). Source: https://slurm.schedmd.com/sbatch.html, output environment variables.
 */
export function parseSlurm(environment: Environment): NodeTable | undefined {
  const list = environment['SLURM_JOB_NODELIST'] || environment['SLURM_NODELIST']
  if (list === undefined || list === '') return undefined
  const names = expandNodeList(list)
  const counts = slotCounts(environment)
  if (counts !== undefined && counts.length < names.length) {
    const reason = `it counts ${counts.length} nodes where SLURM_JOB_NODELIST ${quote(list)} has ${names.length}`
    throw schedulerError('SLURM_TASKS_PER_NODE', reason)
  }
  return mergeNodes(names.map((name, index) => scheduledNode(name, counts?.[index] ?? 1, 'SLURM_JOB_NODELIST')))
}

function slotCounts(environment: Environment): number[] | undefined {
  const tasks = environment['SLURM_TASKS_PER_NODE']
  if (tasks) return expandCounts(tasks, 'SLURM_TASKS_PER_NODE')
  const cpus = environment['SLURM_JOB_CPUS_PER_NODE']
  if (!cpus) return undefined
  const cpusPerTask = parseCount(environment['SLURM_CPUS_PER_TASK'] ?? '1') ?? 1
  return expandCounts(cpus, 'SLURM_JOB_CPUS_PER_NODE').map((count) => Math.max(1, Math.floor(count / cpusPerTask)))
}

/** `2(x3),1` as [2, 2, 2, 1]. */
export function expandCounts(text: string, variable: string): number[] {
  const counts: number[] = []
  for (const item of text.split(',')) {
    const match = /^([0-9]+)(?:\(x([0-9]+)\))?$/.exec(item.trim())
    const count = parseCount(match?.[1] ?? '')
    const times = parseCount(match?.[2] ?? '1')
    if (count === undefined || times === undefined || counts.length + times > MAX_NODES) {
      throw schedulerError(variable, `${quote(item)} in ${quote(text)} is not a count such as 2 or 2(x3)`)
    }
    for (let time = 0; time < times; time++) counts.push(count)
  }
  return counts
}

/** `r[1-2]n[01-03],x_9` as r1n01, r1n02, … x_9: any number of bracket groups in a name; zeros in front keep their width. */
export function expandNodeList(text: string): string[] {
  const names: string[] = []
  for (const item of splitOutsideBrackets(text)) {
    let partial = ['']
    for (const part of item.split(/(\[[^\]]*\])/)) {
      if (part === '') continue
      const choices = part.startsWith('[') ? expandRanges(part, text) : [part]
      if (names.length + partial.length * choices.length > MAX_NODES) throw nodeListError(text, item, 'too many nodes')
      partial = partial.flatMap((prefix) => choices.map((choice) => prefix + choice))
    }
    for (const name of partial) names.push(name)
  }
  return names
}

function splitOutsideBrackets(text: string): string[] {
  const items = text.match(/(?:[^,[]|\[[^\]]*\]?)+/g) ?? []
  const trimmed = items.map((item) => item.trim()).filter((item) => item !== '')
  const open = trimmed.find((item) => item.lastIndexOf('[') > item.lastIndexOf(']'))
  if (open !== undefined) throw nodeListError(text, open, 'a bracket is not closed')
  if (trimmed.length === 0) throw nodeListError(text, text, 'no node in it')
  return trimmed
}

/** `[01-03,7]` as 01, 02, 03, 7. */
function expandRanges(group: string, text: string): string[] {
  return group
    .slice(1, -1)
    .split(',')
    .flatMap((range) => {
      const match = /^\s*([0-9]{1,15})(?:-([0-9]{1,15}))?\s*$/.exec(range)
      const first = match?.[1]
      if (first === undefined)
        throw nodeListError(text, group, `${quote(range)} is not a number or a range such as 01-04`)
      const [low, high] = [Number(first), Number(match?.[2] ?? first)]
      if (high < low || high - low >= MAX_NODES)
        throw nodeListError(text, group, `${quote(range)} is not a range of nodes`)
      return Array.from({ length: high - low + 1 }, (_, offset) => String(low + offset).padStart(first.length, '0'))
    })
}

function nodeListError(text: string, where: string, reason: string): Error {
  return schedulerError(`SLURM_JOB_NODELIST ${quote(text)}`, `${reason} (at ${quote(where)})`)
}
