import { assertNever } from '../base/assert-never.ts'
import { visibleLine, visibleText } from '../base/visible-text.ts'
import type { PlacedNode } from '../placement/placement.ts'
import { byName, listNames, saidOnce } from './said-once.ts'
import type { JobCause, NodeLost, RankLost } from '../coordinator/job-result.ts'

/** What the user is told at the end of a job that did not end well: the first cause, once. Empty: nothing needs to be said. */
export function report(cause: JobCause): string {
  switch (cause.type) {
    case 'rank':
      return `${rankSentence(cause)}\n`
    case 'allLost':
      return line('all ranks are lost; the job has ended.')
    case 'abort':
      return line(`rank ${cause.rank} on ${cause.node} called abort(${cause.status}); the job was ended.`)
    case 'launch':
      return saidOnce(cause.messages).map(line).join('')
    case 'agent':
      return line(
        `${cause.nodes.length === 1 ? 'node' : 'nodes'} ${listNames(cause.nodes.toSorted(byName))}: ${cause.message}`,
      )
    case 'nodeLost':
      return line(`${lostNode(cause)}. The job was ended.`)
    case 'unreachable':
      return line(unreachable(cause))
    case 'mismatch':
      return `mpirun-ts: ${visibleText(cause.message)}.\n`
    case 'signal':
      return line(`ended by ${cause.signal}.`)
    case 'timeout':
      return line(`the job took longer than --timeout ${cause.seconds} and was ended.`)
    case 'output':
      return cause.message === '' ? '' : line(cause.message)
    default:
      return assertNever(cause)
  }
}

/** What the user is told of a lost node or rank that the job outlives. */
export function lossNote(cause: NodeLost | RankLost): string {
  if (cause.type === 'nodeLost') return line(`${lostNode(cause)}. The job goes on without it.`)
  const { rank, node, status, failure } = cause
  const why = failure?.message ?? `it exited with status ${status}`
  // Behind the last line an error that has properties of its own would go on with a brace.
  const places = failure?.stack?.match(/^ +at .*?(?=(?: \{)?$)/gm) ?? []
  return [
    `mpirun-ts: lost rank ${rank} on ${visibleLine(node)}: ${visibleText(why)}. The job goes on without it.\n`,
    ...places.map((text) => `${visibleText(text)}\n`),
  ].join('')
}

/** What the user is told of a node that has said nothing for 10 s although its machine answers, and when it says something again. */
export function quietNote({ name, ranks: placed }: PlacedNode, isQuiet: boolean): string {
  const who = `node ${name} (${ranks(placed.map(({ rank }) => rank))})`
  return line(
    isQuiet
      ? `${who} has said nothing for 10 s, but its machine answers: its agent seems to be stopped. The job waits for it.`
      : `${who} goes on.`,
  )
}

function unreachable({ node, peer, tried }: Extract<JobCause, { type: 'unreachable' }>): string {
  return (
    `node ${node} cannot reach node ${peer}: ${tried}. The job was ended. If both are up, a firewall between them keeps them apart: ` +
    'name ports that are open there with --port-range A-B, choose another network with --interface, or send what they have for each other ' +
    'through ssh with --tunnel.'
  )
}

function lostNode({ node, ranks: lost, message }: NodeLost): string {
  return `lost node ${node} (${ranks(lost)}): ${message}`
}

/** A message of one line, whatever is in it: names and words of nodes and launching programs are not ours. */
function line(text: string): string {
  return `mpirun-ts: ${visibleLine(text)}\n`
}

function rankSentence(cause: Extract<JobCause, { type: 'rank' }>): string {
  const who = `mpirun-ts: rank ${cause.rank} on ${visibleLine(cause.node)}`
  const { failure, status } = cause
  if (failure !== undefined) return `${who} failed: ${visibleText(failure.stack ?? failure.message)}`
  if (status === 13)
    return `${who} ended with status 13, which is Node's for a top-level await that nothing is left to settle; the job was ended.`
  return `${who} exited with status ${status}; the job was ended.`
}

function ranks(list: readonly number[]): string {
  return list.length === 1 ? `rank ${list[0]}` : `ranks ${list.join(', ')}`
}
