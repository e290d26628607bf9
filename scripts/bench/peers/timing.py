"""What the mpi4py programs of the bench share; the same as programs/timing.mjs."""

import os

from mpi4py import MPI

BUDGET = float(os.environ.get("BENCH_SECONDS", "0.1"))
BATCHES = (0, 0.1, 0.3, 1)


def seconds_per_call(comm, step, budget=BUDGET):
    seconds = 0.0
    for share in BATCHES:
        count = 10 if share == 0 or comm.rank != 0 else int(min(100_000, max(3, share * budget / seconds)))
        count = comm.bcast(count)
        comm.Barrier()
        start = MPI.Wtime()
        for i in range(count):
            step(i)
        seconds = (MPI.Wtime() - start) / count
    return seconds


def say(key, value):
    if MPI.COMM_WORLD.rank == 0:
        print(f"{key}\t{value}", flush=True)


def window_of(size):
    return max(2, min(64, 2**25 // size))
