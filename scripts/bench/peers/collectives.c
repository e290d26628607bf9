// Collective figures of an MPI in C. Usage: mpirun -n N collectives CALL[+CALL…] [SIZES]
#include "timing.h"

static double *out, *into;
static int count;

static void barrier(int i) { (void)i, MPI_Barrier(MPI_COMM_WORLD); }
static void allreduce(int i) { (void)i, MPI_Allreduce(out, into, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD); }
static void bcast(int i) { MPI_Bcast(out, count, MPI_DOUBLE, i % size, MPI_COMM_WORLD); }
static void allgather(int i) {
  (void)i, MPI_Allgather(out, count, MPI_DOUBLE, into, count, MPI_DOUBLE, MPI_COMM_WORLD);
}
static void alltoall(int i) {
  (void)i, MPI_Alltoall(out, count, MPI_DOUBLE, into, count, MPI_DOUBLE, MPI_COMM_WORLD);
}

// Rooted calls and scan end with a barrier, as root or the lower ranks would run ahead otherwise.
static void gather(int i) {
  (void)i, MPI_Gather(out, count, MPI_DOUBLE, into, count, MPI_DOUBLE, 0, MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
}
static void scatter(int i) {
  (void)i, MPI_Scatter(out, count, MPI_DOUBLE, into, count, MPI_DOUBLE, 0, MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
}
static void reduce(int i) {
  (void)i, MPI_Reduce(out, into, count, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
}
static void reduce_scatter(int i) {
  (void)i, MPI_Reduce_scatter_block(out, into, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}
static void scan(int i) {
  (void)i, MPI_Scan(out, into, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
}

// Calls of several sizes: name, call, and whether a buffer has a block for each rank.
static const struct {
  const char *name;
  Step step;
  int has_blocks;
} sized[] = {
  {"allreduce", allreduce, 0}, {"bcast", bcast, 0},     {"allgather", allgather, 1},
  {"alltoall", alltoall, 1},   {"gather", gather, 1},   {"scatter", scatter, 1},
  {"reduce", reduce, 0},       {"scan", scan, 0},       {"reduceScatter", reduce_scatter, 1},
};

enum { FLOOD = 100, FLOOD_BYTES = 1024 };

static char *flood_into;
static MPI_Request *flood_requests;

// Every rank sends 100 messages of 1 KiB to every other rank.
static void flood(int i) {
  (void)i;
  static char message[FLOOD_BYTES];
  int requests = 0;
  for (int other = 0; other < size; other++) {
    for (int k = 0; k < FLOOD && other != rank; k++) {
      char *place = flood_into + (size_t)(other * FLOOD + k) * FLOOD_BYTES;
      MPI_Irecv(place, FLOOD_BYTES, MPI_CHAR, other, 0, MPI_COMM_WORLD, &flood_requests[requests++]);
    }
  }
  for (int k = 0; k < FLOOD; k++) {
    for (int other = 0; other < size; other++) {
      if (other == rank) continue;
      MPI_Isend(message, FLOOD_BYTES, MPI_CHAR, other, 0, MPI_COMM_WORLD, &flood_requests[requests++]);
    }
  }
  MPI_Waitall(requests, flood_requests, MPI_STATUSES_IGNORE);
}

static void measure(const char *key, Step step) { say(key, seconds_per_call(step, 0) * 1e6); }

static void measure_size(long bytes, Step step, int blocks) {
  count = (int)(bytes / 8);
  const size_t length = (size_t)count * (size_t)blocks;
  out = malloc(length * 8), into = malloc(length * 8);
  for (size_t k = 0; k < length; k++) out[k] = into[k] = 1;
  say_size(bytes, seconds_per_call(step, bytes) * 1e6);
  free(out), free(into);
}

int main(int argc, char **argv) {
  start_mpi(&argc, &argv);
  long sizes[64] = {8};
  const int sizes_count = argc > 2 ? parse_sizes(argv[2], sizes) : 1;
  double one[2] = {1, 1};
  for (char *call = strtok(argv[1], "+"); call; call = strtok(NULL, "+")) {
    if (strcmp(call, "barrier") == 0) {
      measure("barrier", barrier);
    } else if (strcmp(call, "single") == 0) {
      out = &one[0], into = &one[1], count = 1;
      measure("allreduceInto of a float64", allreduce);
    } else if (strcmp(call, "flood") == 0) {
      flood_into = malloc((size_t)size * FLOOD * FLOOD_BYTES);
      flood_requests = malloc((size_t)size * FLOOD * 2 * sizeof *flood_requests);
      measure("all-pairs flood", flood);
    } else {
      size_t which = 0;
      while (which < sizeof sized / sizeof *sized && strcmp(call, sized[which].name) != 0) which++;
      if (which == sizeof sized / sizeof *sized) {
        fprintf(stderr, "collectives: no call %s\n", call);
        MPI_Abort(MPI_COMM_WORLD, 2);
      }
      const int blocks = sized[which].has_blocks ? size : 1;
      for (int k = 0; k < sizes_count; k++) measure_size(sizes[k], sized[which].step, blocks);
    }
  }
  MPI_Finalize();
  return 0;
}
