"""Collective figures of mpi4py: upper-case calls on numpy buffers; the lower-case allreduce for a number.

Usage: mpirun -n N python3 collectives_mpi4py.py CALL [SIZES]
"""

import sys

import numpy as np
from mpi4py import MPI
from timing import say, seconds_per_call

comm = MPI.COMM_WORLD
rank, size = comm.rank, comm.size
sizes = [int(word) for word in sys.argv[2].split(",")] if len(sys.argv) > 2 else [8]


def doubles(count):
    return np.ones(count // 8, np.float64)


def measure(key, step, count=0):
    say(key, seconds_per_call(comm, step, count) * 1e6)


def measure_sizes(step_of):
    for count in sizes:
        measure(count, step_of(count), count)


def barrier():
    measure("barrier", lambda _: comm.Barrier())


def single():
    send, recv = doubles(8), doubles(8)
    measure("allreduce of a number", lambda _: comm.allreduce(1.5))
    measure("allreduceInto of a float64", lambda _: comm.Allreduce(send, recv))


def allreduce(count):
    send, recv = doubles(count), doubles(count)
    return lambda _: comm.Allreduce(send, recv)


def bcast(count):
    view = doubles(count)
    return lambda i: comm.Bcast(view, i % size)


def allgather(count):
    send, recv = doubles(count), doubles(count * size)
    return lambda _: comm.Allgather(send, recv)


def alltoall(count):
    send, recv = doubles(count * size), doubles(count * size)
    return lambda _: comm.Alltoall(send, recv)


def with_barrier(call):
    def step(_):
        call()
        comm.Barrier()

    return step


def gather(count):
    send, recv = doubles(count), doubles(count * size)
    return with_barrier(lambda: comm.Gather(send, recv if rank == 0 else None))


def scatter(count):
    send, recv = doubles(count * size), doubles(count)
    return with_barrier(lambda: comm.Scatter(send if rank == 0 else None, recv))


def reduce(count):
    send, recv = doubles(count), doubles(count)
    return with_barrier(lambda: comm.Reduce(send, recv if rank == 0 else None))


def reduceScatter(count):
    send, recv = doubles(count * size), doubles(count)
    return lambda _: comm.Reduce_scatter_block(send, recv)


def scan(count):
    send, recv = doubles(count), doubles(count)
    return with_barrier(lambda: comm.Scan(send, recv))


def flood():
    others = [other for other in range(size) if other != rank]
    send = np.zeros(1024, np.uint8)
    into = [[np.zeros(1024, np.uint8) for _ in range(100)] for _ in others]

    def step(_):
        requests = [comm.Irecv(view, other) for i, other in enumerate(others) for view in into[i]]
        requests += [comm.Isend(send, other) for _ in range(100) for other in others]
        MPI.Request.Waitall(requests)

    measure("all-pairs flood", step)


for name in sys.argv[1].split("+"):
    if name in ("barrier", "single", "flood"):
        globals()[name]()
    else:
        measure_sizes(globals()[name])
