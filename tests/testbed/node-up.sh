#!/bin/bash
# node-up.sh DIR: joins a node to the control plane in DIR: scheduler, containerd, kubelet and CNI, with real pods in their own network namespaces.
# One node at a time on a machine (bridge, pod addresses and sysctls are the machine's): waits for its turn, at most TESTBED_NODE_WAIT seconds (1800).
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
. "$HERE/pki.sh"
enter "${1-}"
missing=$("$HERE/prepare.sh" --check node) || die "run $HERE/prepare.sh first: $missing"
lock_instance
alive kube-apiserver || die "no API server runs in $D; run up.sh first"
! alive node || die "$D has its node already"
. "$D/env"
N=$D/node

exec 9>"$TESTBED_HOME/node.lock"
for ((waited = 0; ; waited += 2)); do
  sweep
  ! flock -w 2 9 || break
  [ $waited != 0 ] || say "waiting for the machine's other node to end"
  [ $waited -lt "${TESTBED_NODE_WAIT:-1800}" ] || die "another node still runs; see $TESTBED_HOME/instances"
  [ ! -f "$D/run/owner.pid" ] || alive owner || exit 1
done
trap 'node_down' EXIT
trap 'exit 130' INT TERM
mkdir -p "$N"/{cni,cni-bin,rules,kubelet,manifests,containerd,var/log,var/lib}
launch node-lock sleep infinity # keeps fd 9, and with it the lock, until node_down
exec 9>&-

exec 8>"$TESTBED_HOME/ports.lock"
flock 8
free_ports 3
printf '%s\n' "KUBELET_PORT=${PORTS[0]}" "HEALTH_PORT=${PORTS[1]}" "STREAM_PORT=${PORTS[2]}" >>"$D/env"
exec 8>&-
. "$D/env"
new_certificate kubelet ca "/O=system:nodes/CN=system:node:$NODE"
new_certificate kubelet-server ca "/CN=$NODE" "IP:127.0.0.1"
kubeconfig "$N/kubelet.kubeconfig" kubelet "$(certificate_of kubelet)"

cat >"$N/containerd.toml" <<TOML
version = 2
root = "$N/containerd/root"
state = "$N/containerd/state"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "$N/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.local/pause:1"
  stream_server_address = "127.0.0.1"
  stream_server_port = "$STREAM_PORT"
  disable_apparmor = true
  # virtual machines and containers often lack CAP_SYS_RESOURCE and huge pages
  restrict_oom_score_adj = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$N/cni-bin"
    conf_dir = "$N/cni"
TOML
ln -s "$CNI_BIN"/* "$N/cni-bin/"
install -m 755 "$HERE/istio-cni.sh" "$N/cni-bin/istio-cni"
ranges="[{\"subnet\": \"${TESTBED_POD_CIDR:-10.244.7.0/24}\"}]" routes='{"dst": "0.0.0.0/0"}'
if [ "$(cat /proc/sys/net/ipv6/conf/all/disable_ipv6 2>/dev/null)" = 0 ]; then
  ranges+=", [{\"subnet\": \"${TESTBED_POD_CIDR6:-fd00:10:244:7::/64}\"}]" routes+=', {"dst": "::/0"}'
fi
cat >"$N/cni/10-pods.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "$BRIDGE", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$N/addresses", "ranges": [$ranges], "routes": [$routes]}},
  {"type": "istio-cni"}]}
JSON
: >"$N/resolv.conf"
cat >"$N/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: $KUBELET_PORT
readOnlyPort: 0
healthzPort: $HEALTH_PORT
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $D/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $D/pki/kubelet-server.crt
tlsPrivateKeyFile: $D/pki/kubelet-server.key
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP
featureGates: {IPv6DualStack: true}
enforceNodeAllocatable: []
failSwapOn: false
makeIPTablesUtilChains: false
resolvConf: $N/resolv.conf
staticPodPath: $N/manifests
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
# a full disk on a developer's machine is no reason to evict the test's pods
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%"}
nodeStatusUpdateFrequency: 2s
serializeImagePulls: false
YAML

# What the kubelet and the bridge plugin set for the whole machine; node_down puts it back.
for setting in kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes vm.overcommit_memory vm.panic_on_oom net.ipv4.ip_forward; do
  sysctl "$setting" 2>/dev/null | tr -d ' ' || true
done >"$N/sysctl"
# A cgroup of our own: the kubelet removes every pod cgroup that it does not know, and a real kubelet's are under /.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p "/sys/fs/cgroup/$CGROUP"
  sed 's/\w\+/+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
else
  for controller in /sys/fs/cgroup/*/; do [ ! -f "$controller/tasks" ] || mkdir -p "$controller$CGROUP"; done
  cat /sys/fs/cgroup/cpuset/cpuset.cpus >"/sys/fs/cgroup/cpuset/$CGROUP/cpuset.cpus"
  cat /sys/fs/cgroup/cpuset/cpuset.mems >"/sys/fs/cgroup/cpuset/$CGROUP/cpuset.mems"
fi

alive kube-scheduler || launch kube-scheduler "$BIN/kube-scheduler" --kubeconfig="$D/scheduler.kubeconfig" \
  --bind-address=127.0.0.1 --secure-port="$SCHEDULER_PORT" --port=0 --cert-dir="$D/pki" --leader-elect=false --profiling=false
launch node unshare --mount --pid --fork --kill-child --mount-proc "$HERE/node-init.sh" "$D"

kubectl=("$BIN/kubectl" --kubeconfig "$D/admin.kubeconfig")
for ((i = 0; ; i++)); do
  alive node || ended node
  [ "$("${kubectl[@]}" get node "$NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null || true)" != True ] || break
  [ $i -lt 600 ] || die "the node did not get Ready within two minutes; see $D/log"
  sleep 0.1
done
trap - EXIT
