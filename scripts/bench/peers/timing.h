// What the C programs of the bench share; the same as programs/timing.mjs.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*Step)(int i);

static int rank, size;

static double seconds_per_call(Step step) {
  static const double batches[] = {0, 0.1, 0.3, 1};
  const char *word = getenv("BENCH_SECONDS");
  const double budget = word ? atof(word) : 0.1;
  double seconds = 0;
  for (int batch = 0; batch < 4; batch++) {
    int count = 10;
    if (batch > 0 && rank == 0) {
      const double wanted = batches[batch] * budget / seconds;
      count = wanted < 3 ? 3 : wanted > 100000 ? 100000 : (int)wanted;
    }
    MPI_Bcast(&count, 1, MPI_INT, 0, MPI_COMM_WORLD);
    MPI_Barrier(MPI_COMM_WORLD);
    const double start = MPI_Wtime();
    for (int i = 0; i < count; i++) step(i);
    seconds = (MPI_Wtime() - start) / count;
  }
  return seconds;
}

static void say(const char *key, double value) {
  if (rank == 0) printf("%s\t%.6g\n", key, value), fflush(stdout);
}

static void say_size(long bytes, double value) {
  char key[32];
  snprintf(key, sizeof key, "%ld", bytes);
  say(key, value);
}

// The sizes of a comma-separated list.
static int parse_sizes(const char *list, long *sizes) {
  int count = 0;
  char *copy = strdup(list);
  for (char *word = strtok(copy, ","); word && count < 64; word = strtok(NULL, ",")) sizes[count++] = atol(word);
  free(copy);
  return count;
}

static void start_mpi(int *argc, char ***argv) {
  MPI_Init(argc, argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
}
