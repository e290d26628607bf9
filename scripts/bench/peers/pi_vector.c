// Estimates pi by MPI with a vectorised generator: the hand-tuned limit of the processor.
// Usage: mpirun -n N pi_vector TRIALS. Build: mpicc -O3 -march=native pi_vector.c -o pi_vector
// Sixteen xoshiro128+ streams side by side (Blackman and Vigna, https://prng.di.unimi.it/xoshiro128plus.c): one loop
// runs over the lanes, and the compiler turns it into vector instructions.
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 16 };

static uint32_t s0[LANES], s1[LANES], s2[LANES], s3[LANES];

static uint64_t splitmix64(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static void seed_lanes(uint64_t seed) {
  for (int lane = 0; lane < LANES; lane++) {
    const uint64_t a = splitmix64(&seed), b = splitmix64(&seed);
    s0[lane] = (uint32_t)a, s1[lane] = (uint32_t)(a >> 32);
    s2[lane] = (uint32_t)b, s3[lane] = (uint32_t)(b >> 32);
  }
}

// The next coordinate in [0, 1) of one stream, of 24 random bits.
static inline float next_coordinate(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d) {
  const uint32_t word = *a + *d;
  const uint32_t t = *b << 9;
  *c ^= *a;
  *d ^= *b;
  *b ^= *c;
  *a ^= *d;
  *c ^= t;
  *d = (*d << 11) | (*d >> 21);
  return (float)(int32_t)(word >> 8) * 0x1p-24f;
}

// One dart of each of the first `lanes` streams. This loop is the one that must become vector code.
static inline void throw_darts(uint32_t a[LANES], uint32_t b[LANES], uint32_t c[LANES], uint32_t d[LANES],
                               int32_t lane_hits[LANES], int lanes) {
  for (int lane = 0; lane < lanes; lane++) {
    const float x = next_coordinate(&a[lane], &b[lane], &c[lane], &d[lane]);
    const float y = next_coordinate(&a[lane], &b[lane], &c[lane], &d[lane]);
    lane_hits[lane] += x * x + y * y < 1.0f;
  }
}

static int64_t count_hits(int64_t trials) {
  // Local copies let the compiler keep the whole state in vector registers.
  uint32_t a[LANES], b[LANES], c[LANES], d[LANES];
  memcpy(a, s0, sizeof a), memcpy(b, s1, sizeof b), memcpy(c, s2, sizeof c), memcpy(d, s3, sizeof d);
  int64_t hits = 0;
  for (int64_t left = trials; left > 0;) {
    // 32-bit counts in the inner loop, added up before they can overflow.
    const int64_t chunk = left < (1 << 28) ? left : (1 << 28);
    int32_t lane_hits[LANES] = {0};
    for (int64_t i = 0; i < chunk / LANES; i++) throw_darts(a, b, c, d, lane_hits, LANES);
    throw_darts(a, b, c, d, lane_hits, (int)(chunk % LANES));
    for (int lane = 0; lane < LANES; lane++) hits += lane_hits[lane];
    left -= chunk;
  }
  return hits;
}

int main(int argc, char **argv) {
  int rank, size;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const int64_t trials = argc > 1 ? (int64_t)atof(argv[1]) : 1000000000;
  const int64_t mine = trials / size + (rank < trials % size);
  seed_lanes(42 + (uint64_t)rank);

  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  const int64_t hits = count_hits(mine);
  MPI_Barrier(MPI_COMM_WORLD);
  const double seconds = MPI_Wtime() - start;

  int64_t total = 0;
  MPI_Reduce(&hits, &total, 1, MPI_INT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
  if (rank == 0) printf("{\"trials\": %lld, \"hits\": %lld, \"seconds\": %.9f}\n", (long long)trials, (long long)total, seconds);
  MPI_Finalize();
  return 0;
}
