#!/bin/bash
# build-kubernetes.sh COMMAND...: builds what is not in TESTBED_HOME/bin yet, from Debian 12's source package "kubernetes" (1.20.2 with its vendored
# modules) and Debian's Go. The network is needed for the source package only. About six minutes and 1.5 GB (sources, Go's build cache).
# What an earlier version of this script built is built anew: a machine that is kept has the same binaries as a bare one.
#   --check COMMAND...   prints those that are to be built
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
recipe=$(cksum <"$HERE/build-kubernetes.sh")
made() { [ -x "$BIN/$1" ] && [ "$recipe" = "$(cat "$BIN/$1.recipe" 2>/dev/null)" ]; }
check=''
[ "${1-}" != --check ] || { check=1; shift; }
todo=()
for name in "$@"; do made "$name" || todo+=("$name"); done
[ -z "$check" ] || { echo "${todo[*]-}"; exit 0; }
[ ${#todo[@]} != 0 ] || exit 0

W=$TESTBED_HOME/src
S=$W/gopath/src/k8s.io/kubernetes
mkdir -p "$W" "$BIN" "${S%/*}"
cd "$W"
# GOPATH mode, as Kubernetes 1.20's own Makefile builds: the vendor directory does not fit -mod=vendor of newer Go.
export CGO_ENABLED=0 GO111MODULE=off GOFLAGS='' GOPROXY=off GOPATH=$W/gopath GOCACHE=$W/gocache

# fetch_source: unpacks the source package.
fetch_source() {
  say 'fetching the source package kubernetes'
  download_source kubernetes
  rm -rf "$S.new"
  dpkg-source -x --no-check kubernetes_*.dsc "$S.new"
  # reflect2 1.0.1 (vendored) reads map iterators as Go before 1.18 laid them out and crashes the API server; Debian has a newer one.
  rm -rf "$S.new/vendor/github.com/modern-go/reflect2"
  cp -r /usr/share/gocode/src/github.com/modern-go/reflect2 "$S.new/vendor/github.com/modern-go/"
  # cAdvisor waits five seconds for a Docker that is not there, whenever a kubelet starts.
  sed -i 's/rootDirRetries = 5/rootDirRetries = 1/; s/= 1000 \* time.Millisecond/= time.Millisecond/' \
    "$S.new/vendor/github.com/google/cadvisor/container/docker/factory.go"
  rm -rf "$S"
  mv "$S.new" "$S"
}

# generate_openapi: the one generated file that is in no source tarball (upstream: make gen_openapi).
generate_openapi() {
  local packages
  say 'generating the OpenAPI definitions'
  go build -o "$W/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  packages=$(find -L pkg plugin cmd vendor/k8s.io -name '*.go' -type f -not -path '*/code-generator/*' -not -path '*/sample-apiserver/*' -print0 |
    xargs -0 grep -l '^// *+k8s:openapi-gen=' | xargs -n 1 dirname | LC_ALL=C sort -u | sed 's#^#k8s.io/kubernetes/#' | paste -sd,)
  "$W/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
    -h hack/boilerplate/boilerplate.generatego.txt -r "$W/violations"
}

[ -d "$S" ] && [ "$recipe" = "$(cat "$S.recipe" 2>/dev/null)" ] || { fetch_source >&2; echo "$recipe" >"$S.recipe"; }
cd "$S"
[ -f pkg/generated/openapi/zz_generated.openapi.go ] || generate_openapi >&2
flags='-s -w'
# The first is what the programs say of themselves, the second what the API server (its aggregator) answers at /version.
for package in component-base/version client-go/pkg/version; do
  package=k8s.io/kubernetes/vendor/k8s.io/$package
  flags+=" -X $package.gitVersion=v1.20.2 -X $package.gitMajor=1 -X $package.gitMinor=20"
done
for name in "${todo[@]}"; do
  say "building $name"
  go build -trimpath -tags providerless,dockerless -ldflags "$flags" -o "$BIN/$name.new" "./cmd/$name"
  mv "$BIN/$name.new" "$BIN/$name"
  echo "$recipe" >"$BIN/$name.recipe"
done
