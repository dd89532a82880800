#!/bin/bash
# How the work grows with ranks, by counters that need no cores (distance evaluations, ranks searched, ghosts, bytes, memory);
# what two ranks gain over one, by the clock; and a model made of both that predicts a run on a cluster.
#   bash jobs/scaling.sh                all three; hours on two cores
#   --only PART             counters, times or model alone; the model needs what the others left in the output folder
#   --ranks LIST            of the counters' runs, 1 thread each (default "1 2 4 8 16 32")
#   --data LIST             of the counters' runs (default "fashion-mnist generated"); the model needs generated
#   --rows-generated N      generated points there, and an eighth of them for the growth laws (default 500000)
#   --iterations "E I"      there: under early exaggeration, and after (default "30 20")
#   --rows-timed N          generated points of the timed runs, and an eighth of them (default 1306127)
#   --iterations-timed "E I"    (default "250 500")
#   --perplexity X          at least 5 (default 50)
#   --bandwidth X           GB/s of a node's network, for the model (default 12.5)
#   --latency X             microseconds of a message (default 2)
#   --ranks-per-node N      (default 32)
#   --memory-per-node X     GB (default 256)
#   --target-points N       to predict (default 100000000)
#   --target-ranks N        (default 1024)
#   --fleetsne FILE         the program, instead of building the release preset
#   --output DIR            for reports, logs, runs.tsv and table.md (default out/scaling)
# Installs what is missing. Exit code 1 if a run failed, or the model lacks runs.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."

usage() {
  echo "scaling: $1. Usage:" >&2
  sed -n '4,21s/^#/ /p' jobs/scaling.sh >&2
  exit 2
}
count() { [[ $2 =~ ^[1-9][0-9]{0,11}$ ]] || usage "$1 needs a whole number above 0, not '$2'"; }
counts() { [[ $2 =~ ^[1-9][0-9]{0,5}(\ [1-9][0-9]{0,5})*$ ]] || usage "$1 needs whole numbers above 0, not '$2'"; }
pair() { [[ $2 =~ ^[1-9][0-9]{0,5}\ [1-9][0-9]{0,5}$ ]] || usage "$1 needs two whole numbers above 0, not '$2'"; }
number() { [[ $2 =~ ^[0-9]+(\.[0-9]+)?$ && $2 =~ [1-9] ]] || usage "$1 needs a number above 0, not '$2'"; }
path() { case "$1" in /*) echo "$1" ;; *) echo "$here/$1" ;; esac }

only=all ranks='1 2 4 8 16 32' data='fashion-mnist generated' perplexity=50
rows_generated=500000 iterations='30 20' rows_timed=1306127 iterations_timed='250 500'
bandwidth=12.5 latency=2 ranks_per_node=32 memory_per_node=256 target_points=100000000 target_ranks=1024
program='' out=$PWD/out/scaling
while [ "$#" -gt 0 ]; do
  case "$1" in
    --only | --ranks | --data | --rows-generated | --iterations | --rows-timed | --iterations-timed | --perplexity | \
      --bandwidth | --latency | --ranks-per-node | --memory-per-node | --target-points | --target-ranks | --fleetsne | --output)
      [ "$#" -ge 2 ] || usage "$1 needs a value"
      ;;
    *) usage "unknown argument $1" ;;
  esac
  name=${1#--}
  name=${name//-/_}
  case "$1" in
    --only) [[ $2 =~ ^(counters|times|model)$ ]] || usage "$1 is counters, times or model, not '$2'" ;;
    --ranks) counts "$1" "$2" ;;
    --data)
      [[ $2 =~ ^(fashion-mnist|generated)(\ (fashion-mnist|generated))?$ ]] || usage "$1 is of fashion-mnist and generated, not '$2'"
      ;;
    --iterations | --iterations-timed) pair "$1" "$2" ;;
    --perplexity)
      [[ $2 =~ ^[1-9][0-9]*$ && $2 -ge 5 ]] || usage "$1 needs a whole number of at least 5, not '$2'"
      ;;
    --bandwidth | --latency | --memory-per-node) number "$1" "$2" ;;
    --fleetsne | --output) ;;
    *) count "$1" "$2" ;;
  esac
  case "$1" in
    --fleetsne) program=$(path "$2") ;;
    --output) out=$(path "$2") ;;
    *) printf -v "$name" %s "$2" ;;
  esac
  shift 2
done
[ -z "$program" ] || [ -x "$program" ] || usage "$program is not a program"

bash jobs/install-packages.sh
if [ -z "$program" ] && [ "$only" != model ]; then
  program=build/release/fleetsne
  configure=(cmake --preset release)
  [ -e build/release/CMakeCache.txt ] || configure+=(-DFLEETSNE_TESTS=OFF)
  "${configure[@]}"
  cmake --build --preset release --target fleetsne --parallel "$(nproc)"
fi

# As in the quickstart, for machines on which root runs, or with more ranks than cores.
# shellcheck source=launcher.sh
source jobs/launcher.sh
launcher_export root oversubscribe unbound no-ptrace
cpus=$(nproc) # before it heeds this:
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

reports=$out/reports
failed=no
mkdir -p "$reports" "$out/input" "$out/logs"

# generate ROWS: prints the file that has them. Fewer rows are the beginning of more, but a file of their own.
generate() {
  local file=$out/input/generated-$1.npy
  [ -e "$file" ] || "$program" generate --rows "$1" --output "$file" --threads 1 --force >"$out/logs/generate-$1.log" 2>&1 || {
    echo "scaling: generate failed (see $out/logs/generate-$1.log)" >&2
    exit 1
  }
  echo "$file"
}

# embed NAME RANKS PERPLEXITY "EARLY LATER" INPUT...: leaves reports/NAME.json. The program's ways for small data are left
# out, so that all runs do the same.
embed() {
  local name=$1 on=$2 early=${4% *} later=${4#* } code=0 before=$SECONDS
  local every=$((early < later ? early : later))
  local settings=(--perplexity "$3" --early-iterations "$early" --iterations "$later"
    --optimize.kl-every $((every < 50 ? every : 50)) --backend hnsw --optimize.repulsion grid --threads 1)
  shift 4
  rm -rf "$out/run" "$reports/$name.json"
  (
    [ "$on" -le "$cpus" ] || launcher_export yield
    exec mpirun -n "$on" "$program" embed "$@" "${settings[@]}" --output "$out/run"
  ) >"$out/logs/$name.log" 2>&1 </dev/null || code=$?
  [ ! -e "$out/run/report.json" ] || mv "$out/run/report.json" "$reports/$name.json"
  rm -rf "$out/run"
  if [ "$code" -eq 0 ]; then
    echo "$name took $((SECONDS - before)) s"
  else
    echo "scaling: $name failed with exit code $code (see $out/logs/$name.log)" >&2
    failed=yes
  fi
}

cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
if [ "$only" = all ] || [ "$only" = counters ]; then
  rm -f "$reports"/counters-*.json
  for n in $ranks; do
    for part in $data; do
      if [ "$part" = fashion-mnist ]; then
        images=/usr/share/datasets/fashion-mnist
        embed "counters-fashion-mnist-r$n" "$n" "$perplexity" "$iterations" \
          "$images/train-images-idx3-ubyte.gz" "$images/t10k-images-idx3-ubyte.gz" --input.pca 50
      else
        file=$(generate "$rows_generated")
        embed "counters-generated-r$n" "$n" "$perplexity" "$iterations" "$file"
        file=$(generate $((rows_generated / 8)))
        embed "counters-generated-eighth-r$n" "$n" "$perplexity" "$iterations" "$file"
      fi
    done
  done
fi
if [ "$only" = all ] || [ "$only" = times ]; then
  rm -f "$reports"/times-*.json
  all=$(generate "$rows_timed")
  eighth=$(generate $((rows_timed / 8)))
  echo "${cpu:-$(uname -m)} ($cpus CPUs, load $(cut -d ' ' -f 1 /proc/loadavg) before the first run)" >"$out/machine.txt"
  embed times-1 1 "$perplexity" "$iterations_timed" "$all"
  embed times-2 2 "$perplexity" "$iterations_timed" "$all"
  # What an iteration costs per edge, per point and per cell of the grid shows in runs that differ in these.
  embed times-eighth 1 "$perplexity" "$iterations_timed" "$eighth"
  embed times-few 1 $((perplexity / 5)) "$iterations_timed" "$eighth"
fi
[ -e "$out/machine.txt" ] || echo "${cpu:-$(uname -m)} ($cpus CPUs)" >"$out/machine.txt"

code=0
/usr/bin/python3 -B jobs/scaling/table.py "$out" . --only "$only" --bandwidth "$bandwidth" --latency "$latency" \
  --ranks-per-node "$ranks_per_node" --memory-per-node "$memory_per_node" --target-points "$target_points" \
  --target-ranks "$target_ranks" --target-iterations $((${iterations_timed% *} + ${iterations_timed#* })) || code=$?
echo "The table: $out/table.md"
[ "$failed" = no ] && exit "$code"
