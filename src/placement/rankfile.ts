import { MpirunError } from '../base/errors.ts'
import { MAX_COUNT, parseHostSpec, quote } from './host-name.ts'

/**
 * Reads Open MPI's rankfile: `rank 0=node1 slot=0:1`, a line for each rank in any order; the host may be `+n0`, the first of the allocation.
 * Which cores a rank gets is passed over: ranks are threads and are not bound. Returns the host of each rank.
 * Throws ERR_HOSTFILE (exit status 2) with file:line.
 */
export function parseRankfile(text: string, file: string): string[] {
  const hosts: string[] = []
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const code = line.replace(/(#|\/\/).*$/, '').trim()
    if (code === '') continue
    const [, rankText = '', host = ''] = /^rank\s+(\d{1,7})\s*=\s*(\S+)(?:\s+.*)?$/i.exec(code) ?? ['']
    const rank = Number(rankText)
    const where = `${file}:${index + 1}`
    if (host === '' || rank >= MAX_COUNT) throw rankfileError(where, `${quote(code)} is not like "rank 0=node1 slot=0"`)
    if (hosts[rank] !== undefined) throw rankfileError(where, `rank ${rank} has a line already. Keep one of them`)
    const spec = /^\+n\d{1,7}$/i.test(host) ? undefined : parseHostSpec(host)
    if (spec !== undefined && 'problem' in spec) throw rankfileError(where, spec.problem)
    hosts[rank] = host
  }
  const missing = Array.from(hosts).findIndex((host) => host === undefined)
  if (hosts.length === 0) throw rankfileError(file, 'it names no rank. Add a line for each, such as: rank 0=node1')
  if (missing >= 0) throw rankfileError(file, `rank ${missing} has no line, but rank ${hosts.length - 1} has. Add one`)
  return hosts
}

export function rankfileError(where: string, reason: string): MpirunError {
  return new MpirunError('ERR_HOSTFILE', `Cannot use rankfile ${where}: ${reason}.`, { exitStatus: 2 })
}
