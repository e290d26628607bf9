/** The text of `mpirun-ts scaling --help`, at most 80 columns wide. */
export const SCALING_USAGE = `Usage: mpirun-ts scaling [options] program [arguments]

Runs the program with several numbers of ranks, each several times, and tells
what the ranks bring: a table, a picture of the speed-up and the sweet spot.

  -np LIST                    numbers of ranks: 1,2,4 or 1-4; default: 1, 2, 4 …
                              up to all slots or cores
  --weak                      the work grows with the ranks: the argument that
                              is a number is multiplied by their number; mark
                              which one with {…}, such as '{1e9*np}'
  --repeat N                  timed runs for each count; default 3
  --warm-up N                 runs before them that do not count; default 1
  --efficiency PERCENT        what the sweet spot must reach; default 70
  --svg FILE                  draw the speed-up as a picture
  --csv FILE, --json FILE     write the figures; "-" is standard output, and the
                              table goes to standard error then
  --show-output               show what the program prints, on standard error
  -h, --help                  print this

All options of mpirun-ts (--hostfile, --host, --oversubscribe, --map-by, -x,
--pool, --timeout …) hold for each run. --dry-run and --display-map show where
the ranks of each count run. {np} stands for the number of ranks in arguments
and in values of options; {1000*sqrt(np)} and the like are computed.

Seconds are those of the whole command, from its start to its end, as a shell's
"time mpirun-ts …" has them. Counts take turns, so that what slows the machine
down slows all of them. The table has the median of the runs.
  speed-up     time with the fewest ranks / time with these
  efficiency   speed-up / how many times as many ranks
  serial       Karp's and Flatt's fraction (1/S - 1/p) / (1 - 1/p): if it grows
               with the ranks the overhead is the limit, else the serial part;
               with --weak Gustafson's (p - S) / (p - 1)
  sweet spot   the fastest count whose efficiency is at least 70 %

Examples:
  mpirun-ts scaling pi.js 1e10
  mpirun-ts scaling -np 1,2,4,8 --hostfile hosts --svg pi.svg pi.js 1e10
  mpirun-ts scaling -np 1-4 --weak pi.js '{1e9*np}'

Exit status: 0; that of a run that fails; 2 a mistake in options or slots, found
before the first run; 130 after Ctrl-C, with the table of what was measured.
A program with the name scaling is run by mpirun-ts ./scaling.
`
