"""Which share of a core two ranks use that wait in recv, in percent, while a third one sleeps.

Usage: mpirun -n 3 python3 idle_mpi4py.py SECONDS
"""

import sys
import time

from mpi4py import MPI
from timing import say

comm = MPI.COMM_WORLD
seconds = float(sys.argv[1])
comm.Barrier()
before = time.process_time()
if comm.rank == 2:
    time.sleep(seconds)
    comm.send(1, 0)
    comm.send(1, 1)
else:
    comm.recv(None, 2)
used = comm.gather(time.process_time() - before)
if comm.rank == 0:
    say("two ranks in recv", 100 * sum(used) / seconds)
