#!/bin/bash
# up.sh [--owner PID] [--no-controllers] [DIR]: etcd, API server and controller manager on loopback. Prints the instance's directory.
# Starts what does not run: a second call on the same DIR brings a killed server back on the same ports, with the same certificates.
#   --owner PID        takes everything down when PID ends, however it ends
#   --no-controllers   no controller manager: objects stay as they were written (large made-up sets of pods)
# DIR/admin.kubeconfig is system:masters; DIR/nobody.kubeconfig has a valid token and no rights.
# TESTBED_APISERVER_ARGS adds flags of the API server.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
. "$HERE/pki.sh"
owner='' controllers=1 dir=''
while [ $# -gt 0 ]; do
  case $1 in
    --owner) owner=$2; shift ;;
    --no-controllers) controllers='' ;;
    -*) die "unknown option $1" ;;
    *) dir=$1 ;;
  esac
  shift
done
missing=$("$HERE/prepare.sh" --check control-plane) || die "run $HERE/prepare.sh first: $missing"
sweep

[ -n "$dir" ] || dir=$(mktemp -d "${TMPDIR:-/tmp}/istioadmin-XXXXXX")
if [ -d "$dir" ] && [ ! -f "$dir/env" ] && [ -n "$(ls -A "$dir")" ]; then die "$dir has other things in it; down.sh would remove them"; fi
(umask 077 && mkdir -p "$dir"/{run,log,pki,etcd})
chmod 700 "$dir"
enter "$dir"
lock_instance
fresh=''
if [ ! -f "$D/env" ]; then
  fresh=1
  KEEP=1 # the logs of a failed start stay
  trap instance_down EXIT
  trap 'KEEP=; exit 130' INT TERM
  exec 8>"$TESTBED_HOME/ports.lock"
  flock 8
  free_ports 5
  printf '%s\n' "API_PORT=${PORTS[0]}" "ETCD_PORT=${PORTS[1]}" "PEER_PORT=${PORTS[2]}" "CONTROLLERS_PORT=${PORTS[3]}" "SCHEDULER_PORT=${PORTS[4]}" >"$D/env"
  ln -sfn "$D" "$TESTBED_HOME/instances/${D##*/}"
  exec 8>&-
  if [ -n "$owner" ]; then
    note_pid owner "$owner"
    launch watchdog bash -c '. "$0"; enter "$1"; watch_owner' "$HERE/watchdog.sh" "$D"
  fi
fi
. "$D/env"

alive etcd || launch etcd etcd --name=testbed --data-dir="$D/etcd" --log-outputs=stderr --logger=zap --unsafe-no-fsync \
  --listen-client-urls="http://127.0.0.1:$ETCD_PORT" --advertise-client-urls="http://127.0.0.1:$ETCD_PORT" \
  --listen-peer-urls="http://127.0.0.1:$PEER_PORT" --initial-advertise-peer-urls="http://127.0.0.1:$PEER_PORT" \
  --initial-cluster="testbed=http://127.0.0.1:$PEER_PORT" --heartbeat-interval=50 --election-timeout=500

if [ -n "$fresh" ]; then
  new_ca ca
  new_ca front-proxy-ca
  new_key service-accounts
  openssl pkey -in "$D/pki/service-accounts.key" -pubout -out "$D/pki/service-accounts.pub"
  new_certificate apiserver ca /CN=kube-apiserver "DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1"
  new_certificate apiserver-kubelet ca /O=system:masters/CN=kube-apiserver-kubelet
  new_certificate front-proxy front-proxy-ca /CN=front-proxy
  new_certificate admin ca /O=system:masters/CN=kubernetes-admin
  new_certificate controller-manager ca /CN=system:kube-controller-manager
  new_certificate scheduler ca /CN=system:kube-scheduler
  nobody=$(openssl rand -hex 16)
  (umask 077 && echo "$nobody,nobody,nobody" >"$D/pki/tokens.csv")
  kubeconfig "$D/admin.kubeconfig" admin "$(certificate_of admin)"
  kubeconfig "$D/nobody.kubeconfig" nobody "{token: $nobody}"
  kubeconfig "$D/controller-manager.kubeconfig" controller-manager "$(certificate_of controller-manager)"
  kubeconfig "$D/scheduler.kubeconfig" scheduler "$(certificate_of scheduler)"
fi

# shellcheck disable=SC2086
alive kube-apiserver || launch kube-apiserver "$BIN/kube-apiserver" \
  --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$API_PORT" --insecure-port=0 --endpoint-reconciler-type=none \
  --etcd-servers="http://127.0.0.1:$ETCD_PORT" \
  --tls-cert-file="$D/pki/apiserver.crt" --tls-private-key-file="$D/pki/apiserver.key" --client-ca-file="$D/pki/ca.crt" --cert-dir="$D/pki" \
  --kubelet-client-certificate="$D/pki/apiserver-kubelet.crt" --kubelet-client-key="$D/pki/apiserver-kubelet.key" --kubelet-preferred-address-types=Hostname \
  --requestheader-client-ca-file="$D/pki/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy --requestheader-username-headers=X-Remote-User \
  --requestheader-group-headers=X-Remote-Group --requestheader-extra-headers-prefix=X-Remote-Extra- \
  --proxy-client-cert-file="$D/pki/front-proxy.crt" --proxy-client-key-file="$D/pki/front-proxy.key" \
  --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$D/pki/service-accounts.pub" \
  --service-account-signing-key-file="$D/pki/service-accounts.key" --token-auth-file="$D/pki/tokens.csv" \
  --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
  --service-cluster-ip-range=10.96.0.0/16 --feature-gates=IPv6DualStack=true --allow-privileged=true --profiling=false ${TESTBED_APISERVER_ARGS:-}

for ((i = 0; ; i++)); do
  for name in etcd kube-apiserver; do alive $name || ended $name; done
  [ "$(curl -s --max-time 2 --cacert "$D/pki/ca.crt" "https://127.0.0.1:$API_PORT/readyz" || true)" != ok ] || break
  [ $i -lt 1200 ] || die "the API server did not get ready within a minute; see $D/log/kube-apiserver.log"
  sleep 0.05
done
# The server makes the namespace default itself, a moment after it calls itself ready.
for ((i = 0; ; i++)); do
  case $(curl -s --max-time 2 --cacert "$D/pki/ca.crt" --cert "$D/pki/admin.crt" --key "$D/pki/admin.key" \
    "https://127.0.0.1:$API_PORT/api/v1/namespaces/default" || true) in *'"phase": "Active"'* | *'"phase":"Active"'*) break ;; esac
  [ $i -lt 600 ] || die "there is no namespace default after 30 s; see $D/log/kube-apiserver.log"
  sleep 0.05
done

if [ -n "$controllers" ] && { [ -n "$fresh" ] || [ -f "$D/run/kube-controller-manager.pid" ]; }; then
  alive kube-controller-manager || launch kube-controller-manager "$BIN/kube-controller-manager" --kubeconfig="$D/controller-manager.kubeconfig" \
    --bind-address=127.0.0.1 --secure-port="$CONTROLLERS_PORT" --port=0 --cert-dir="$D/pki" --leader-elect=false --use-service-account-credentials=true \
    --root-ca-file="$D/pki/ca.crt" --service-account-private-key-file="$D/pki/service-accounts.key" \
    --cluster-signing-cert-file="$D/pki/ca.crt" --cluster-signing-key-file="$D/pki/ca.key" --kube-api-qps=500 --kube-api-burst=1000 --profiling=false
  # Until the default service account has its token no pod can be created.
  for ((i = 0; ; i++)); do
    alive kube-controller-manager || ended kube-controller-manager
    case $(curl -s --max-time 2 --cacert "$D/pki/ca.crt" --cert "$D/pki/admin.crt" --key "$D/pki/admin.key" \
      "https://127.0.0.1:$API_PORT/api/v1/namespaces/default/serviceaccounts/default" || true) in *default-token*) break ;; esac
    [ $i -lt 600 ] || die "the default service account got no token within 30 s; see $D/log/kube-controller-manager.log"
    sleep 0.05
  done
fi
trap - EXIT
echo "$D"
