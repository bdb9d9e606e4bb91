#!/bin/bash
# first-session.sh: a real control plane and node, pods of every shape that a mesh knows, and the module's first session on them
# (docs/first-session.ps1, in the module's own console). Takes everything down at the end, also after Ctrl+C.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
if [ ! -f /etc/debian_version ] || [ "$(id -u)" != 0 ]; then
  cat >&2 <<'TEXT'
first-session.sh brings up a Kubernetes node from Debian's packages: it needs Debian 12 and root.
With a cluster of your own, on any system with PowerShell 7.4 or newer:
    dotnet build
    pwsh -NoExit -Command "Import-Module ./out/IstioAdmin/0.1.0/IstioAdmin.psd1; Connect-MeshCluster"
Without pwsh, the same in the module's own console:
    dotnet run --project src/IstioAdmin.Console
TEXT
  exit 1
fi
command -v dotnet >/dev/null || die 'the .NET SDK 10 is not on the path; see https://dotnet.microsoft.com/download'

"$HERE/prepare.sh"
say 'building the module'
dotnet build "$HERE/../../src/IstioAdmin.Console" --verbosity quiet --nologo -clp:NoSummary >&2
say 'starting a control plane and a node'
instance=$("$HERE/up.sh" --owner $$)
trap '"$HERE/down.sh" "$instance"' EXIT
"$HERE/node-up.sh" "$instance"

console() { dotnet run --project "$HERE/../../src/IstioAdmin.Console" --no-build -- "$@"; }
# The node's stand-in of istio-cni writes into one of the pods what Istio would; the others have no rules.
mkdir -p "$instance/node/rules"
for family in IPv4:iptables IPv6:ip6tables; do
  printf '%s-nft-restore <<"END"\n%s\nEND\n' "${family#*:}" "$(console -Command "New-PodRedirectionRule -Family ${family%:*} | ConvertTo-IptablesSave")"
done >"$instance/node/rules/mesh_cni-validation"

kubectl() { "$BIN/kubectl" --kubeconfig "$instance/admin.kubeconfig" "$@" >&2; }
kubectl create namespace mesh
for ((i = 0; i < 100; i++)); do ! kubectl get serviceaccount default --namespace mesh 2>/dev/null || break; sleep 0.1; done
kubectl apply --namespace mesh --filename "$HERE/manifests"
kubectl wait pods --all --for=condition=Ready --timeout=90s --namespace mesh
echo
KUBECONFIG=$instance/admin.kubeconfig console -File "$HERE/../../docs/first-session.ps1"
