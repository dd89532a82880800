#!/bin/bash
# Installs what is missing, builds the dev preset (optimised, contracts and library assertions on, warnings are errors)
# and runs every test, and beside them, in the time that they leave idle, every fuzz target for two minutes; the last lines
# are what the fuzz targets said. May be run again: packages and objects that are there are kept.
# Arguments go to ctest (-R io); then nothing is fuzzed.
set -euo pipefail
cd "$(dirname "$0")/.."

cores=$(nproc)
bash jobs/install-packages.sh --tests
cmake --preset dev
cmake --build --preset dev --parallel "$cores"
fuzzing=""
if [ "$#" -eq 0 ]; then
  # Not only nice: ranks that wait yield their core, and would have it back only after a slice of whoever is as ready.
  set -m # a process group of its own, to end all of it
  FLEETSNE_FUZZ_SECONDS=${FLEETSNE_FUZZ_SECONDS:-140} chrt --idle 0 bash tests/fuzz/run.sh >build/fuzz.log 2>&1 &
  fuzzing=$!
  set +m
  trap 'kill -- "-$fuzzing" 2>/dev/null || true' EXIT
fi
tested=0 fuzzed=0
ctest --preset dev --parallel "$cores" --no-tests=error "$@" || tested=$?
if [ -n "$fuzzing" ]; then
  wait "$fuzzing" || fuzzed=$?
  [ "$fuzzed" -eq 0 ] || tail -n 100 build/fuzz.log
  if [ -f build/fuzz/summary ]; then cat build/fuzz/summary; fi
fi
exit $((tested ? tested : fuzzed))
