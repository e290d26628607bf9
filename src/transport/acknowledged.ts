import { readFileSync, readlinkSync } from 'node:fs'
import type { Socket } from 'node:net'

/*
 * A process that is stopped (Ctrl-Z, SIGSTOP, a suspended job, a debugger) says nothing, but the system of its machine goes on
 * acknowledging what arrives for it. A machine without power, or behind a cut cable, does not. Linux tells of each connection what is
 * not acknowledged yet: proc(5), /proc/net/tcp.
 */

/** Values of the column `tr`: which timer of a connection runs. */
const ZERO_WINDOW_TIMER = 4

/**
 * Whether the system at the other end acknowledges what this side has sent; undefined where this system does not tell (not Linux, no
 * /proc, a socket that is closed or of another kind). Takes about a millisecond: it is for a side that says nothing itself.
 */
export function isAcknowledged(stream: Socket): boolean | undefined {
  const fd = descriptorBelow(stream)
  if (fd === undefined) return undefined
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1]
    if (inode === undefined) return undefined
    const name = stream.remoteFamily === 'IPv6' ? 'tcp6' : 'tcp'
    // An IPv4 connection of a listener for both is in tcp6.
    return (
      acknowledgedIn(readFileSync(`/proc/self/net/${name}`, 'latin1'), inode) ??
      acknowledgedIn(readFileSync(`/proc/self/net/${name === 'tcp' ? 'tcp6' : 'tcp'}`, 'latin1'), inode)
    )
  } catch {
    return undefined
  }
}

/** The same from the text of /proc/net/tcp or tcp6, for the socket of that inode. */
export function acknowledgedIn(table: string, inode: string): boolean | undefined {
  for (const row of table.split('\n')) {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
    const columns = row.trim().split(/\s+/)
    if (columns[9] !== inode) continue
    const [, , , , queues = '', timer = '', retransmits = '', , probes = ''] = columns
    // Bytes that were written to the socket and are not acknowledged, sent or not.
    if (Number.parseInt(queues, 16) === 0) return true
    // The other side's memory for the connection is full, as happens when it is stopped: then the system asks from time to time whether there is room again.
    if (Number.parseInt(timer, 16) === ZERO_WINDOW_TIMER) return Number(probes) === 0
    // On their way, and not due yet.
    return Number.parseInt(retransmits, 16) === 0
  }
  return undefined
}

/** The file descriptor of the TCP connection below a stream, encrypted or not. */
function descriptorBelow(stream: Socket): number | undefined {
  if (stream.destroyed || !('_handle' in stream)) return undefined
  // Node gives a TLS socket's handle the descriptor of the connection below it.
  const { fd } = (stream._handle ?? {}) as { readonly fd?: number }
  return fd !== undefined && fd >= 0 ? fd : undefined
}
