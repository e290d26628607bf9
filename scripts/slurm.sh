#!/bin/bash
# Slurm on the virtual cluster of cluster.sh, for tests: slurmctld on head, a slurmd on each of node1 … nodeN, munged on all of
# them. PBS's commands come with it (qsub, qstat, qdel), and jobs have a $PBS_NODEFILE, as on sites that offer one under Slurm.
# Needs root and, beyond what cluster.sh needs, the Debian packages slurm-wlm slurm-wlm-torque munge.
#
#   slurm.sh up N CPUS           start the cluster with N nodes where it is not up, and Slurm with CPUS slots on each node
#   slurm.sh down                end Slurm's processes; the hosts stay
#
# The variables of cluster.sh say which cluster (CLUSTER_DIR, CLUSTER_PREFIX, CLUSTER_SUBNET).
set -u
export CLUSTER_DIR=${CLUSTER_DIR:-/tmp/mpirun-ts-cluster}
SUBNET=${CLUSTER_SUBNET:-10.78.0}
FOLDER=$CLUSTER_DIR/slurm
CLUSTER=$(cd "$(dirname "$0")" && pwd)/cluster.sh

fail() {
  echo "slurm.sh: $1" >&2
  exit 1
}

living_hosts() { "$CLUSTER" status | sed -n 's/^\([^:]*\): process .*/\1/p'; }

configure() { # NODES CPUS
  local i
  mkdir -p "$FOLDER/etc" "$FOLDER/state" "$FOLDER/log"
  chmod 755 "$FOLDER" "$FOLDER/log"
  dd if=/dev/urandom of="$FOLDER/munge.key" bs=128 count=1 2>/dev/null
  chown munge "$FOLDER/munge.key"
  chmod 400 "$FOLDER/munge.key"
  cat >"$FOLDER/etc/slurm.conf" <<END
ClusterName=virtual
SlurmctldHost=head($SUBNET.100)
SlurmUser=root
AuthType=auth/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
# A node may have more slots than this machine has cores.
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
# Groups of a heterogeneous job start when the backfill scheduler looks: each second, not each 30.
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1
StateSaveLocation=$FOLDER/state
SlurmdSpoolDir=$FOLDER/spool.%n
SlurmctldLogFile=$FOLDER/log/slurmctld.log
SlurmdLogFile=$FOLDER/log/slurmd.%n.log
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
JobSubmitPlugins=pbs
PlugStackConfig=$FOLDER/etc/plugstack.conf
TaskProlog=$FOLDER/etc/task-prolog
PartitionName=batch Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
  for i in $(seq 1 "$1"); do
    echo "NodeName=node$i NodeAddr=$SUBNET.$i CPUs=$2 RealMemory=1000 State=UNKNOWN" >>"$FOLDER/etc/slurm.conf"
  done
  echo "optional spank_pbs.so" >"$FOLDER/etc/plugstack.conf"
  cat >"$FOLDER/etc/task-prolog" <<'END'
#!/bin/bash
[ "${SLURM_PROCID:-0}" = 0 ] && echo "export PBS_NODEFILE=$(generate_pbs_nodefile)"
exit 0
END
  chmod 755 "$FOLDER/etc/task-prolog"
}

start() { # NODES
  local host i
  for host in $(living_hosts); do
    "$CLUSTER" exec "$host" bash -c '
      mount --bind "$1/etc" /etc/slurm && install -d -o munge -m 755 /run/munge /run/munge-log &&
        runuser -u munge -- munged --key-file="$1/munge.key" --log-file=/run/munge-log/log --seed-file=/run/munge-log/seed
    ' - "$FOLDER" || fail "munged does not start on $host"
  done
  "$CLUSTER" exec head slurmctld </dev/null >/dev/null 2>&1 || fail "slurmctld does not start, see $FOLDER/log"
  for i in $(seq 1 "$1"); do
    "$CLUSTER" exec "node$i" slurmd -N "node$i" </dev/null >/dev/null 2>&1 || fail "slurmd does not start on node$i, see $FOLDER/log"
  done
  for _ in $(seq 150); do
    [ "$("$CLUSTER" exec head sinfo -h -N -t idle 2>/dev/null | wc -l)" = "$1" ] && return 0
    sleep .2
  done
  fail "the nodes do not become idle, see $FOLDER/log"
}

# Daemons are ended inside of their host, by the numbers that they have written there.
stop() {
  local host
  for host in $(living_hosts); do
    "$CLUSTER" exec "$host" bash -c '
      for file in /run/slurmctld.pid /run/slurmd.pid /run/munge/munged.pid; do
        [ -s $file ] || continue
        pid=$(cat $file)
        kill "$pid" 2>/dev/null
        for _ in $(seq 80); do [ -e "/proc/$pid" ] || break; sleep .1; done
        rm -f $file
      done
      umount -l /etc/slurm 2>/dev/null
      true'
  done
  rm -rf "$FOLDER"
}

case ${1:-help} in
  up)
    nodes=${2:?up: how many nodes?}
    cpus=${3:?up: how many CPUs on each?}
    "$CLUSTER" up "$nodes" || exit 1
    stop
    configure "$nodes" "$cpus"
    start "$nodes"
    ;;
  down) stop ;;
  *)
    sed -n '2,/^set -u/{/^set/d;s/^# \{0,1\}//;p}' "$0"
    [ "${1:-help}" = help ] || exit 2
    ;;
esac
