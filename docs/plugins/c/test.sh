#!/bin/sh
# Builds the plugin and places a pod with it. BERTH is the program, BERTH_INCLUDE_DIR where
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
echo "$decisions" | grep -q '"chosen":"frugal"'
