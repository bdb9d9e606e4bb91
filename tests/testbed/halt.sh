#!/bin/bash
# halt.sh DIR NAME: kills one process of an instance (kube-apiserver, etcd, kube-controller-manager), as a crash would. up.sh DIR starts it again.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
enter "${1-}"
lock_instance
alive "${2:?which process?}" || die "no $2 runs in $D"
halt "$2" 0
