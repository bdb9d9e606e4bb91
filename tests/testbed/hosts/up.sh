#!/bin/bash
# up.sh DIR NAME PORT: a machine named NAME that sshd on 127.0.0.1:PORT leads to, in namespaces of its own for files and name: it sees a copy of
# /etc, and the stand-ins beside this script as pke and kubectl. DIR holds its keys (host_key, authorized_keys) and the state of its bed. Ends with
# its sshd, which this script becomes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ "${4-}" != inside ]; then exec unshare --mount --uts --propagation private "$0" "$@" inside; fi
dir=$1 name=$2 port=$3
mkdir -p "$dir/$name/etc" "$dir/$name/sshd"
cp -a /etc/. "$dir/$name/etc/"
mount --bind "$dir/$name/etc" /etc
rm -rf /etc/kubernetes
# Where sshd's unprivileged child lives; it insists on the place.
mkdir -p /run/sshd
mount --bind "$dir/$name/sshd" /run/sshd
hostname "$name"
cat >"$dir/$name/sshd_config" <<EOF
ListenAddress 127.0.0.1:$port
HostKey $dir/host_key
AuthorizedKeysFile $dir/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv PATH=$here:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PKE_STATE=$dir/state
EOF
exec /usr/sbin/sshd -D -e -f "$dir/$name/sshd_config"
