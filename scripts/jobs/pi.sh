#!/bin/bash
# Pi on machines without a scheduler, by ssh: pi.sh [hostfile]
# hostfile: a line for each machine, such as "node1 slots=4"; ssh must reach each without a password.
npx mpirun-ts --hostfile "${1:-hosts}" examples/pi.js "${DARTS:-1e11}"
