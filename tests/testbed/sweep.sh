#!/bin/bash
# sweep.sh: takes down every instance whose owner is dead (a killed watchdog, a machine that was switched off). up.sh and node-up.sh do it first thing.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/lib.sh"
sweep
