import { createServer, type Server, type Socket } from 'node:net'
import { MpirunError } from '../base/errors.ts'

/** Ports from `first` to `last`, both of them included. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

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
  ports: PortRange | undefined,
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

function candidates(ports: PortRange | undefined): number[] {
  if (ports === undefined) return Array.from({ length: MOST_TRIES }, () => 0)
  const count = ports.last - ports.first + 1
  const offset = Math.floor(Math.random() * count)
  return Array.from({ length: count }, (_, index) => ports.first + ((offset + index) % count))
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

function cannotListen(addresses: readonly string[], ports: PortRange | undefined, cause: unknown): MpirunError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  if (ports !== undefined && (isCode(cause, 'EADDRINUSE') || isCode(cause, 'EACCES'))) {
    const range = `${ports.first}-${ports.last}`
    const message = `Cannot listen: no port of --port-range ${range} is free here (${reason}). Every node needs one for itself, and this machine another one; give a wider range.`
    return new MpirunError('ERR_LAUNCH', message, { cause })
  }
  const where = addresses.length === 0 ? 'any address' : addresses.join(', ')
  const message = `Cannot listen on ${where} (${reason}). Choose an address of this machine with --interface.`
  return new MpirunError('ERR_LAUNCH', message, { cause })
}
