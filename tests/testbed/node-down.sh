#!/bin/bash
# node-down.sh DIR: ends the node, leaves the control plane; the node and its pods are deleted from the API.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
enter "${1-}"
lock_instance
halt kube-scheduler 0
node_down
if alive kube-apiserver; then
  kubectl=("$BIN/kubectl" --kubeconfig "$D/admin.kubeconfig")
  "${kubectl[@]}" delete node "$NODE" --ignore-not-found >/dev/null
  "${kubectl[@]}" delete pods -A --field-selector "spec.nodeName=$NODE" --force --grace-period=0 >/dev/null 2>&1
fi
