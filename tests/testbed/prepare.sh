#!/bin/bash
# prepare.sh: makes this machine ready for the testbed: Debian's packages, the control plane built from Debian's source package, the images.
# Idempotent; a second run has nothing to do and takes a moment. Two runs at once wait for each other.
# Everything but the packages lies in TESTBED_HOME (~/.cache/istioadmin-testbed).
#   --check control-plane|node|kernel|hosts   prints what is missing for that, in one line, and fails; changes nothing
#   --clean                      removes TESTBED_HOME
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"

# What each step needs: command or file, and the Debian package that has it.
CONTROL_PLANE='etcd:etcd-server openssl:openssl curl:curl pkill:procps'
RUNTIME="containerd:containerd runc:runc $CNI_BIN/bridge:containernetworking-plugins unshare:util-linux ip:iproute2 iptables-nft:iptables nft:nftables"
HOSTS='/usr/sbin/sshd:openssh-server ssh:openssh-client unshare:util-linux'
KERNEL='ipset:ipset iptables-nft:iptables iptables-legacy:iptables nft:nftables ip:iproute2'
IMAGES='gcc:gcc /usr/include/stdlib.h:libc6-dev busybox:busybox-static iptables:iptables ss:iproute2 nft:nftables'
BUILD='go:golang-go dpkg-source:dpkg-dev /usr/share/gocode/src/github.com/modern-go/reflect2/reflect2.go:golang-github-modern-go-reflect2-dev'

# packages_missing TABLE...
packages_missing() {
  local row
  # shellcheck disable=SC2048
  for row in $*; do command -v "${row%:*}" >/dev/null || [ -f "${row%:*}" ] || echo "${row##*:}"; done | sort -u | tr '\n' ' '
}

# missing control-plane|node|kernel|hosts: one line; nothing when all is there.
missing() {
  local packages built binaries=(kube-apiserver kube-controller-manager kubectl) files='' rest=''
  [ "$(uname -s)" = Linux ] || rest+='Linux; '
  case $1 in
    control-plane) packages=$(packages_missing "$CONTROL_PLANE") ;;
    node)
      packages=$(packages_missing "$CONTROL_PLANE $RUNTIME")
      binaries+=(kube-scheduler kubelet)
      [ "$(id -u)" = 0 ] || rest+='root (namespaces, a bridge); '
      "$HERE/make-images.sh" --check || files='the images; '
      ;;
    kernel)
      packages=$(packages_missing "$KERNEL") binaries=()
      "$HERE/fetch-iptables-examples.sh" --check || files="iptables' examples; "
      [ "$(id -u)" = 0 ] || rest+='root (network namespaces); '
      ;;
    hosts)
      packages=$(packages_missing "$HOSTS") binaries=()
      [ "$(id -u)" = 0 ] || rest+='root (namespaces); '
      ;;
    *) die "--check control-plane, --check node, --check kernel or --check hosts" ;;
  esac
  built=$("$HERE/build-kubernetes.sh" --check ${binaries[@]+"${binaries[@]}"})
  rest+=${packages:+Debian packages $packages; }${built:+$built in $BIN; }$files
  echo "${rest%; }"
}

case ${1-} in
  --check)
    gone=$(missing "${2-}")
    [ -z "$gone" ] || { echo "missing: $gone"; exit 1; }
    exit 0
    ;;
  --clean)
    [ -z "$(ls -A "$TESTBED_HOME/instances")" ] || die "instances still run; take them down first: $(readlink "$TESTBED_HOME"/instances/* | tr '\n' ' ')"
    rm -rf "$TESTBED_HOME"
    exit 0
    ;;
  '') ;;
  *) die "unknown option $1" ;;
esac

[ -n "$(missing node)$(missing kernel)$(missing hosts)" ] || exit 0
exec 8>"$TESTBED_HOME/prepare.lock"
flock -n 8 || { say 'waiting for another prepare.sh'; flock 8; }

want="$CONTROL_PLANE $RUNTIME $KERNEL $HOSTS"
[ -z "$("$HERE/build-kubernetes.sh" --check kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl)" ] || want+=" $BUILD"
"$HERE/make-images.sh" --check || want+=" $IMAGES"
"$HERE/fetch-iptables-examples.sh" --check || want+=' xz:xz-utils'
packages=$(packages_missing "$want")
if [ -n "$packages" ]; then
  command -v apt-get >/dev/null || die "the testbed is made from Debian 12's packages, and this system has no apt-get. It would install: $packages"
  [ "$(id -u)" = 0 ] || die "run this once as root: apt-get install --no-install-recommends $packages"
  say "installing $packages"
  # etcd, containerd and sshd come with services; installing them for the tests must not start any.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
  fi
  apt=(apt-get -q -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)
  "${apt[@]}" update >&2
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends $packages >&2
fi
"$HERE/build-kubernetes.sh" kube-apiserver kube-controller-manager kubectl kube-scheduler kubelet
"$HERE/make-images.sh"
"$HERE/fetch-iptables-examples.sh"
gone=$(missing control-plane)$(missing kernel)$(missing hosts)
[ -z "$gone" ] || die "still missing: $gone"
