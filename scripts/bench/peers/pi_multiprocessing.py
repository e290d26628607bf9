"""Estimates pi as a first lesson in parallel Python does: a loop of single random numbers, mapped by a Pool of two.

Usage: python3 pi_multiprocessing.py [TRIALS...]
Without arguments it runs the lesson's list, 10^1 to 10^7. One process runs one item of the list, so the largest
item alone bounds the time.
"""

import json
import multiprocessing
import sys
import time

import numpy as np


def count_hits(trials):
    """Hits among `trials` darts, one random number at a time."""
    np.random.seed(trials % 2**32)
    hits = 0
    for _ in range(trials):
        x = np.random.random()
        y = np.random.random()
        if x * x + y * y < 1.0:
            hits += 1
    return hits


def main():
    runs = [int(float(argument)) for argument in sys.argv[1:]] or [10**power for power in range(1, 8)]
    with multiprocessing.Pool(2) as pool:
        # A task for each process first, so that the clock sees the loop and not the start of the processes.
        pool.map(count_hits, [1, 1], chunksize=1)
        start = time.perf_counter()
        hits = pool.map(count_hits, runs)
        seconds = time.perf_counter() - start
    print(json.dumps({"trials": sum(runs), "hits": sum(hits), "seconds": seconds}))


if __name__ == "__main__":
    main()
