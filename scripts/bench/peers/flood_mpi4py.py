"""By how much the most memory that two ranks ever had resident grows while one sends 1 GiB to the other, which is slow, in KiB.

Usage: mpirun -n 2 python3 flood_mpi4py.py MESSAGE_BYTES
"""

import re
import sys
import time

import numpy as np
from mpi4py import MPI
from timing import say

comm = MPI.COMM_WORLD
size = int(sys.argv[1])
count = 2**30 // size


def peak_kib():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))


view = np.zeros(size, np.uint8)
comm.Barrier()
before = peak_kib()
if comm.rank == 1:
    for _ in range(count):
        comm.Send(view, 0)
else:
    time.sleep(1)
    for i in range(count):
        comm.Recv(view, 1)
        if i % -(-(2**20) // size) == 0:
            time.sleep(0.001)
comm.Barrier()
grown = comm.gather(peak_kib() - before)
if comm.rank == 0:
    say(f"{size} B a message", max(1, sum(grown)))
