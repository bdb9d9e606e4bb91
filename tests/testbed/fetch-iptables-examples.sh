#!/bin/bash
# fetch-iptables-examples.sh: puts the examples that iptables tests its extensions with (extensions/*.t) into TESTBED_HOME/iptables-examples, from
# Debian 12's source package "iptables" (1.8.9). They are upstream's, and so are fetched, not kept here.
#   --check   fails when they are not there
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"

[ ! -d "$EXAMPLES" ] || exit 0
[ "${1-}" != --check ] || exit 1
say 'fetching the source package iptables'
rm -rf "$EXAMPLES.new"
mkdir -p "$EXAMPLES.new/package"
cd "$EXAMPLES.new/package"
download_source iptables >&2
tar -xJf iptables_*.orig.tar.xz -C "$EXAMPLES.new" --strip-components=2 --wildcards '*/extensions/*.t'
rm -rf "$EXAMPLES.new/package"
mv "$EXAMPLES.new" "$EXAMPLES"
