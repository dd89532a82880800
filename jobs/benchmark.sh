#!/bin/bash
# Whole runs side by side on this machine: fleetsne, and what Debian has (scikit-learn, Rtsne; for UMAP uwot, umap-learn). The
# input is Fashion-MNIST as 50 principal components; every program reads it from a .npy file and writes an embedding.
# Programs take turns (A B A B), seconds and memory are medians, one script measures every embedding.
#   bash jobs/benchmark.sh              70,000 points, three runs of each: hours, nearly all of them the others'
#   --rows N          the first N points only
#   --runs N          runs of every program (default 3)
#   --threads N       cores that a program may use; fleetsne as N ranks and as one rank of N threads (default 2)
#   --perplexity X    (default 50)
#   --iterations N    after 250 under early exaggeration (default 500)
#   --programs LIST   of fleetsne,umap (fleetsne's),scikit-learn,rtsne,uwot,umap-learn (default: all)
#   --fleetsne FILE   the program, instead of building the release preset
#   --output DIR      for the table, logs and embeddings (default out/benchmark)
# Installs what is missing. Exit code 1 if a program failed.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."

usage() {
  echo "benchmark: $1. Usage:" >&2
  sed -n '5,14s/^#/ /p' jobs/benchmark.sh >&2
  exit 2
}
count() { [[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || usage "$1 needs a whole number above 0, not '$2'"; }
path() { case "$1" in /*) echo "$1" ;; *) echo "$here/$1" ;; esac }

rows=70000 runs=3 threads=2 perplexity=50 iterations=500
programs=fleetsne,umap,scikit-learn,rtsne,uwot,umap-learn
program='' out=$PWD/out/benchmark
while [ "$#" -gt 0 ]; do
  case "$1" in
    --rows | --runs | --threads | --perplexity | --iterations | --programs | --fleetsne | --output)
      [ "$#" -ge 2 ] || usage "$1 needs a value"
      ;;
    *) usage "unknown argument $1" ;;
  esac
  case "$1" in
    --rows | --runs | --threads | --iterations) count "$1" "$2" && printf -v "${1#--}" %s "$2" ;;
    --perplexity)
      [[ $2 =~ ^[1-9][0-9]*(\.[0-9]+)?$ ]] || usage "$1 needs a number of at least 1, not '$2'"
      perplexity=$2
      ;;
    --programs) programs=$2 ;;
    --fleetsne) program=$(path "$2") ;;
    --output) out=$(path "$2") ;;
  esac
  shift 2
done
for name in ${programs//,/ }; do
  case "$name" in
    fleetsne | umap | scikit-learn | rtsne | uwot | umap-learn) ;;
    *) usage "unknown program $name" ;;
  esac
done
[ -z "$program" ] || [ -x "$program" ] || usage "$program is not a program"

bash jobs/install-packages.sh --benchmark
python=build/python/bin/python3 # for what the archive of a release lacks
[ -x "$python" ] || python=/usr/bin/python3
if [ -z "$program" ]; then
  program=build/release/fleetsne
  configure=(cmake --preset release)
  [ -e build/release/CMakeCache.txt ] || configure+=(-DFLEETSNE_TESTS=OFF)
  "${configure[@]}"
  cmake --build --preset release --target fleetsne --parallel "$(nproc)"
fi

mkdir -p "$out"
input=$out/input/rows.npy
"$python" jobs/benchmark/make_input.py "$out/input" "$rows"

# As in the quickstart, for machines on which root runs, or with more ranks than cores.
# shellcheck source=launcher.sh
source jobs/launcher.sh
launcher_export root oversubscribe unbound no-ptrace
# For what uses all cores unless it is told.
export OMP_NUM_THREADS=$threads OPENBLAS_NUM_THREADS=$threads

layouts=()
schedule="perplexity $perplexity, 250 + $iterations iterations"
describe() { printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$out/programs.tsv"; }
package_version() { dpkg-query -W -f='${source:Upstream-Version}' "$1" | sed 's/+dfsg.*//'; }
: >"$out/programs.tsv"
for name in ${programs//,/ }; do
  case "$name" in
    fleetsne)
      version=$("$program" --version | sed -n '1s/^fleetsne //p')
      describe fleetsne-ranks fleetsne "$version" "$schedule" "$threads x 1"
      layouts+=(fleetsne-ranks)
      [ "$threads" -eq 1 ] || {
        describe fleetsne-threads fleetsne "$version" "$schedule" "1 x $threads"
        layouts+=(fleetsne-threads)
      }
      continue
      ;;
    umap)
      version=$("$program" --version | sed -n '1s/^fleetsne //p')
      describe umap "fleetsne (UMAP)" "$version" "UMAP, 15 neighbours, min-dist 0.1" "1 x $threads"
      ;;
    scikit-learn)
      describe "$name" scikit-learn "$(package_version python3-sklearn)" "$schedule, Barnes-Hut 0.5" "1 x $threads"
      ;;
    rtsne) describe "$name" Rtsne "$(package_version r-cran-rtsne)" "$schedule, Barnes-Hut 0.5" "1 x $threads" ;;
    uwot) describe "$name" "uwot (UMAP)" "$(package_version r-cran-uwot)" "UMAP, 15 neighbours, min-dist 0.1" "1 x $threads" ;;
    umap-learn) describe "$name" umap-learn "$(package_version umap-learn)" "UMAP, 15 neighbours, min-dist 0.1" "1 x $threads" ;;
  esac
  layouts+=("$name")
done

# start LAYOUT EMBEDDING MEMORY: every process of it adds its peak in KiB to the file MEMORY.
start() {
  local measured=(env time --append --format=%M --output="$3")
  case "$1" in
    fleetsne-*)
      local ranks=$threads each=1
      [ "$1" = fleetsne-ranks ] || { ranks=1 each=$threads; }
      mpirun -n "$ranks" "${measured[@]}" "$program" embed "$input" --perplexity "$perplexity" \
        --iterations "$iterations" --threads "$each" --output "${2%.npy}" --force &&
        mv "${2%.npy}/embedding.npy" "$2"
      ;;
    umap)
      mpirun -n 1 "${measured[@]}" "$program" embed "$input" --method umap --threads "$threads" --output "${2%.npy}" --force &&
        mv "${2%.npy}/embedding.npy" "$2"
      ;;
    scikit-learn)
      "${measured[@]}" "$python" jobs/benchmark/scikit_learn.py "$input" "$2" "$perplexity" "$iterations" "$threads"
      ;;
    rtsne)
      "${measured[@]}" Rscript jobs/benchmark/rtsne.R jobs/benchmark "$input" "$2" "$perplexity" "$iterations" "$threads"
      ;;
    uwot) "${measured[@]}" Rscript jobs/benchmark/uwot.R jobs/benchmark "$input" "$2" "$threads" ;;
    umap-learn) "${measured[@]}" "$python" jobs/benchmark/umap_learn.py "$input" "$2" "$threads" ;;
  esac
}

load=$(cut -d ' ' -f 1 /proc/loadavg)
failed=no
: >"$out/runs.tsv"
for ((run = 1; run <= runs; ++run)); do
  for layout in "${layouts[@]}"; do
    log=$out/$layout.$run.log embedding=$out/$layout.npy memory=$out/memory code=0 kept='' accuracy=''
    rm -f "$memory" "$embedding"
    cat "$input" >/dev/null # it is in the page cache for everybody
    before=${EPOCHREALTIME//[!0-9]/}
    start "$layout" "$embedding" "$memory" >"$log" 2>&1 </dev/null || code=$?
    after=${EPOCHREALTIME//[!0-9]/}
    if [ "$code" -eq 0 ]; then
      measures=$("$python" jobs/benchmark/quality.py "$input" "$out/input/labels.npy" "$embedding") || code=$?
      read -r kept accuracy <<<"${measures:-}" || true
    fi
    peak=$(awk '/^[0-9]+$/ { sum += $1 } END { print sum + 0 }' "$memory" 2>/dev/null || echo 0)
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
      "$layout" "$run" "$code" "$((after - before))" "$peak" "$kept" "$accuracy" >>"$out/runs.tsv"
    if [ "$code" -eq 0 ]; then
      echo "run $run of $runs: $layout took $(((after - before) / 1000)) ms"
    else
      echo "benchmark: $layout failed with exit code $code (see $log)" >&2
      failed=yes
    fi
  done
done

cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
"$python" jobs/benchmark/table.py "$out" \
  "Fashion-MNIST, $rows x 50, on ${cpu:-$(uname -m)} ($(nproc) CPUs, load $load before the first run)"
echo "The table: $out/table.md"
[ "$failed" = no ]
