"""Point-to-point figures of mpi4py: upper-case calls on numpy buffers, lower-case calls on pickled objects.

Usage: mpirun -n 2 python3 p2p_mpi4py.py MODE [SIZES]
"""

import sys

import numpy as np
from mpi4py import MPI
from timing import say, seconds_of_first_calls, seconds_per_call, window_of

comm = MPI.COMM_WORLD
is_first = comm.rank == 0
peer = 1 - comm.rank
mode = sys.argv[1]
sizes = [int(word) for word in sys.argv[2].split(",")] if len(sys.argv) > 2 else []


def round_trip(send, receive):
    def first(_):
        send()
        receive()

    def second(_):
        receive()
        send()

    return first if is_first else second


def round_trip_of_buffers(size):
    out, into = np.ones(size, np.uint8), np.zeros(size, np.uint8)
    return round_trip(lambda: comm.Send(out, peer), lambda: comm.Recv(into, peer))


def round_trip_of_value(value):
    return round_trip(lambda: comm.send(value, peer), lambda: comm.recv(None, peer))


def latency(key, step, size=0):
    say(key, seconds_per_call(comm, step, size) / 2 * 1e6)


def rate(size, send_window, receive_window):
    window = window_of(size)
    buffers = [np.zeros(size, np.uint8) for _ in range(window)]
    answer = np.zeros(1, np.uint8)

    def first(_):
        send_window(buffers)
        comm.Recv(answer, peer)

    def second(_):
        receive_window(buffers)
        comm.Send(answer, peer)

    return window / seconds_per_call(comm, first if is_first else second, size)


def isends(buffers):
    MPI.Request.Waitall([comm.Isend(buffer, peer) for buffer in buffers])


def irecvs(buffers):
    MPI.Request.Waitall([comm.Irecv(buffer, peer) for buffer in buffers])


def sends(buffers):
    for buffer in buffers:
        comm.Send(buffer, peer)


def recvs(buffers):
    for buffer in buffers:
        comm.Recv(buffer, peer)


if mode == "plain":
    for size in sizes:
        latency(size, round_trip_of_buffers(size), size)
elif mode == "objects":
    records = [{"id": i, "name": f"record {i}", "value": i / 7} for i in range(1000)]
    latency("small object", round_trip_of_value({"a": 7, "b": 3.14}))
    latency("list of 1000 records", round_trip_of_value(records))
elif mode == "cold":
    steps = {"8 B": round_trip_of_buffers(8), "small object": round_trip_of_value({"a": 7, "b": 3.14})}
    for what, step in steps.items():
        first, ten, thousand = seconds_of_first_calls(comm, step)
        say(f"{what}, the first", first * 1e6)
        say(f"{what}, the next 10", ten * 1e6)
        say(f"{what}, the next 1000", thousand * 1e6)
elif mode == "bandwidth-plain":
    for size in sizes:
        say(size, size * rate(size, isends, irecvs) / 1e6)
elif mode == "stream":
    say("isend, irecvInto", rate(8, isends, irecvs))
    say("send, recvInto", rate(8, sends, recvs))
