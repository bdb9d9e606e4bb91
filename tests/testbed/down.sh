#!/bin/bash
# down.sh [--keep] DIR: ends what up.sh and node-up.sh started there, and removes DIR. --keep leaves DIR with its logs.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
KEEP=''
if [ "${1-}" = --keep ]; then KEEP=1; shift; fi
enter "${1-}"
lock_instance
instance_down
