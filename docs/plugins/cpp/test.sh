#!/bin/sh
# Builds the plugin and places pods with it. BERTH is the program, BERTH_INCLUDE_DIR where
# berth/plugin.h is if that is not installed, BUILD where to build.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/build}
cmake -S "$here" -B "$build" ${BERTH_INCLUDE_DIR:+-DBERTH_INCLUDE_DIR="$BERTH_INCLUDE_DIR"}
cmake --build "$build"
sed "s|path: build/|path: $build/|" "$here/profile.yaml" > "$build/profile.yaml"
decisions=$("${BERTH:-berth}" simulate -f "$here/cluster.yaml" --config "$build/profile.yaml" \
  --decisions - --quiet)
echo "$decisions"
echo "$decisions" | grep '"default/trainer"' | grep -q '"chosen":"kept"'
echo "$decisions" | grep '"default/web"' | grep -q '"chosen":"common"'
echo "$decisions" | grep '"default/stranded"' | grep -q "not of the pod's pool"
