#!/bin/bash
# Installs what is missing, builds the dev preset (optimised, contracts and library assertions on, warnings are errors)
# and runs every fuzz target for a minute, then every test; the last lines are what the fuzz targets said. May be run
# again: packages and objects that are there are kept.
# Arguments go to ctest (-R io); then nothing is fuzzed.
set -euo pipefail
cd "$(dirname "$0")/.."

cores=$(nproc)
bash jobs/install-packages.sh --tests
cmake --preset dev
cmake --build --preset dev --parallel "$cores"
fuzzed=0
[ "$#" -gt 0 ] || bash tests/fuzz/run.sh || fuzzed=$?
tested=0
ctest --preset dev --parallel "$cores" --no-tests=error "$@" || tested=$?
if [ "$#" -eq 0 ] && [ -f build/fuzz/summary ]; then cat build/fuzz/summary; fi
exit $((tested ? tested : fuzzed))
