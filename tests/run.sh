#!/bin/bash
# Installs what is missing, builds the dev preset (optimised, contracts and library assertions on, warnings are errors)
# and runs every test, then every fuzz target for a minute. May be run again: packages and objects that are there are kept.
# Arguments go to ctest (-R io); then nothing is fuzzed.
set -euo pipefail
cd "$(dirname "$0")/.."

cores=$(nproc)
bash jobs/install-packages.sh --tests
cmake --preset dev
cmake --build --preset dev --parallel "$cores"
ctest --preset dev --parallel "$cores" --no-tests=error "$@"
if [ "$#" -eq 0 ]; then bash tests/fuzz/run.sh; fi
