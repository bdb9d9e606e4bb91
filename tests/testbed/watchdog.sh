# shellcheck shell=bash
# Sourced by the process that up.sh --owner starts: waits for the owner's end, then takes the instance down.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

watch_owner() {
  while alive owner; do sleep 0.5; done
  lock_instance # a script of the owner's that is still at work ends first
  rm -f "$D/run/watchdog.pid" # or instance_down would end us
  instance_down
}
