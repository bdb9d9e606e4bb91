#!/bin/bash
# node-init.sh DIR: first process of the node, in a PID and a mount namespace of its own (node-up.sh). When it ends, the kernel ends the whole node.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
enter "$1"
N=$D/node
# Containers may ask for mount propagation; what containerd, CNI and kubelet put at fixed places stays in here.
mount --make-rshared /
mount -t tmpfs tmpfs /run
mount --bind "$N/var/log" /var/log
mount --bind "$N/var/lib" /var/lib
# The bridge plugin would have the whole machine forward IPv6, which costs it the routes that it learned from its router.
mount --bind /dev/null /proc/sys/net/ipv6/conf/all/forwarding 2>/dev/null || true

containerd --config "$N/containerd.toml" >"$D/log/containerd.log" 2>&1 &
ctr=(ctr -a "$N/containerd.sock" -n k8s.io)
for ((i = 0; i < 400; i++)); do
  ! "${ctr[@]}" version >/dev/null 2>&1 || break
  kill -0 $! 2>/dev/null || break
  sleep 0.05
done
"${ctr[@]}" images import "$TESTBED_HOME/images/testbed.tar" >/dev/null

AWS_EC2_METADATA_DISABLED=true "$BIN/kubelet" --config="$N/kubelet.yaml" --kubeconfig="$N/kubelet.kubeconfig" --root-dir="$N/kubelet" --cert-dir="$N/kubelet-pki" \
  --container-runtime=remote --container-runtime-endpoint="unix://$N/containerd.sock" --image-service-endpoint="unix://$N/containerd.sock" \
  --hostname-override="$NODE" --v=1 >"$D/log/kubelet.log" 2>&1 &
wait -n # neither containerd nor the kubelet ever ends by itself
echo "containerd or the kubelet ended"
tail -n 3 "$D/log/containerd.log" "$D/log/kubelet.log"
exit 1
