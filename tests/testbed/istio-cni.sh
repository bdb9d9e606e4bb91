#!/bin/bash
# istio-cni: stands in for Istio's CNI plugin, last in the node's chain (node-up.sh). Before any container of a pod starts it runs the script
# DIR/node/rules/NAMESPACE_POD in the pod's network namespace, when a test has put one there, or NAMESPACE_NAME-* (so, with the asterisk) for the
# pods of a Deployment; pods without one are left as they are.
# Which pods get rules, and which rules, is the test's decision: it writes what istio-cni would.
set -u
case $CNI_COMMAND in
  VERSION) echo '{"cniVersion":"0.4.0","supportedVersions":["0.3.0","0.3.1","0.4.0"]}'; exit ;;
  ADD) ;;
  *) exit 0 ;; # the rules go away with the namespace
esac
config=$(cat)
argument() { local rest=${CNI_ARGS#*"$1="}; echo "${rest%%;*}"; }
pod=$(argument K8S_POD_NAME)
rules=$(dirname "$0")/../rules/$(argument K8S_POD_NAMESPACE)_
script=$rules$pod
[ -f "$script" ] || script="$rules${pod%-*-*}-*" # NAME-HASH-ID
if [ -f "$script" ] && ! said=$(nsenter --net="$CNI_NETNS" sh -e "$script" 2>&1); then
  printf '{"cniVersion":"0.4.0","code":100,"msg":"%s failed: %s"}' "$script" "$(tr -d '"\\' <<<"$said" | tr '\n\t' '  ')"
  exit 1
fi

# What the plugins before this one made of the pod goes on as it came: the object behind "prevResult".
rest=${config#*'"prevResult":'}
depth=0
for ((i = 0; i < ${#rest}; i++)); do
  case ${rest:i:1} in
    '{') depth=$((depth + 1)) ;;
    '}') depth=$((depth - 1)); [ $depth != 0 ] || break ;;
  esac
done
echo "${rest:0:i+1}"
