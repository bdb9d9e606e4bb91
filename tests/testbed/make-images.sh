#!/bin/bash
# make-images.sh: the images that the node's pods run, made from Debian's busybox and iptables without a registry, as one archive
# TESTBED_HOME/images/testbed.tar. The stand-ins carry the names of Istio's images and do what a test of pods needs: they start, listen, get ready
# and end when told; they redirect nothing. Beside the archive lies endpoint, the program at both ends of a test's packets.
#   --check   fails when the archive is missing or was made by another version of this script
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"

# Bookinfo as samples/bookinfo/platform/kube/bookinfo.yaml of istio/istio names it, at these registries and versions.
BOOKINFO_REGISTRIES='docker.io/istio registry.istio.io/release'
BOOKINFO_VERSIONS='1.16.4 1.20.3'
BOOKINFO='details-v1 ratings-v1 reviews-v1 reviews-v2 reviews-v3 productpage-v1'
# The sidecar and what sets the redirection up, of the first generation (1.1) and of today.
PROXIES='docker.io/istio/proxyv2:1.1.14 docker.io/istio/proxyv2:1.24.0'
PROXY_INITS='docker.io/istio/proxy_init:1.1.14'

OUT=$TESTBED_HOME/images
stamp=$(cat "${BASH_SOURCE[0]}" "$HERE/endpoint.c" | sha256sum)
if [ "$(cat "$OUT/stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi
if [ "${1-}" = --check ]; then exit 1; fi

say 'making the images'
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
mkdir -p "$OUT" "$W/archive" "$W"/{pause,busybox,nettools,endpoint,stand-ins}
manifest=''

reproducible_tar() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$1" -cf "$2" "${@:3}"; }

# layer NAME: packs the directory W/NAME.
layer() { reproducible_tar "$W/$1" "$W/archive/$1.tar" .; }

# image "REFERENCE..." "LAYER..." CONFIG: one image under all its names.
image() {
  local digests='' layers='' tags='' name config
  for name in $2; do digests+=",\"sha256:$(sha256sum <"$W/archive/$name.tar" | cut -d' ' -f1)\""; layers+=",\"$name.tar\""; done
  for name in $1; do tags+=",\"$name\""; done
  printf '{"architecture":"%s","os":"linux","config":%s,"rootfs":{"type":"layers","diff_ids":[%s]}}' \
    "$(dpkg --print-architecture)" "$3" "${digests#,}" >"$W/config"
  config=$(sha256sum <"$W/config" | cut -d' ' -f1).json
  mv "$W/config" "$W/archive/$config"
  manifest+=",{\"Config\":\"$config\",\"RepoTags\":[${tags#,}],\"Layers\":[${layers#,}]}"
}
PATHS='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]'

# --- pause: holds a pod's namespaces and reaps its orphans
cat >"$W/pause.c" <<'C'
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void leave(int signal) { (void)signal; _exit(0); }
static void reap(int signal) { (void)signal; while (waitpid(-1, NULL, WNOHANG) > 0); }
int main(void) { signal(SIGINT, leave); signal(SIGTERM, leave); signal(SIGCHLD, reap); for (;;) pause(); }
C
gcc -static -Os -s -o "$W/pause/pause" "$W/pause.c"
layer pause
image registry.local/pause:1 pause '{"Entrypoint":["/pause"]}'

# --- busybox
root=$W/busybox
mkdir -p "$root"/{bin,etc,home,root,tmp,usr/sbin,var/run}
chmod 1777 "$root/tmp"
busybox=$(command -v busybox)
install -m 755 "$busybox" "$root/bin/busybox"
for name in $("$busybox" --list); do [ "$name" = busybox ] || ln -s busybox "$root/bin/$name"; done
ln -s ../bin "$root/usr/bin"
printf '%s\n' 'root:x:0:0::/root:/bin/sh' 'app:x:1000:1000::/home:/bin/sh' 'istio-proxy:x:1337:1337::/home:/bin/sh' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'app:x:1000:' 'istio-proxy:x:1337:' >"$root/etc/group"
layer busybox
image registry.local/busybox:1 busybox "{\"Cmd\":[\"sh\"],$PATHS}"

# --- endpoint: listens on many ports and says at which one somebody came out; sends as anybody
mkdir -p "$W/endpoint/bin"
gcc -static -Os -s -o "$W/endpoint/bin/endpoint" "$HERE/endpoint.c"
layer endpoint
image registry.local/endpoint:1 'busybox endpoint' "{\"Entrypoint\":[\"endpoint\"],$PATHS}"

# --- nettools: iptables (nft and legacy), nft, ip and ss of Debian, in front of busybox's own
root=$W/nettools
mkdir -p "$root/usr/sbin"
# add FILE [AS]: the file and the libraries that it loads
add() {
  local library
  install -D -m 755 "$(readlink -f "$1")" "$root${2:-$1}"
  for library in $(ldd "$1" | grep -o '/[^ ]*'); do install -D -m 755 "$(readlink -f "$library")" "$root$library"; done
}
for name in nft legacy; do add "$(command -v xtables-$name-multi || echo /usr/sbin/xtables-$name-multi)" "/usr/sbin/xtables-$name-multi"; done
for name in iptables ip6tables; do
  for suffix in '' -save -restore; do
    ln -s xtables-nft-multi "$root/usr/sbin/$name$suffix"
    ln -s xtables-nft-multi "$root/usr/sbin/$name-nft$suffix"
    ln -s xtables-legacy-multi "$root/usr/sbin/$name-legacy$suffix"
  done
done
add "$(command -v ip)" /usr/sbin/ip
add "$(command -v nft)" /usr/sbin/nft
add "$(command -v ss)" /usr/sbin/ss
extensions=/usr/lib/$(gcc -print-multiarch)/xtables
mkdir -p "$root$extensions"
cp "$extensions"/*.so "$root$extensions/"
layer nettools
image registry.local/nettools:1 'busybox nettools' "{\"Cmd\":[\"sh\"],$PATHS}"

# --- stand-ins
root=$W/stand-ins
mkdir -p "$root"/{usr/local/bin,srv/proxy/healthz,srv/details/details,srv/ratings/ratings,srv/reviews/reviews,srv/productpage}
cat >"$root/usr/local/bin/serve" <<'SH'
#!/bin/sh
# serve DIRECTORY PORT...: as the first process of a container it must see to it that TERM ends it
trap 'exit 0' TERM INT
directory=$1
shift
for port; do httpd -f -p "$port" -h "$directory" & done
wait
SH
cat >"$root/usr/local/bin/pilot-agent" <<'SH'
#!/bin/sh
# Ready at the ports where the sidecars of 1.1 (15020) and of today (15021) are asked, and listening where a sidecar does: 15001 outbound, 15006
# inbound, 15008 tunnel, 15053 DNS, 15090 metrics. Anything but "proxy" says what it was asked and ends.
if [ "$1" = proxy ]; then
  transparent=
  [ "${ISTIO_META_INTERCEPTION_MODE-}" != TPROXY ] || transparent=transparent
  endpoint serve proxy $transparent 15001 15006 15008 15053 15090 &
  exec serve /srv/proxy 15020 15021
fi
echo "stand-in, nothing done: $0 $*"
SH
cp "$root/usr/local/bin/pilot-agent" "$root/usr/local/bin/istio-iptables.sh"
chmod 755 "$root"/usr/local/bin/*
echo ok >"$root/srv/proxy/healthz/ready"
echo '{"id":0,"author":"stand-in","pages":1}' >"$root/srv/details/details/0"
echo '{"id":0,"ratings":{"Reviewer1":5,"Reviewer2":4}}' >"$root/srv/ratings/ratings/0"
echo '{"id":"0","reviews":[]}' >"$root/srv/reviews/reviews/0"
echo '<!DOCTYPE html><title>Simple Bookstore App</title>' >"$root/srv/productpage/index.html"
cp "$root/srv/productpage/index.html" "$root/srv/productpage/productpage"
for name in details ratings reviews productpage; do echo '{"status":"stand-in is healthy"}' >"$root/srv/$name/health"; done
layer stand-ins
for service in $BOOKINFO; do
  names=''
  for registry in $BOOKINFO_REGISTRIES; do for version in $BOOKINFO_VERSIONS; do names+="$registry/examples-bookinfo-$service:$version "; done; done
  image "$names" 'busybox stand-ins' "{\"Entrypoint\":[\"serve\",\"/srv/${service%-v*}\",\"9080\"],\"User\":\"1000\",\"ExposedPorts\":{\"9080/tcp\":{}},$PATHS}"
done
image "$PROXIES" 'busybox endpoint stand-ins' "{\"Entrypoint\":[\"pilot-agent\"],\"User\":\"1337\",$PATHS}"
image "$PROXY_INITS" 'busybox nettools stand-ins' "{\"Entrypoint\":[\"istio-iptables.sh\"],$PATHS}"

echo "[${manifest#,}]" >"$W/archive/manifest.json"
(cd "$W/archive" && reproducible_tar . "$W/testbed.tar" -- *)
install -m 755 "$W/endpoint/bin/endpoint" "$OUT/.endpoint"
mv "$OUT/.endpoint" "$OUT/endpoint" # in one step: another copy may be running
mv "$W/testbed.tar" "$OUT/testbed.tar"
echo "$stamp" >"$OUT/stamp"
