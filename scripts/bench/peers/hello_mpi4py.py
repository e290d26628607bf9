"""The smallest mpi4py program: what starting and ending a job costs.

Usage: mpirun -n N python3 hello_mpi4py.py
"""

from mpi4py import MPI

print(f"rank {MPI.COMM_WORLD.rank} of {MPI.COMM_WORLD.size} on {MPI.Get_processor_name()}", flush=True)
