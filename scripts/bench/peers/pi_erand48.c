// Estimates pi by MPI the tutorial's way: each rank throws its share of the darts with erand48.
// Usage: mpirun -n N pi_erand48 TRIALS. Build: mpicc -O3 -march=native pi_erand48.c -o pi_erand48
#define _DEFAULT_SOURCE
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  int rank, size;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const long long trials = argc > 1 ? (long long)atof(argv[1]) : 100000000;
  const long long mine = trials / size + (rank < trials % size);
  unsigned short stream[3] = {42, (unsigned short)rank, 1};

  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  long long hits = 0;
  for (long long i = 0; i < mine; i++) {
    const double x = erand48(stream);
    const double y = erand48(stream);
    if (x * x + y * y < 1.0) hits++;
  }
  MPI_Barrier(MPI_COMM_WORLD);
  const double seconds = MPI_Wtime() - start;

  long long total = 0;
  MPI_Reduce(&hits, &total, 1, MPI_LONG_LONG, MPI_SUM, 0, MPI_COMM_WORLD);
  if (rank == 0) printf("{\"trials\": %lld, \"hits\": %lld, \"seconds\": %.9f}\n", trials, total, seconds);
  MPI_Finalize();
  return 0;
}
