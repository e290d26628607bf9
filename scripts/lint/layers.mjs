// Who may import whom: the table that lint checks, types included (layers-plugin.mjs). docs/architecture.md#layers explains it.

/** Folder of src/, or file there → the folders that it may import beside itself. Nothing points up. */
const FOLDERS = {
  base: [],
  wire: ['base'],
  shm: ['base', 'wire'],
  transport: ['base', 'wire'],
  placement: ['base'],
  mpi: ['base', 'wire'],
  pool: ['base', 'wire', 'shm', 'mpi'],
  pi: ['base'],
  rank: ['base', 'wire', 'shm', 'mpi'],
  agent: ['base', 'wire', 'shm', 'transport'],
  launch: ['base', 'wire', 'transport', 'agent'],
  coordinator: ['base', 'wire', 'transport', 'placement', 'launch'],
  cli: ['base', 'wire', 'placement', 'coordinator'],
  'index.ts': ['mpi', 'pool'],
  entry: ['base', 'wire', 'transport', 'mpi', 'pool', 'pi', 'rank', 'agent', 'launch', 'cli'],
}

/** Rooms of a folder from the ground up: each may import those before it, and a folder's other files all of them. */
const ROOMS = {
  mpi: [
    'terms',
    'datatypes',
    'requests',
    'groups',
    'link',
    'operations',
    'matching',
    'losses',
    'sending',
    'engine',
    'point-to-point',
    'api',
    'collectives/call',
    'collectives/in-memory/area',
    'collectives/in-memory/combining',
    'collectives/in-memory',
    'collectives/by-messages',
    'collectives/parallel',
    // A folder for each operation.
    'collectives',
    'windows',
    'communicators',
  ],
}

/** Package → folders and files that may import it. Other packages are for nobody, modules of Node that are not named here for all. */
const PACKAGES = {
  ws: ['transport'],
  asn1js: ['transport'],
  msgpackr: ['wire'],
  pino: ['entry'],
  esbuild: ['cli'],
  'cli-progress': ['pool'],
  'node:child_process': ['launch', 'agent/child-guard.ts', 'entry'],
  'node:worker_threads': ['rank', 'agent', 'pool', 'entry'],
}

export const folders = Object.keys(FOLDERS)

/** What forbids a file to import another one, as a sentence; null: nothing. Both are paths below src/. */
export function wrongImport(from, to) {
  const [fromFolder, toFolder] = [topOf(from), topOf(to)]
  if (fromFolder !== toFolder) {
    return FOLDERS[fromFolder]?.includes(toFolder) ? null : `src/${fromFolder} may not import src/${toFolder}`
  }
  const rooms = ROOMS[fromFolder]
  if (rooms === undefined) return null
  const [fromRoom, toRoom] = [roomOf(rooms, fromFolder, from), roomOf(rooms, fromFolder, to)]
  return toRoom <= fromRoom
    ? null
    : `src/${fromFolder}/${rooms[fromRoom]} may not import ${rooms[toRoom] ?? 'what is above it'}`
}

/** What forbids a file below src/ to import a package or module of Node, as a sentence; null: nothing. */
export function wrongPackage(from, specifier) {
  const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0]
  const places = PACKAGES[name]
  if (places === undefined) return specifier.startsWith('node:') ? null : `nobody may import ${name}`
  if (places.some((place) => from === place || from.startsWith(`${place}/`))) return null
  return `${name} is for ${places.map((place) => `src/${place}`).join(', ')}`
}

function topOf(path) {
  return path.split('/')[0]
}

/** Number of the room of a file: of several that it is in, the innermost one. */
function roomOf(rooms, folder, path) {
  const inside = path.slice(folder.length + 1)
  const [innermost] = rooms
    .filter((room) => inside.startsWith(`${room}/`))
    .sort((one, other) => other.length - one.length)
  return innermost === undefined ? rooms.length : rooms.indexOf(innermost)
}
