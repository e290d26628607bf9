import { parseCount, quote } from './host-name.ts'
import { mergeNodes, scheduledNode, schedulerError } from './node-table.ts'
import type { Allocation, Node, NodeTable } from './placement.ts'
import { withProcessors } from './processors.ts'

/** More nodes than this in one list are taken for a mistake (`n[1-99999999]`). */
const MAX_NODES = 100_000
const MAX_GROUPS = 1000

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Nodes of a Slurm job from its environment, or `undefined` outside of one: SLURM_JOB_NODELIST (else SLURM_NODELIST), with slots
 * from SLURM_TASKS_PER_NODE, else SLURM_JOB_CPUS_PER_NODE over SLURM_CPUS_PER_TASK, else one on each. A heterogeneous job
 * (SLURM_HET_SIZE, before Slurm 20.02 SLURM_PACK_SIZE) has these variables for each of its groups. A step that is smaller than its job has its own.
 * Throws ERR_HOSTFILE (exit status 2). Source: https://slurm.schedmd.com/sbatch.html, output environment variables, and
 * https://slurm.schedmd.com/heterogeneous_jobs.html.
 */
export function parseSlurm(environment: Environment): NodeTable | undefined {
  const suffixes = groupSuffixes(environment)
  if (suffixes.length > 0) return mergeNodes(suffixes.flatMap((suffix) => groupNodes(environment, suffix)))
  const nodes = stepNodes(environment) ?? groupNodes(environment, '')
  return nodes.length === 0 ? undefined : mergeNodes(nodes)
}

/**
 * The nodes of a Slurm job with their processors, as nodesOfPbs() has those of PBS: where each node has one task (or tasks have several processors,
 * SLURM_CPUS_PER_TASK), a given number of ranks may use SLURM_JOB_CPUS_PER_NODE, else SLURM_CPUS_ON_NODE. Without one, a job of a single node in
 * which nobody has counted tasks (SLURM_NTASKS) gets a rank for each processor, any other one a rank for each task and, where that is one on each
 * node, a note.
 */
export function nodesOfSlurm(
  environment: Environment,
  isCounted: boolean,
): (NodeTable & Pick<Allocation, 'notes'>) | undefined {
  const table = parseSlurm(environment)
  if (table === undefined || stepNodes(environment) !== undefined) return table
  const cpus = processors(environment)
  const cpusOf = ({ name, slots }: Node): number => cpus.get(name) ?? slots
  const isOneEach = table.nodes.every(({ slots }) => slots === 1)
  const perTask = parseCount(environment['SLURM_CPUS_PER_TASK'] ?? '') ?? 1
  if (!isOneEach) return isCounted && perTask > 1 ? withProcessors(table, cpusOf, 'given') : table
  const count = table.nodes.length
  if (isCounted || environment['SLURM_NTASKS_PER_NODE']) return withProcessors(table, cpusOf, 'given')
  if (count === 1 && !environment['SLURM_NTASKS']) return withProcessors(table, cpusOf, 'all')
  const all = table.nodes.reduce((sum, node) => sum + cpusOf(node), 0)
  const most = Math.max(...table.nodes.map(cpusOf))
  const note =
    `The Slurm job has ${all} processors on ${count} ${count === 1 ? 'node' : 'nodes'} and one task on each: ${count} ${count === 1 ? 'rank is' : 'ranks are'} ` +
    `started. For more write -np ${all}, or ask for --ntasks-per-node=${most}.`
  return withProcessors(table, cpusOf, note)
}

/** Processors of each node; none where nothing tells. What cannot be read tells nothing. */
function processors(environment: Environment): Map<string, number> {
  const found = new Map<string, number>()
  const suffixes = groupSuffixes(environment)
  for (const suffix of suffixes.length > 0 ? suffixes : ['']) {
    const counts = countsOf(environment[`SLURM_JOB_CPUS_PER_NODE${suffix}`])
    const onEach = suffix === '' ? parseCount(environment['SLURM_CPUS_ON_NODE'] ?? '') : undefined
    for (const [index, name] of expandNodeList(listOf(environment, suffix) ?? '').entries()) {
      const count = counts === undefined ? onEach : counts[index]
      if (count !== undefined) found.set(name, (found.get(name) ?? 0) + count)
    }
  }
  return found
}

function countsOf(text: string | undefined): number[] | undefined {
  return text !== undefined && /^\d+(\(x\d+\))?(,\d+(\(x\d+\))?)*$/.test(text)
    ? expandCounts(text, 'SLURM_JOB_CPUS_PER_NODE')
    : undefined
}

/** The nodes of each group of a heterogeneous job, in the order of the groups; none where there is one job. Throws ERR_HOSTFILE. */
export function slurmGroups(environment: Environment): string[][] {
  return groupSuffixes(environment).map((suffix) => expandNodeList(listOf(environment, suffix) ?? ''))
}

/** What the variables of each group end in; none where the job is not heterogeneous. */
function groupSuffixes(environment: Environment): string[] {
  for (const [name, word] of [['SLURM_HET_SIZE', 'HET'] as const, ['SLURM_PACK_SIZE', 'PACK'] as const]) {
    const size = parseCount(environment[name] ?? '') ?? 0
    if (size > MAX_GROUPS) throw schedulerError(name, `${size} groups are more than ${MAX_GROUPS}`)
    const suffixes = Array.from({ length: size }, (_, group) => `_${word}_GROUP_${group}`)
    const missing = suffixes.find((suffix) => listOf(environment, suffix) === undefined)
    if (missing !== undefined && size > 1) {
      throw schedulerError(
        `SLURM_JOB_NODELIST${missing}`,
        `${name} says that there are ${size} groups, but it is not set`,
      )
    }
    if (size > 1) return suffixes
  }
  return []
}

/** The nodes of one group (or of a job without groups); none where there is no list of them. */
function groupNodes(environment: Environment, suffix: string): Node[] {
  const variable = `SLURM_JOB_NODELIST${suffix}`
  const list = listOf(environment, suffix)
  if (list === undefined) return []
  const names = expandNodeList(list)
  const counts = slotCounts(environment, suffix)
  if (counts !== undefined && counts.length < names.length) {
    const reason = `it counts ${counts.length} nodes where ${variable} ${quote(list)} has ${names.length}`
    throw schedulerError(`SLURM_TASKS_PER_NODE${suffix}`, reason)
  }
  return names.map((name, index) => scheduledNode(name, counts?.[index] ?? 1, variable))
}

/** Within `srun -N1` of a larger job SLURM_TASKS_PER_NODE is the step's, SLURM_JOB_NODELIST still the job's. */
function stepNodes(environment: Environment): Node[] | undefined {
  const list = environment['SLURM_STEP_NODELIST']
  const tasks = environment['SLURM_STEP_TASKS_PER_NODE']
  const ofJob = listOf(environment, '')
  if (!list || !tasks || ofJob === undefined || tasks !== environment['SLURM_TASKS_PER_NODE']) return undefined
  const names = expandNodeList(list)
  if (names.length >= expandNodeList(ofJob).length) return undefined
  const counts = expandCounts(tasks, 'SLURM_STEP_TASKS_PER_NODE')
  return names.map((name, index) => scheduledNode(name, counts[index] ?? 1, 'SLURM_STEP_NODELIST'))
}

function listOf(environment: Environment, suffix: string): string | undefined {
  return environment[`SLURM_JOB_NODELIST${suffix}`] || environment[`SLURM_NODELIST${suffix}`] || undefined
}

function slotCounts(environment: Environment, suffix: string): number[] | undefined {
  const tasks = environment[`SLURM_TASKS_PER_NODE${suffix}`]
  if (tasks) return expandCounts(tasks, `SLURM_TASKS_PER_NODE${suffix}`)
  const variable = `SLURM_JOB_CPUS_PER_NODE${suffix}`
  const cpus = environment[variable]
  if (!cpus) return undefined
  const cpusPerTask = parseCount(environment[`SLURM_CPUS_PER_TASK${suffix}`] ?? '1') ?? 1
  return expandCounts(cpus, variable).map((count) => Math.max(1, Math.floor(count / cpusPerTask)))
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
