/** Stand-ins for what a rank's threads do not have: a module may import them, only using them is a mistake. */
export function threadPackage(): Record<string, unknown> {
  const missing = (name: string): object =>
    new Proxy(() => undefined, {
      get: (_target, member) => {
        // Asked by whoever prints or awaits it.
        if (typeof member === 'symbol' || member === 'then') return undefined
        throw new Error(`${name}.${member}: a pool's thread is no rank; send messages from the program, or use ranks`)
      },
    })
  return { MPI: missing('MPI'), MPIError: class MPIError extends Error {}, Status: class Status {} }
}
