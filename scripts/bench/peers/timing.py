"""What the mpi4py programs of the bench share; the same as programs/timing.mjs."""

import os

from mpi4py import MPI

BUDGET = float(os.environ.get("BENCH_SECONDS", "0.1"))
WARM_UP = float(os.environ.get("BENCH_WARM_UP", "1"))
LARGE = 65_536


def seconds_per_call(comm, step, size=0):
    warm_up = WARM_UP / 5 if size > LARGE else WARM_UP
    seconds = spent = 0.0
    while True:
        is_measured = spent > warm_up
        budget = BUDGET if is_measured else BUDGET / 2
        calls = 3 if seconds == 0 else min(1_000_000, max(3, int(budget / seconds)))
        count = comm.bcast(-calls if is_measured else calls)
        comm.Barrier()
        start = MPI.Wtime()
        for i in range(abs(count)):
            step(i)
        taken = MPI.Wtime() - start
        seconds = taken / abs(count)
        spent += taken
        if count < 0:
            return seconds


def seconds_of_first_calls(comm, step):
    results = []
    for calls in (1, 10, 1000):
        comm.Barrier()
        start = MPI.Wtime()
        for i in range(calls):
            step(i)
        results.append((MPI.Wtime() - start) / calls)
    return results


def say(key, value):
    if MPI.COMM_WORLD.rank == 0:
        print(f"{key}\t{value}", flush=True)


def window_of(size):
    return max(2, min(64, 2**25 // size))
