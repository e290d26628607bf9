import { parseCount } from '../../placement/host-name.ts'
import type { MapBy } from '../../placement/rooms.ts'
import { textValue, valueError } from './values.ts'

/** What --map-by sets. */
export interface MapByValue {
  readonly mapBy: MapBy
  readonly perNode?: number
  readonly slotsPerRank?: number
  readonly oversubscribe?: boolean
  readonly noLocal?: boolean
  readonly displayMap?: boolean
  readonly dryRun?: boolean
  /** `file=` of seq and rankfile. */
  readonly file?: string
  readonly isRankfile?: boolean
  /** What was asked for and cannot be had, a sentence each. */
  readonly warnings: readonly string[]
}

/** Parts of a node, which are not known of other machines: their ranks are those of its slots. */
const PARTS = new Set(
  'core hwthread socket package numa l1cache l2cache l3cache cache board machine dist mindist skt cpu'.split(' '),
)
/** Words that only say how ranks are bound, or what processors are counted. */
const OF_BINDING = /^(hwtcpus|corecpus|inherit|noinherit|ordered|span|\d+|pe-list=.*|qfile=.*|[a-z0-9]+_[0-9]+)$/

/**
 * `slot`, `node`, `seq`, `ppr:N:node`, and what Open MPI and Hydra have beside: parts of a node (core, socket, numa …: they fill its slots, with
 * `:span` they are spread over all nodes alike), `rankfile`, and modifiers `:oversubscribe`, `:nooversubscribe`, `:nolocal`, `:pe=N`, `:file=F`.
 */
export function mapByValue(option: string, text: string): MapByValue {
  const words = text.split(':')
  const policy = (words.shift() ?? '').toLowerCase().trim()
  const value = policy === 'ppr' ? pprValue(option, text, words.splice(0, 2)) : policyValue(option, text, policy)
  if (policy === '' && words.length === 0) throw mapByError(option, text)
  return words
    .flatMap((word) => (policy.endsWith('dist') ? [] : word.split(',')))
    .reduce((before, word) => withModifier(before, option, text, policy, word.trim()), value)
}

/** `2:node`; several of --ppr are separated by commas, and the one of nodes counts. */
export function pprValue(option: string, text: string, [count = '', unit = '']: readonly string[]): MapByValue {
  const perNode = parseCount(count.trim())
  const part = unit.trim().toLowerCase()
  if (perNode === undefined || (part !== 'node' && !PARTS.has(part))) throw mapByError(option, text)
  if (part === 'node') return { mapBy: 'slot', perNode, warnings: [] }
  const reason = `${option} ${text}: how many of "${part}" a node has is not known here, so its slots are filled.`
  return { mapBy: 'slot', warnings: [reason] }
}

function policyValue(option: string, text: string, policy: string): MapByValue {
  if (policy === 'slot' || policy === 'node' || policy === 'seq') return { mapBy: policy, warnings: [] }
  if (policy === 'rankfile' || policy === 'rank_file') return { mapBy: 'seq', isRankfile: true, warnings: [] }
  if (policy === '' || PARTS.has(policy)) return { mapBy: 'slot', warnings: [] }
  throw mapByError(option, text)
}

function withModifier(before: MapByValue, option: string, text: string, policy: string, word: string): MapByValue {
  const lower = word.toLowerCase()
  const [key, value] = [lower.split('=', 1)[0], word.slice(word.indexOf('=') + 1)]
  if (lower === 'oversubscribe') return { ...before, oversubscribe: true }
  if (lower === 'nooversubscribe') return { ...before, oversubscribe: false }
  if (lower === 'nolocal') return { ...before, noLocal: true }
  if (lower === 'display') return { ...before, displayMap: true }
  if (lower === 'donotlaunch') return { ...before, dryRun: true }
  if (lower === 'span' && PARTS.has(policy)) return { ...before, mapBy: 'span' }
  if (key === 'pe' && lower.includes('=')) {
    const slotsPerRank = parseCount(value)
    if (slotsPerRank === undefined) throw valueError(option, text, `${word} must give a whole number, such as pe=2`)
    return { ...before, slotsPerRank }
  }
  if (key === 'file' && lower.includes('=')) return { ...before, file: textValue(option, value) }
  if (OF_BINDING.test(lower)) return before
  throw mapByError(option, text)
}

/** `slot` and parts of a node give neighbouring ranks to a node, `node` deals them out; `:span` and `:fill` change nothing between nodes. */
export function rankByValue(option: string, text: string): 'slot' | 'node' {
  const [policy = ''] = text.toLowerCase().split(':')
  if (policy === 'node') return 'node'
  if (policy === 'slot' || policy === 'fill' || policy === 'span' || PARTS.has(policy)) return 'slot'
  throw valueError(option, text, 'it must be slot, node, fill, span or a part of a node such as core')
}

function mapByError(option: string, text: string): Error {
  return valueError(option, text, 'it must be slot, node, seq or ppr:N:node, such as ppr:2:node')
}
