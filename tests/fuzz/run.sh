#!/bin/bash
# Builds the fuzz targets (preset `fuzz`) and runs them on the corpus and what libFuzzer makes of it, as many side by side
# as there are cores. An input that finds something is kept in build/fuzz/found and named; then this fails.
#   bash tests/fuzz/run.sh               all targets, a minute each
#   bash tests/fuzz/run.sh npy state     only these
# FLEETSNE_FUZZ_SECONDS: how long each runs; FLEETSNE_FUZZ_JOBS: how many at a time.
# What new ways through the code libFuzzer finds is kept in build/fuzz/corpus and tried again the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."

export FLEETSNE_FUZZ_SECONDS=${FLEETSNE_FUZZ_SECONDS:-60}
jobs=${FLEETSNE_FUZZ_JOBS:-$(nproc)}
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --parallel "$(nproc)"
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
  for folder in tests/fuzz/corpus/*/; do targets+=("$(basename "$folder")"); done
fi

# shellcheck source=../../jobs/launcher.sh
source jobs/launcher.sh
launcher_export root
export OMP_NUM_THREADS=1
# No allocation above 512 MB is granted: HDF5 then refuses a file, where this program runs out of memory a size was believed,
# which is a finding. In all 2.5 GB may be used.
export ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=512:hard_rss_limit_mb=2500
export UBSAN_OPTIONS=print_stacktrace=1
# Without use_tls=0 LeakSanitizer of clang 14 fails at the end ("Tracer caught signal 11") where libhdf5_openmpi is linked.
export LSAN_OPTIONS="suppressions=$PWD/tests/fuzz/leaks.txt:print_suppressions=0:use_tls=0"

# One target. Prints its line; 1 if it found something. Leaks are looked for once at the end: after every input takes longer
# than the input.
run_target() {
  local target=$1 log=build/fuzz/$1.log executions
  mkdir -p "build/fuzz/corpus/$target" build/fuzz/found
  if ! "build/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$FLEETSNE_FUZZ_SECONDS" -timeout=20 -rss_limit_mb=0 -detect_leaks=0 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/found/$target-" \
    "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    echo "fuzz: $target has found something (log: $log):"
    grep -E 'ERROR:|SUMMARY:|runtime error|not the error|Test unit written to|Base64' "$log" | head -n 20 || true
    return 1
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
  if [ "$executions" -lt 20 ]; then
    echo "fuzz: $target was executed only $executions times in $FLEETSNE_FUZZ_SECONDS seconds (log: $log)"
    return 1
  fi
  echo "fuzz: $target: $executions executions, no finding"
}
export -f run_target

printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c 'run_target {}' | tee build/fuzz/summary
