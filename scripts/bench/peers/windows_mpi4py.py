"""One-sided figures of mpi4py: rank 0 works on rank 1's part of a window.

Usage: mpirun -n 2 python3 windows_mpi4py.py any CALL[+CALL...] [SIZES]
"""

import sys

import numpy as np
from mpi4py import MPI
from timing import say, seconds_per_call

comm = MPI.COMM_WORLD
sizes = [int(word) for word in sys.argv[3].split(",")] if len(sys.argv) > 3 else [8]
window = MPI.Win.Allocate(max(sizes), 8, comm=comm)
if comm.rank == 0:
    window.Lock(1, MPI.LOCK_SHARED)


def measure(key, step, size=0):
    say(key, seconds_per_call(comm, step if comm.rank == 0 else lambda _: None, size) * 1e6)


def single():
    one, zero, result = np.ones(1), np.zeros(1, np.int64), np.zeros(1)
    new, old = np.ones(1, np.int64), np.zeros(1, np.int64)

    def fetch_and_op(_):
        window.Fetch_and_op(one, result, 1)
        window.Flush(1)

    def compare_and_swap(_):
        window.Compare_and_swap(new, zero, old, 1)
        window.Flush(1)

    measure("fetchAndOp", fetch_and_op)
    measure("compareAndSwap", compare_and_swap)


def put():
    for size in sizes:
        view = np.ones(size // 8)

        def step(_):
            window.Put(view, 1)
            window.Flush(1)

        measure(size, step, size)


def get():
    for size in sizes:
        view = np.ones(size // 8)

        def step(_):
            window.Get(view, 1)
            window.Flush(1)

        measure(size, step, size)


for name in sys.argv[2].split("+"):
    globals()[name]()
if comm.rank == 0:
    window.Unlock(1)
window.Free()
