import type { Socket } from 'node:net'

/** Where one of two connections ends, the other does; errors of both are ends. */
export function endTogether(near: Socket, far: Socket): void {
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => undefined)
    one.on('close', () => void other.destroy())
  }
}
