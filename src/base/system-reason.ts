/** Why the system refused something, in plain words, by its error codes. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'it is there already and is not a folder',
  EFBIG: 'the file would be larger than the limit (ulimit -f)',
  EIO: 'the disk or the network file system failed',
  EISDIR: 'it is a folder',
  ELOOP: 'it leads through too many symbolic links',
  EMFILE: 'this process may not open more files (ulimit -n)',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'the system has too many open files',
  ENODEV: 'there is no such device',
  ENOENT: 'there is no such file or folder',
  ENOMEM: 'there is not enough memory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENXIO: 'nobody reads it',
  EPERM: 'it is not permitted',
  EPIPE: 'its reader has gone away',
  EROFS: 'the file system is read-only',
  ESTALE: 'the network file system has lost it',
  ETXTBSY: 'it is a program that is running',
}

/** Code of an error of node:fs and its like, such as ENOENT; '' of anything else. */
export function systemCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}

/** The reason as a clause for the middle of a sentence, such as `permission denied (EACCES)`. Without the path, which the sentence has. */
export function systemReason(thrown: unknown): string {
  const code = systemCode(thrown)
  const words = REASONS[code]
  if (words !== undefined) return `${words} (${code})`
  return thrown instanceof Error ? thrown.message : String(thrown)
}
