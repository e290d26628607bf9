// What the C programs of the bench share; the same as programs/timing.mjs.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*Step)(int i);

static int rank, size;

static double from_environment(const char *name, double otherwise) {
  const char *word = getenv(name);
  return word ? atof(word) : otherwise;
}

static double seconds_per_call(Step step, long bytes) {
  const double budget = from_environment("BENCH_SECONDS", 0.1);
  const double warm_up = from_environment("BENCH_WARM_UP", 1) / (bytes > 65536 ? 5 : 1);
  double seconds = 0, spent = 0;
  for (;;) {
    const int is_measured = spent > warm_up;
    const double wanted = seconds == 0 ? 3 : (is_measured ? budget : budget / 2) / seconds;
    int count = wanted < 3 ? 3 : wanted > 1000000 ? 1000000 : (int)wanted;
    if (is_measured) count = -count;
    MPI_Bcast(&count, 1, MPI_INT, 0, MPI_COMM_WORLD);
    MPI_Barrier(MPI_COMM_WORLD);
    const double start = MPI_Wtime();
    for (int i = 0; i < abs(count); i++) step(i);
    const double taken = MPI_Wtime() - start;
    seconds = taken / abs(count);
    spent += taken;
    if (count < 0) return seconds;
  }
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
