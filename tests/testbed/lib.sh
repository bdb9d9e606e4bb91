# shellcheck shell=bash
# What the testbed's scripts share: places, processes, ports, and the way down. Sourced, never run.
set -Eeuo pipefail
trap 'echo "$0: line $LINENO of ${BASH_SOURCE[0]##*/} failed: $BASH_COMMAND" >&2' ERR

TESTBED_HOME=${TESTBED_HOME:-$HOME/.cache/istioadmin-testbed}
# shellcheck disable=SC2034  # read by the scripts that source this file
{
  BIN=$TESTBED_HOME/bin
  EXAMPLES=$TESTBED_HOME/iptables-examples
  CNI_BIN=/usr/lib/cni
  BRIDGE=istioadmin0
  CGROUP=istioadmin-testbed
  NODE=127.0.0.1 # the API server dials the kubelet by this name, and the kubelet listens on loopback only
}
mkdir -p "$TESTBED_HOME/instances"

say() { echo "${0##*/}: $*" >&2; }
die() { say "$@"; exit 1; }

# enter DIR: makes DIR the instance that the functions below speak of.
enter() {
  D=$(cd "${1:?which instance? give its directory}" 2>/dev/null && pwd) || die "$1 is not there"
  [ -d "$D/run" ] || die "$D is not a testbed instance"
}

# lock_instance: one script at a time changes an instance. Held (fd 7) until the script ends; no daemon inherits it.
lock_instance() {
  { exec 7<"$D"; } 2>/dev/null || exit 0 # somebody else took it down before
  flock 7
  [ -d "$D/run" ] || exit 0 # somebody else took it down while we waited
}

# download_source PACKAGE: puts the files of Debian 12's source package into the current directory, with package lists of its own there, so that
# the system's apt configuration stays as it is.
download_source() {
  local archive suite uri apt
  for archive in 'debian bookworm' 'debian-security bookworm-security'; do
    read -r archive suite <<<"$archive"
    uri=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | grep "/$archive/\?\$" | head -n 1) || true
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n' \
      "${uri:?apt has no archive $archive configured}" "$suite"
  done >debian.sources
  mkdir -p lists/partial
  apt=(apt-get -q -o Dir::Etc::sourcelist="$PWD/debian.sources" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$PWD/lists" -o APT::Sandbox::User=root)
  "${apt[@]}" update
  "${apt[@]}" source --download-only "$1/bookworm"
}

# --- processes -------------------------------------------------------------------------------------------------------------------

# is_running PID START: the process still runs that had PID when START (field 22 of /proc/PID/stat) was noted. Pids come back, pairs do not.
is_running() {
  local stat start=$2
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086  # the fields after the command name, from field 3 on
  set -- ${stat##*) }
  [ "${20}" = "$start" ] && [ "$1" != Z ]
}

# alive NAME: the process that DIR/run/NAME.pid names is running.
alive() {
  local pid start
  { read -r pid start <"$D/run/$1.pid"; } 2>/dev/null && is_running "$pid" "$start"
}

# note_pid NAME PID: writes DIR/run/NAME.pid.
note_pid() {
  local stat
  { IFS= read -r stat <"/proc/$2/stat"; } 2>/dev/null || die "no process $2"
  # shellcheck disable=SC2086
  set -- "$1" "$2" ${stat##*) }
  echo "$2 ${22}" >"$D/run/$1.pid"
}

# launch NAME COMMAND...: starts a daemon in its own session. It notes its own pid before it becomes COMMAND: no moment in which it runs unnoted.
launch() {
  local name=$1
  shift
  rm -f "$D/run/$name.pid"
  # shellcheck disable=SC2016
  setsid bash -c '
    IFS= read -r stat </proc/$$/stat; fields=(${stat##*) }); echo "$$ ${fields[19]}" >"$1"; shift; exec "$@"' \
    launch "$D/run/$name.pid" "$@" >>"$D/log/$name.log" 2>&1 </dev/null 7<&- 8<&- &
  disown # nobody wants to read that it was killed
  until [ -s "$D/run/$name.pid" ]; do sleep 0.01; done
}

# halt NAME SECONDS: TERM, and KILL after SECONDS; only ever the process that the pid file names.
halt() {
  local name=$1 pid start i
  { read -r pid start <"$D/run/$name.pid"; } 2>/dev/null || return 0
  for ((i = 0; i < $2 * 50 + 250; i++)); do
    is_running "$pid" "$start" || break
    if [ "$i" = 0 ]; then kill -TERM "$pid" 2>/dev/null || true; fi
    if [ "$i" = $(($2 * 50)) ]; then kill -KILL "$pid" 2>/dev/null || true; fi
    sleep 0.02
  done
  rm -f "$D/run/$name.pid"
}

# ended NAME: says why a daemon that must run does not, and fails.
ended() {
  tail -n 5 "$D/log/$1.log" >&2 || true
  die "$1 ended; its last lines are above, all of them in $D/log/$1.log"
}

# free_ports COUNT: sets PORTS to ports below the ephemeral range that nobody listens on and no other instance has been given.
free_ports() {
  local taken port
  taken=" $(awk '{ print $2 }' /proc/net/tcp /proc/net/tcp6 | sed -n 's/.*:\(....\)$/0x\1/p' | while read -r port; do printf '%d ' "$port"; done)"
  taken+=$(cat "$TESTBED_HOME"/instances/*/env 2>/dev/null | sed -n 's/.*_PORT=//p' | tr '\n' ' ' || true)
  PORTS=()
  while [ ${#PORTS[@]} -lt "$1" ]; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 10000))
    case $taken in *" $port "*) continue ;; esac
    taken+="$port "
    PORTS+=("$port")
  done
}

# --- the way down ----------------------------------------------------------------------------------------------------------------
# Functions, not scripts: the watchdog has them in memory and needs no file of a checkout that may be gone by then.

# node_down: ends the node of this instance and all that it left outside DIR.
# The node is one PID and mount namespace: when its first process is killed the kernel ends every other and drops every mount.
node_down() {
  local pid start port try setting
  [ -d "$D/node" ] || return 0
  if alive node; then
    read -r pid start <"$D/run/node.pid"
    pkill -KILL -P "$pid" 2>/dev/null || true
    for ((try = 0; try < 500; try++)); do alive node || break; sleep 0.02; done
  fi
  halt node 0
  for port in "/sys/class/net/$BRIDGE/brif"/*; do
    [ ! -e "$port" ] || ip link del "${port##*/}" 2>/dev/null || true
  done
  ip link del "$BRIDGE" 2>/dev/null || true
  for ((try = 0; try < 100; try++)); do
    find /sys/fs/cgroup -depth -type d -path "*/$CGROUP*" -exec rmdir {} + 2>/dev/null || true
    [ -n "$(find /sys/fs/cgroup -maxdepth 2 -type d -name "$CGROUP")" ] || break
    sleep 0.05
  done
  if [ -f "$D/node/sysctl" ]; then
    while IFS= read -r setting; do sysctl -q -w "$setting" 2>/dev/null || true; done <"$D/node/sysctl"
  fi
  rm -rf "$D/node"
  halt node-lock 1
}

# instance_down: ends everything of this instance and, unless KEEP is set, removes its directory.
instance_down() {
  local name
  halt watchdog 0
  halt kube-scheduler 0
  node_down
  for name in kube-controller-manager kube-apiserver; do halt "$name" 0; done
  halt etcd 2
  rm -f "$TESTBED_HOME/instances/${D##*/}"
  if [ -z "${KEEP-}" ]; then rm -rf "$D"; fi
}

# sweep: takes down every instance whose owner is dead. An instance without an owner stays until it is taken down by hand.
sweep() {
  local link
  for link in "$TESTBED_HOME"/instances/*; do
    if [ -L "$link" ] && [ ! -d "$link/run" ]; then rm -f "$link"; fi
    if [ -f "$link/run/owner.pid" ] && [ "$(readlink "$link")" != "${D-}" ]; then
      (
        D=$(readlink "$link") || exit 0 # somebody else took it down meanwhile
        if ! alive owner; then
          lock_instance
          say "sweeping up $D, whose owner died"
          instance_down
        fi
      )
    fi
  done
}
