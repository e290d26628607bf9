import { createServer, type Server, type Socket } from 'node:net'
import { ExitStatus, MpirunError } from '../base/errors.ts'
import type { PortRange } from '../base/port-range.ts'

export interface BoundServers {
  readonly port: number
  /** `report` is called when connections cannot be taken. */
  onError(report: (error: Error) => void): void
  close(): void
}

const BACKLOG = 511
/** A port that the system has chosen at one address may be taken at another one. */
const MOST_TRIES = 20

/**
 * Listens with one port at each of the addresses; without addresses at all that the machine has. `ports`: only these may be used; the search begins
 * at a random one, so that programs of a job seldom have the same.
 * @throws MpirunError ERR_LAUNCH that says why it is not possible.
 */
export async function bindServers(
  addresses: readonly string[],
  ports: readonly PortRange[] | undefined,
  onSocket: (socket: Socket) => void,
): Promise<BoundServers> {
  let lastError: unknown
  for (const wanted of candidates(ports)) {
    const servers: Server[] = []
    try {
      let port = wanted
      for (const host of addresses.length === 0 ? [undefined] : addresses) {
        const server = createServer(onSocket)
        servers.push(server)
        port = await listen(server, port, host)
      }
      return {
        port,
        onError: (report) => {
          for (const server of servers) server.on('error', report)
        },
        close: () => {
          for (const server of servers) server.close()
        },
      }
    } catch (error) {
      for (const server of servers) server.close()
      lastError = error
      // Ports below 1024 are refused to users.
      if (!isCode(error, 'EADDRINUSE') && !(ports !== undefined && isCode(error, 'EACCES'))) break
    }
  }
  throw cannotListen(addresses, ports, lastError)
}

function candidates(ranges: readonly PortRange[] | undefined): number[] {
  if (ranges === undefined) return Array.from({ length: MOST_TRIES }, () => 0)
  const all = ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
  const offset = Math.floor(Math.random() * all.length)
  return [...all.slice(offset), ...all.slice(0, offset)]
}

/** Resolves with the port. */
async function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, backlog: BACKLOG, ...(host === undefined ? {} : { host }) }, resolve)
  })
  server.removeAllListeners('error')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function cannotListen(
  addresses: readonly string[],
  ports: readonly PortRange[] | undefined,
  cause: unknown,
): MpirunError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  if (ports !== undefined && (isCode(cause, 'EADDRINUSE') || isCode(cause, 'EACCES'))) {
    const range = ports.map(({ first, last }) => `${first}-${last}`).join(',')
    const message = `Cannot listen: none of the ports ${range} is free (${reason}). A job needs one on each machine; give it more with --port-range A-B.`
    return new MpirunError('ERR_LAUNCH', message, { cause, exitStatus: ExitStatus.nodeLost })
  }
  const where = addresses.length === 0 ? 'any address' : addresses.join(', ')
  const message = `Cannot listen on ${where} (${reason}). Choose an address of this machine with --interface.`
  return new MpirunError('ERR_LAUNCH', message, { cause })
}
