// Usage: mpirun-ts -np 2 p2p.mjs MODE [SIZES]. Prints "KEY<tab>VALUE" for each size in bytes; p2p_mpi4py.py and p2p.c do the same.
import { MPI } from 'mpirun-ts'
import { say, secondsOfFirstCalls, secondsPerCall, windowOf } from './timing.mjs'

const comm = MPI.COMM_WORLD
const isFirst = comm.rank === 0
const peer = 1 - comm.rank
const [mode, list = ''] = process.argv.slice(2)
const sizes = list.split(',').map(Number)
const makers = { plain: (n) => new Uint8Array(n), alloc: (n) => MPI.alloc(Uint8Array, n) }

/** A ping-pong. */
function roundTrip(send, receive) {
  if (!isFirst) {
    return () => {
      receive()
      send()
    }
  }
  return () => {
    send()
    receive()
  }
}

function roundTripOfViews(make, size) {
  const [out, into] = [make(size).fill(1), make(size)]
  return roundTrip(
    () => comm.send(out, peer),
    () => comm.recvInto(into, peer),
  )
}

function roundTripOfValue(value) {
  return roundTrip(
    () => comm.send(value, peer),
    () => comm.recv(peer),
  )
}

/** One way of a ping-pong, µs. */
function latency(key, step, bytes) {
  say(key, (secondsPerCall(comm, step, bytes) / 2) * 1e6)
}

function latencyOfViews(make) {
  for (const size of sizes) latency(size, roundTripOfViews(make, size), size)
}

/** Messages in a second, one way, with an answer for each window. */
function rate(size, make, sendWindow, receiveWindow) {
  const window = windowOf(size)
  const buffers = Array.from({ length: window }, () => make(size))
  const answer = new Uint8Array(1)
  const step = isFirst
    ? () => {
        sendWindow(buffers)
        comm.recvInto(answer, peer)
      }
    : () => {
        receiveWindow(buffers)
        comm.send(answer, peer)
      }
  return window / secondsPerCall(comm, step, size)
}

const isends = (views) => MPI.waitAll(views.map((view) => comm.isend(view, peer)))
const irecvs = (views) => MPI.waitAll(views.map((view) => comm.irecvInto(view, peer)))
const sends = (views) => {
  for (const view of views) comm.send(view, peer)
}
const recvs = (views) => {
  for (const view of views) comm.recvInto(view, peer)
}

function bandwidth(make) {
  for (const size of sizes) say(size, (size * rate(size, make, isends, irecvs)) / 1e6)
}

/** As roundTripOfViews, by requests that are made once. */
function roundTripOfRequests(size) {
  const [out, into] = [new Uint8Array(size).fill(1), new Uint8Array(size)]
  const [send, receive] = [comm.sendInit(out, peer), comm.recvInit(into, peer)]
  return roundTrip(
    () => send.start().wait(),
    () => receive.start().wait(),
  )
}

const modes = {
  persistent() {
    for (const size of sizes) latency(size, roundTripOfRequests(size), size)
  },
  plain: () => latencyOfViews(makers.plain),
  alloc: () => latencyOfViews(makers.alloc),
  objects() {
    const records = Array.from({ length: 1000 }, (_, i) => ({ id: i, name: `record ${i}`, value: i / 7 }))
    latency('small object', roundTripOfValue({ a: 7, b: 3.14 }))
    latency('list of 1000 records', roundTripOfValue(records))
  },
  cold() {
    const steps = { '8 B': roundTripOfViews(makers.plain, 8), 'small object': roundTripOfValue({ a: 7, b: 3.14 }) }
    for (const [what, step] of Object.entries(steps)) {
      const [first, ten, thousand] = secondsOfFirstCalls(comm, step).map((seconds) => seconds * 1e6)
      say(`${what}, the first`, first)
      say(`${what}, the next 10`, ten)
      say(`${what}, the next 1000`, thousand)
    }
  },
  'bandwidth-plain': () => bandwidth(makers.plain),
  'bandwidth-alloc': () => bandwidth(makers.alloc),
  stream() {
    say('isend, irecvInto', rate(8, makers.plain, isends, irecvs))
    say('send, recvInto', rate(8, makers.plain, sends, recvs))
  },
}
modes[mode]()
