// Point-to-point figures of an MPI in C. Usage: mpirun -n 2 p2p plain|bandwidth-plain|stream [SIZES]
#include "timing.h"

enum { MOST_IN_WINDOW = 64 };

static char *out, *into, *buffers[MOST_IN_WINDOW];
static MPI_Request requests[MOST_IN_WINDOW];
static int bytes, peer, window;

static void send(char *buffer) { MPI_Send(buffer, bytes, MPI_CHAR, peer, 0, MPI_COMM_WORLD); }
static void receive(char *buffer) { MPI_Recv(buffer, bytes, MPI_CHAR, peer, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE); }

static void ping_pong(int i) {
  (void)i;
  if (rank == 0) send(out), receive(into);
  else receive(into), send(out);
}

static void answer(void) {
  char byte = 0;
  if (rank == 0) MPI_Recv(&byte, 1, MPI_CHAR, peer, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  else MPI_Send(&byte, 1, MPI_CHAR, peer, 0, MPI_COMM_WORLD);
}

static void window_of_requests(int i) {
  (void)i;
  for (int k = 0; k < window; k++) {
    if (rank == 0) MPI_Isend(buffers[k], bytes, MPI_CHAR, peer, 0, MPI_COMM_WORLD, &requests[k]);
    else MPI_Irecv(buffers[k], bytes, MPI_CHAR, peer, 0, MPI_COMM_WORLD, &requests[k]);
  }
  MPI_Waitall(window, requests, MPI_STATUSES_IGNORE);
  answer();
}

static void window_of_calls(int i) {
  (void)i;
  for (int k = 0; k < window; k++) {
    if (rank == 0) send(buffers[k]);
    else receive(buffers[k]);
  }
  answer();
}

static double rate(long wanted, Step step) {
  bytes = (int)wanted;
  window = 33554432 / bytes;
  window = window < 2 ? 2 : window > MOST_IN_WINDOW ? MOST_IN_WINDOW : window;
  for (int k = 0; k < window; k++) buffers[k] = calloc(1, (size_t)bytes);
  const double result = window / seconds_per_call(step, wanted);
  for (int k = 0; k < window; k++) free(buffers[k]);
  return result;
}

int main(int argc, char **argv) {
  start_mpi(&argc, &argv);
  peer = 1 - rank;
  const char *mode = argv[1];
  long sizes[64];
  const int count = argc > 2 ? parse_sizes(argv[2], sizes) : 0;
  for (int k = 0; k < count; k++) {
    const long wanted = sizes[k];
    if (strcmp(mode, "plain") == 0) {
      bytes = (int)wanted;
      out = malloc((size_t)bytes), into = calloc(1, (size_t)bytes);
      memset(out, 1, (size_t)bytes);
      say_size(wanted, seconds_per_call(ping_pong, wanted) / 2 * 1e6);
      free(out), free(into);
    } else {
      say_size(wanted, (double)wanted * rate(wanted, window_of_requests) / 1e6);
    }
  }
  if (strcmp(mode, "stream") == 0) {
    say("isend, irecvInto", rate(8, window_of_requests));
    say("send, recvInto", rate(8, window_of_calls));
  }
  MPI_Finalize();
  return 0;
}
