/** What is said of one node. */
export interface NodeMessage {
  readonly node: string
  readonly message: string
}

/** Names beyond this are counted. */
const ALL_NAMED = 4
const SOME_NAMED = 2

/** `node1`, `node1 and node2`, `node1, node2 and 6 more`. */
export function listNames(names: readonly string[]): string {
  if (names.length > ALL_NAMED) return `${names.slice(0, SOME_NAMED).join(', ')} and ${names.length - SOME_NAMED} more`
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}

/** The same message of many nodes, which differs in their names and addresses alone, is said once: of the first of them, with the list of all. */
export function saidOnce(messages: readonly NodeMessage[]): string[] {
  const alike = new Map<string, NodeMessage[]>()
  for (const each of messages) {
    const key = withoutPlaces(each)
    const known = alike.get(key)
    if (known === undefined) alike.set(key, [each])
    else known.push(each)
  }
  return [...alike.values()].map(ofAll)
}

/** n2 before n10. */
export function byName(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true })
}

function ofAll(messages: readonly NodeMessage[]): string {
  const group = messages.toSorted((left, right) => byName(left.node, right.node))
  const [first] = group
  if (first === undefined) return ''
  if (group.length === 1) return first.message
  const names = listNames(group.map(({ node }) => `"${node}"`))
  return first.message.replace(`on node "${first.node}"`, () => `on nodes ${names}`)
}

const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b|\[?\b[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}\b\]?/gi

function withoutPlaces({ node, message }: NodeMessage): string {
  const name = node.replaceAll(/[^\w]/g, String.raw`\$&`)
  return message.replace(new RegExp(`(?<![\\w.-])${name}(?![\\w-])`, 'g'), '*').replace(ADDRESS, '*')
}
