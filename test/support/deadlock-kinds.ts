/** Kinds of test/fixtures/multi-node/deadlock-kinds.js, with the call that each rank names. */
export const DEADLOCK_KINDS: Readonly<Record<string, readonly [RegExp, RegExp, RegExp]>> = {
  flood: inRing(/send\(dest = NEXT, tag = 1\)/),
  'one large message': inRing(/send\(dest = NEXT, tag = 1\)/),
  'waiting for large isends': inRing(/isend\(dest = NEXT, tag = 1\)/),
  'ssend in a ring': inRing(/ssend\(dest = NEXT, tag = 1\)/),
  'ssend of a lent view': inRing(/ssend\(dest = NEXT, tag = 1\)/),
  probe: inRing(/probe\(source = BEFORE, tag = 1\)/),
  mprobe: inRing(/mprobe\(source = ANY_SOURCE, tag = 1\)/),
  recvInto: inRing(/recvInto\(source = BEFORE, tag = 1\)/),
  sendrecv: inRing(/sendrecv\(.*source = BEFORE/),
  waitAny: inRing(/waitAny\(\[irecv\(source = BEFORE, tag = 1\), irecv\(source = NEXT, tag = 2\)\]\)/),
  waitSome: inRing(/waitSome\(\[irecv\(source = BEFORE, tag = 1\), issend\(dest = NEXT, tag = 3\)\]\)/),
  messages: inRing(/messages\(.*tag = 1\)/),
  'sub-communicators': [/barrier.* pair 0/, /barrier.* pair 1/, /barrier.* pair 2/],
  'a split that one does not call': [/split/, /split/, /recv\(source = 0, tag = 1\)/],
  'an alltoall that one does not call': [/alltoallInto/, /alltoallInto/, /recv\(source = 0, tag = 1\)/],
  'a scatter whose root does not call it': [/scatter/, /scatter/, /recv\(source = 0, tag = 1\)/],
  'a lock whose holder waits': [
    /Window\.lock\(rank = 0\) of a window of COMM_WORLD/,
    /recv\(source = 0, tag = 1\)/,
    /Window\.lock\(rank = 0\) of a window of COMM_WORLD/,
  ],
  'locks in a ring': inRing(/Window\.lock\(rank = NEXT\) of a window of COMM_WORLD/),
  'awaited locks in a ring': inRing(/Window\.i?lock\(rank = NEXT\) of a window of COMM_WORLD/),
  'a fence that one does not call': [/recv\(source = 1, tag = 1\)/, /barrier/, /barrier/],
  'one that awaits': [/irecv\(source = 2, tag = 1\)/, /probe\(source = 0, tag = 1\)/, /ssend\(dest = 1, tag = 1\)/],
}

/** The same call on each of three ranks, with its neighbours. */
function inRing(call: RegExp): [RegExp, RegExp, RegExp] {
  const of = (rank: number): RegExp =>
    new RegExp(call.source.replace('NEXT', String((rank + 1) % 3)).replace('BEFORE', String((rank + 2) % 3)))
  return [of(0), of(1), of(2)]
}

/** What is wrong with the output of deadlock-kinds.js; undefined: nothing. */
export function wrongInDeadlock(kind: string, stdout: string): string | undefined {
  const lines = stdout.trimEnd().split('\n').toSorted()
  const expected = DEADLOCK_KINDS[kind] ?? []
  const holds =
    lines.length === expected.length && expected.every((call, rank) => isReport(lines[rank] ?? '', rank, call))
  return holds ? undefined : `${lines.join('\n')}\ninstead of ${expected.map(String).join(', ')}`
}

function isReport(line: string, rank: number, call: RegExp): boolean {
  const [, what] = new RegExp(`^${rank}: ERR_DEADLOCK (.*): deadlock, all ranks wait for each other`).exec(line) ?? []
  return what !== undefined && call.test(what)
}
