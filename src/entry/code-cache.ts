import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** What V8 has compiled, kept from one start to the next (docs/decisions/0029-code-cache-where-used.md). Nothing here ever throws. */
export interface CodeCache {
  /** What V8 of this very Node has kept of the program `name`. */
  read(name: string): Uint8Array | undefined
  keep(name: string, compiled: Uint8Array): void
}

/** Caches of so many programs, Nodes, machines and flags lie side by side; the oldest make room. */
const MOST_FILES = 40
const NOTHING_KEPT: CodeCache = { read: () => undefined, keep: () => undefined }
const OTHERS_MAY_WRITE = 0o022
const STICKY = 0o1000

/** For programs in `folder` that were built as `build`. Caches lie beside them where they are this user's, else in the user's own folder for caches. */
export function openCodeCache(folder: string, build: string, user: number | undefined = process.getuid?.()): CodeCache {
  // Without users and owners nobody can say whose a file is.
  if (user === undefined) return NOTHING_KEPT
  // Whoever may not even see Node's executable (--permission) keeps nothing.
  const id = quietly(() => identity(build))
  if (id === undefined) return NOTHING_KEPT
  const folders = [join(folder, 'cache'), userFolder()].filter((each) => each !== undefined)
  const fileName = (name: string): string => `${name}-${process.version}-${fingerprint(id)}.cache`
  return {
    read(name) {
      for (const each of folders) {
        const bytes = quietly(() => readOwn(join(each, fileName(name)), id, user))
        if (bytes !== undefined) return bytes
      }
      return undefined
    },
    keep(name, compiled) {
      folders.some((each) => quietly(() => writeOwn(each, fileName(name), id, compiled, user)) === true)
    },
  }
}

/**
 * All that compiled code depends on. V8 itself compares its version and its flags; builds of one version differ all the same (its built-in functions lie
 * elsewhere), and what it takes wrongly ends in SIGSEGV. The executable tells them apart.
 */
function identity(build: string): string {
  const { size, mtimeMs } = statSync(process.execPath)
  const { versions, arch, platform, execArgv, env } = process
  const flags = [...execArgv, env['NODE_OPTIONS'] ?? '']
  return JSON.stringify([build, process.version, versions.v8, platform, arch, size, mtimeMs, processor(), flags])
}

/** Which instructions the processor has, in one small file where Linux has it. */
function processor(): string {
  return quietly(() => readFileSync('/sys/devices/system/cpu/modalias', 'latin1').trim()) ?? ''
}

function userFolder(): string | undefined {
  const { XDG_CACHE_HOME: chosen } = process.env
  if (chosen?.startsWith('/') === true) return join(chosen, 'mpirun-ts')
  const home = quietly(homedir)
  return home?.startsWith('/') === true ? join(home, '.cache', 'mpirun-ts') : undefined
}

/** What writeOwn() has written; undefined for what anybody else may have, or for another Node. */
function readOwn(path: string, id: string, user: number): Uint8Array | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile() || !isSafe(stats, user) || !isSafeFolder(dirname(path), user)) return undefined
    const bytes = readFileSync(file)
    const head = Buffer.from(`${id}\n`)
    return bytes.subarray(0, head.length).equals(head) ? bytes.subarray(head.length) : undefined
  } finally {
    closeSync(file)
  }
}

/** In one step, so that nobody reads a half of it. True: it is written. */
function writeOwn(folder: string, fileName: string, id: string, compiled: Uint8Array, user: number): boolean {
  if (!isSafeFolder(nearestFolder(folder), user)) return false
  makeFolder(folder)
  if (!isSafeFolder(folder, user)) return false
  const draft = join(folder, `${fileName}.${process.pid}`)
  try {
    writeFileSync(draft, Buffer.concat([Buffer.from(`${id}\n`), compiled]), { flag: 'wx', mode: 0o644 })
    renameSync(draft, join(folder, fileName))
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
  makeRoom(folder)
  return true
}

function makeRoom(folder: string): void {
  const files = readdirSync(folder).map((name) => join(folder, name))
  const byAge = files
    .map((path) => ({ path, ms: lstatSync(path).mtimeMs }))
    .toSorted((left, right) => right.ms - left.ms)
  for (const { path } of byAge.slice(MOST_FILES)) rmSync(path, { force: true })
}

/** One after the other: Node's `recursive` never ends where the system does not say why there is no folder (/proc). */
function makeFolder(folder: string): void {
  if (nearestFolder(folder) === folder) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o755 })
}

/** The folder itself, or the nearest one above it that exists. */
function nearestFolder(folder: string): string {
  return quietly(() => statSync(folder)) === undefined && dirname(folder) !== folder
    ? nearestFolder(dirname(folder))
    : folder
}

/** Whether nobody but this user and root can put another file into its place: neither here nor on the way from the root. */
function isSafeFolder(folder: string, user: number): boolean {
  const path = realpathSync.native(folder)
  if (!isSafe(lstatSync(path), user)) return false
  for (let above = dirname(path); ; above = dirname(above)) {
    const stats = lstatSync(above)
    // In a sticky folder (/tmp) others cannot rename what is this user's.
    if (!isSafe(stats, user) && !((stats.mode & STICKY) !== 0 && stats.uid === 0)) return false
    if (dirname(above) === above) return true
  }
}

function isSafe({ uid, mode }: Stats, user: number): boolean {
  return (uid === user || uid === 0) && (mode & OTHERS_MAY_WRITE) === 0
}

/** FNV-1a, 32 bits, twice: a short name; what decides is the identity within the file. */
function fingerprint(text: string): string {
  let [left, right] = [0x811c9dc5, 0x01000193]
  for (let index = 0; index < text.length; index++) {
    left = Math.imul(left ^ text.charCodeAt(index), 0x01000193)
    right = Math.imul(right ^ text.charCodeAt(text.length - 1 - index), 0x01000193)
  }
  return [left, right].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

function quietly<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
