#!/bin/bash
# A virtual cluster on one Linux machine, for tests and measurements: hosts `head` and node1 … nodeN. Each host has network,
# process, mount, host name and IPC namespaces of its own, its own /tmp, /run and /dev/shm, and a real sshd on port 22 of
# its address. Everything else is shared, as home folders and programs are on a real cluster. Addresses exist only inside
# of the namespaces: nothing of this can be reached from outside.
# Needs root and the Debian packages iproute2 util-linux procps openssh-server openssh-client.
#
#   cluster.sh up N              start head and node1 … nodeN; what is dead is started again, what is beyond N ends
#   cluster.sh down              end all hosts and delete all files
#   cluster.sh exec HOST CMD…    run CMD on HOST in the current folder, as root or as the user CLUSTER_USER
#   cluster.sh partition HOST    cut the cable: packets vanish, nobody is told
#   cluster.sh heal HOST         plug it in again
#   cluster.sh kill HOST         power loss: cable cut, then every process gets SIGKILL (its peers see silence)
#   cluster.sh crash HOST        every process gets SIGKILL, the cable stays (its peers see closed connections)
#   cluster.sh status            the hosts, and whether they live and are plugged in
#   cluster.sh ps HOST           the processes of HOST
#
# Several clusters can live side by side, when these differ:
#   CLUSTER_DIR     folder of its keys and files, which all hosts share (/tmp/mpirun-ts-cluster)
#   CLUSTER_PREFIX  begins the names of its network namespaces (mts-)
#   CLUSTER_SUBNET  the first three numbers of its addresses (10.78.0); head is .100, node1 is .1
# For `up`:
#   CLUSTER_USERS   users that may log in without a password (root)
#   CLUSTER_SHARE   folders below /tmp that all hosts share
set -u
CLUSTER_DIR=${CLUSTER_DIR:-/tmp/mpirun-ts-cluster}
CLUSTER_SHARE=${CLUSTER_SHARE:-}
PREFIX=${CLUSTER_PREFIX:-mts-}
SUBNET=${CLUSTER_SUBNET:-10.78.0}
USERS=${CLUSTER_USERS:-root}
MOST_NODES=16
SELF=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

fail() {
  echo "cluster.sh: $1" >&2
  exit 1
}

# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────

known_hosts() { ls "$CLUSTER_DIR" 2>/dev/null | grep -E '^(head|node[0-9]+)$'; }

namespace_of() { stat -Lc %i "$1" 2>/dev/null; }

# The first process of a host, as seen from outside; nothing when the host is dead. A process number that was given away
# again does not pass, because its network namespace is another one.
pid_of() {
  local pid
  pid=$(cat "$CLUSTER_DIR/$1/pid" 2>/dev/null) && [ -n "$pid" ] && [ -n "$(namespace_of "/proc/$pid/ns/net")" ] &&
    [ "$(namespace_of "/proc/$pid/ns/net")" = "$(namespace_of "/run/netns/$PREFIX$1")" ] && echo "$pid"
}

need_host() { pid_of "${1:-}" >/dev/null || fail "host '${1:-}' is not up; the hosts are: $(known_hosts | tr '\n' ' ')"; }

# The switch is a bridge in a namespace of its own; the port of host H is called port-H there.
switch() { ip -n "${PREFIX}switch" "$@"; }
plug_in() { switch link set "port-$1" master bridge up; }
cut() { switch link set "port-$1" nomaster; }

# ── up ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

prepare() {
  mkdir -p "$CLUSTER_DIR/keys" "$CLUSTER_DIR/ssh_config.d"
  chmod 755 "$CLUSTER_DIR" "$CLUSTER_DIR/keys"
  if [ ! -e "/run/netns/${PREFIX}switch" ]; then
    ip netns add "${PREFIX}switch" && switch link add bridge type bridge && switch link set bridge up || fail "no switch"
    ip netns exec "${PREFIX}switch" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
  fi
  make_keys
  {
    echo "127.0.0.1 localhost"
    echo "::1 ip6-localhost"
    echo "$SUBNET.100 head"
    for i in $(seq 1 $MOST_NODES); do echo "$SUBNET.$i node$i"; done
  } >"$CLUSTER_DIR/hosts"
  awk -v key="$(awk '{print $1, $2}' "$CLUSTER_DIR/keys/hostkey.pub")" \
    '$1 !~ /^(127|::1)/ {print $1 "," $2 " " key}' "$CLUSTER_DIR/hosts" >"$CLUSTER_DIR/known_hosts"
  cat >"$CLUSTER_DIR/ssh_config.d/cluster.conf" <<END
Host head node* $SUBNET.*
  IdentityFile $CLUSTER_DIR/keys/%u
  GlobalKnownHostsFile $CLUSTER_DIR/known_hosts
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  GSSAPIAuthentication no
  LogLevel ERROR
END
  cat >"$CLUSTER_DIR/sshd_config" <<END
Port 22
HostKey $CLUSTER_DIR/keys/hostkey
AuthorizedKeysFile $CLUSTER_DIR/keys/%u.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
PrintLastLog no
UseDNS no
MaxStartups 200
MaxSessions 200
END
}

make_keys() {
  local user
  [ -f "$CLUSTER_DIR/keys/hostkey" ] || ssh-keygen -q -t ed25519 -N '' -f "$CLUSTER_DIR/keys/hostkey"
  for user in $USERS; do
    id "$user" >/dev/null 2>&1 || fail "there is no user '$user'"
    [ -f "$CLUSTER_DIR/keys/$user" ] || ssh-keygen -q -t ed25519 -N '' -C "cluster-$user" -f "$CLUSTER_DIR/keys/$user"
    # sshd refuses accounts that are locked; '*' means the same for passwords, but lets keys in.
    case $(getent shadow "$user" | awk -F: '{print $2}') in '!'*) usermod -p '*' "$user" ;; esac
    chown "$user" "$CLUSTER_DIR/keys/$user"
    chmod 600 "$CLUSTER_DIR/keys/$user"
  done
}

host_up() { # HOST ADDRESS
  local host=$1 address=$2 folder=$CLUSTER_DIR/$1
  [ -n "$(pid_of "$host")" ] && return 0
  host_down "$host"
  mkdir -p "$folder" "/etc/netns/$PREFIX$host"
  cp "$CLUSTER_DIR/hosts" "/etc/netns/$PREFIX$host/hosts"
  ip netns add "$PREFIX$host" &&
    switch link add "port-$host" type veth peer name eth0 netns "$PREFIX$host" &&
    plug_in "$host" &&
    ip -n "$PREFIX$host" addr add "$address/24" dev eth0 &&
    ip -n "$PREFIX$host" link set eth0 up &&
    ip -n "$PREFIX$host" link set lo up || return 1
  setsid nsenter --net="/run/netns/$PREFIX$host" unshare --uts --ipc --pid --mount --fork --kill-child \
    env CLUSTER_DIR="$CLUSTER_DIR" CLUSTER_SHARE="$CLUSTER_SHARE" bash "$SELF" first_process "$host" \
    </dev/null >"$folder/log" 2>&1 &
  for _ in $(seq 250); do
    [ -e "$folder/ready" ] && return 0
    sleep .02
  done
  echo "cluster.sh: $host did not start, see $folder/log" >&2
  return 1
}

# Process 1 of a host: makes the host's own files, starts sshd, and waits for orphans.
first_process() { # HOST
  local host=$1 folder=$CLUSTER_DIR/$1 share pid
  # /proc is still the outer one here, so this is the number that the outside knows us by.
  read -r pid _ </proc/self/stat
  echo "$pid" >"$folder/pid"
  hostname "$host"
  mount --make-rprivate /
  mount --bind "$CLUSTER_DIR/hosts" /etc/hosts
  mount --bind "$CLUSTER_DIR/ssh_config.d" /etc/ssh/ssh_config.d
  # bash reads it for commands by ssh as well; what root has there would be part of every measurement.
  : >"$folder/bashrc"
  [ -f /root/.bashrc ] && mount --bind "$folder/bashrc" /root/.bashrc
  mkdir -p "$folder/tmp"
  mount -t tmpfs -o mode=1777 none "$folder/tmp"
  for share in $CLUSTER_SHARE "$CLUSTER_DIR"; do
    case $share in /tmp/?*)
      mkdir -p "$share" "$folder/tmp/${share#/tmp/}"
      mount --bind "$share" "$folder/tmp/${share#/tmp/}"
      ;;
    esac
  done
  mount --rbind "$folder/tmp" /tmp
  umount -l -R /run/netns 2>/dev/null
  mount -t tmpfs -o mode=755 none /run
  mkdir -p /run/sshd /run/lock
  chmod 1777 /run/lock
  mount -t tmpfs -o mode=1777 none /dev/shm
  mount -t proc proc /proc
  cd /
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    /usr/sbin/sshd -D -e -f "$CLUSTER_DIR/sshd_config" &
  for _ in $(seq 250); do
    (: </dev/tcp/127.0.0.1/22) 2>/dev/null && break
    sleep .02
  done
  : >"$folder/ready"
  trap : TERM INT HUP
  while :; do wait -n || sleep 1; done
}

# ── down ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

host_down() { # HOST
  local pid
  if pid=$(pid_of "$1"); then
    kill -9 "$pid"
    for _ in $(seq 100); do
      [ -e "/proc/$pid" ] || break
      sleep .02
    done
  fi
  [ -e "/run/netns/${PREFIX}switch" ] && switch link del "port-$1" 2>/dev/null
  [ -e "/run/netns/$PREFIX$1" ] && ip netns del "$PREFIX$1"
  rm -rf "/etc/netns/$PREFIX$1" "${CLUSTER_DIR:?}/$1"
  return 0
}

# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

command=${1:-help}
shift
[ "$command" = help ] || [ "$(id -u)" = 0 ] || fail "needs root"
case $command in
  up)
    nodes=${1:?up: how many nodes?}
    [ "$nodes" -ge 1 ] && [ "$nodes" -le $MOST_NODES ] || fail "up: 1 to $MOST_NODES nodes, not '$nodes'"
    prepare
    for host in $(known_hosts); do
      [ "$host" = head ] || [ "${host#node}" -le "$nodes" ] || host_down "$host"
    done
    host_up head "$SUBNET.100" || exit 1
    for i in $(seq 1 "$nodes"); do host_up "node$i" "$SUBNET.$i" || exit 1; done
    ;;
  first_process) first_process "$1" ;;
  down)
    for host in $(known_hosts); do host_down "$host"; done
    [ -e "/run/netns/${PREFIX}switch" ] && ip netns del "${PREFIX}switch"
    rm -rf "${CLUSTER_DIR:?}"
    ;;
  exec)
    host=${1:-}
    shift
    need_host "$host"
    user=${CLUSTER_USER:-root}
    home=$(getent passwd "$user" | awk -F: '{print $6}')
    # --pdeathsig: CMD gets SIGTERM when this command is ended.
    exec nsenter --target "$(pid_of "$host")" --mount --uts --ipc --net --pid \
      env HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/bash \
      setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --pdeathsig TERM \
      bash -c 'cd "$0" 2>/dev/null || cd /; exec "$@"' "$PWD" "$@"
    ;;
  partition) need_host "${1:-}" && cut "$1" ;;
  heal) need_host "${1:-}" && plug_in "$1" ;;
  kill) need_host "${1:-}" && cut "$1" && kill -9 "$(pid_of "$1")" ;;
  crash) need_host "${1:-}" && kill -9 "$(pid_of "$1")" ;;
  ps) need_host "${1:-}" && exec nsenter --target "$(pid_of "$1")" --mount --pid ps -eo pid,ppid,user,etime,args ;;
  status)
    for host in $(known_hosts); do
      pid=$(pid_of "$host")
      cable=$(switch link show "port-$host" 2>/dev/null | grep -q 'master bridge' && echo "plugged in" || echo cut)
      echo "$host: ${pid:+process }${pid:-dead}, $cable"
    done
    ;;
  *)
    sed -n '2,/^set -u/{/^set/d;s/^# \{0,1\}//;p}' "$SELF"
    [ "$command" = help ] || exit 2
    ;;
esac
