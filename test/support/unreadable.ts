import { chmodSync, rmSync, symlinkSync } from 'node:fs'

/** Makes the file at `path` one that cannot be read: by its permissions, or for root, who may read all, by what it is. */
export function makeUnreadable(path: string): void {
  if (process.getuid?.() !== 0) {
    chmodSync(path, 0)
    return
  }
  rmSync(path)
  // A regular file whose first bytes give EIO.
  symlinkSync('/proc/self/mem', path)
}
