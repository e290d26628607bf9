// One-sided figures of an MPI in C: rank 0 works on rank 1's part of a window. Usage: mpirun -n 2 windows any CALL[+CALL…] [SIZES]
#include "timing.h"
#include <stdint.h>

static MPI_Win window;
static double *view;
static int count;

static void nothing(int i) { (void)i; }

static void put(int i) {
  (void)i, MPI_Put(view, count, MPI_DOUBLE, 1, 0, count, MPI_DOUBLE, window);
  MPI_Win_flush(1, window);
}

static void get(int i) {
  (void)i, MPI_Get(view, count, MPI_DOUBLE, 1, 0, count, MPI_DOUBLE, window);
  MPI_Win_flush(1, window);
}

static void fetch_and_op(int i) {
  (void)i;
  double one = 1, old;
  MPI_Fetch_and_op(&one, &old, MPI_DOUBLE, 1, 0, MPI_SUM, window);
  MPI_Win_flush(1, window);
}

static void compare_and_swap(int i) {
  (void)i;
  int64_t zero = 0, one = 1, old;
  MPI_Compare_and_swap(&one, &zero, &old, MPI_INT64_T, 1, 0, window);
  MPI_Win_flush(1, window);
}

static void measure(const char *key, Step step, long bytes) {
  say(key, seconds_per_call(rank == 0 ? step : nothing, bytes) * 1e6);
}

int main(int argc, char **argv) {
  start_mpi(&argc, &argv);
  long sizes[64] = {8}, largest = 8;
  const int sizes_count = argc > 3 ? parse_sizes(argv[3], sizes) : 1;
  for (int k = 0; k < sizes_count; k++) largest = sizes[k] > largest ? sizes[k] : largest;
  void *base;
  MPI_Win_allocate((MPI_Aint)largest, 8, MPI_INFO_NULL, MPI_COMM_WORLD, &base, &window);
  memset(base, 0, (size_t)largest);
  view = calloc(1, (size_t)largest);
  if (rank == 0) MPI_Win_lock(MPI_LOCK_SHARED, 1, 0, window);
  for (char *call = strtok(argv[2], "+"); call; call = strtok(NULL, "+")) {
    if (strcmp(call, "single") == 0) {
      measure("fetchAndOp", fetch_and_op, 8);
      measure("compareAndSwap", compare_and_swap, 8);
      continue;
    }
    for (int k = 0; k < sizes_count; k++) {
      char key[32];
      snprintf(key, sizeof key, "%ld", sizes[k]);
      count = (int)(sizes[k] / 8);
      measure(key, strcmp(call, "put") == 0 ? put : get, sizes[k]);
    }
  }
  if (rank == 0) MPI_Win_unlock(1, window);
  MPI_Win_free(&window);
  MPI_Finalize();
  return 0;
}
