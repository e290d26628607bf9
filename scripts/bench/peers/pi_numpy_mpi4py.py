"""Estimates pi with numpy in blocks of 2^17 darts, summed over the ranks by mpi4py.

Usage: mpirun -n N python3 pi_numpy_mpi4py.py TRIALS
"""

import json
import sys

import numpy as np
from mpi4py import MPI

BLOCK = 2**17


def count_hits(random, trials):
    """Hits among `trials` darts. A block is two arrays of 1 MiB, so it stays in the cache."""
    hits = 0
    for first in range(0, trials, BLOCK):
        darts = min(BLOCK, trials - first)
        x = random.random(darts)
        y = random.random(darts)
        hits += int(np.count_nonzero(x * x + y * y < 1.0))
    return hits


def main():
    comm = MPI.COMM_WORLD
    trials = int(float(sys.argv[1])) if len(sys.argv) > 1 else 100_000_000
    mine = trials // comm.size + (comm.rank < trials % comm.size)
    random = np.random.default_rng([42, comm.rank])

    comm.Barrier()
    start = MPI.Wtime()
    hits = count_hits(random, mine)
    comm.Barrier()
    seconds = MPI.Wtime() - start

    total = comm.reduce(hits, op=MPI.SUM, root=0)
    if comm.rank == 0:
        print(json.dumps({"trials": trials, "hits": total, "seconds": seconds}))


main()
