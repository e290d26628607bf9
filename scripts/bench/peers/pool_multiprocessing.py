"""The pool bench for multiprocessing.Pool(2), or for mpi4py.futures; prints a number.

Usage: python3 pool_multiprocessing.py PART | mpirun -np 3 python3 -m mpi4py.futures pool_multiprocessing.py PART futures
"""

import multiprocessing
import sys
import time


def increment(x):
    return x + 1


def same(x):
    return x


def busy(ms):
    until = time.perf_counter() + ms / 1000
    while time.perf_counter() < until:
        pass
    return ms


SKEWED = [5e-6 * 10 ** (i % 7 + 1) for i in range(70)]


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def multiprocessing_figure(part):
    with multiprocessing.Pool(2) as pool:
        pool.map(increment, range(64), chunksize=1)
        if part == "tasks":
            pool.map(increment, range(5000), chunksize=1)
            return 50_000 / seconds_of(lambda: pool.map(increment, range(50_000), chunksize=1))
        if part == "chunks":
            pool.map(increment, range(100_000))
            return 2_000_000 / seconds_of(lambda: pool.map(increment, range(2_000_000)))
        if part == "apply":
            seconds_of(lambda: [pool.apply(increment, (i,)) for i in range(2000)])
            return 1e6 / 10_000 * seconds_of(lambda: [pool.apply(increment, (i,)) for i in range(10_000)])
        if part == "skewed":
            return 1000 * seconds_of(lambda: pool.map(busy, SKEWED, chunksize=1))
        if part == "view":
            import numpy

            view = numpy.ones(131_072)
            seconds_of(lambda: [pool.apply(same, (view,)) for _ in range(20)])
            return 1e6 / 200 * seconds_of(lambda: [pool.apply(same, (view,)) for _ in range(200)])
        return 0


def futures_figure(part):
    from mpi4py.futures import MPIPoolExecutor

    with MPIPoolExecutor() as pool:
        list(pool.map(increment, range(64)))
        if part == "skewed":
            return 1000 * seconds_of(lambda: list(pool.map(busy, SKEWED)))
        list(pool.map(increment, range(1000)))
        if part == "tasks":
            return 4000 / seconds_of(lambda: list(pool.map(increment, range(4000))))
        seconds_of(lambda: [pool.submit(increment, i).result() for i in range(1000)])
        return 1e6 / 4000 * seconds_of(lambda: [pool.submit(increment, i).result() for i in range(4000)])


if __name__ == "__main__":
    figure = futures_figure if sys.argv[-1] == "futures" else multiprocessing_figure
    print(figure(sys.argv[1]))
