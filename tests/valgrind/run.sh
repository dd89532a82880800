#!/bin/bash
# Runs small embeddings, by t-SNE and UMAP, stopped and gone on with, of 2 ranks under valgrind's memcheck; fails if it finds
# anything. Builds for a CPU that valgrind knows (AVX2) in build/valgrind; needs Debian's package valgrind. Takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v valgrind >/dev/null || {
  echo "valgrind is not installed (apt-get install valgrind)" >&2
  exit 1
}

# shellcheck source=../../jobs/launcher.sh
source jobs/launcher.sh
launcher_export root oversubscribe unbound yield
export OMP_NUM_THREADS=1
cmake -S . -B build/valgrind -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" \
  -DFLEETSNE_CPU=x86-64-v3 -DFLEETSNE_TESTS=OFF >/dev/null
cmake --build build/valgrind --target fleetsne --parallel "$(nproc)"

program=$PWD/build/valgrind/fleetsne
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
suppressions=("--suppressions=$PWD/tests/valgrind/mpi.supp")
for file in /usr/share/openmpi/openmpi-valgrind.supp /usr/share/pmix/pmix-valgrind.supp; do
  [ ! -f "$file" ] || suppressions+=("--suppressions=$file")
done

# checked EXIT_CODE COMMAND...: 2 ranks of the program under valgrind end with this exit code, and it has found nothing.
checked() {
  local expected=$1 code=0
  shift
  mpirun -n 2 valgrind --quiet --error-exitcode=99 "${suppressions[@]}" --log-file="$folder/found.%p" \
    "$program" "$@" >"$folder/output" 2>&1 || code=$?
  if [ "$code" -ne "$expected" ] || [ -n "$(cat "$folder"/found.*)" ]; then
    echo "valgrind: fleetsne $* ended with $code"
    cat "$folder/output" "$folder"/found.*
    exit 1
  fi
  rm "$folder"/found.*
  echo "valgrind: fleetsne $1: no finding"
}

checked 0 generate --rows 200 --output "$folder/cells.npy"
small=("$folder/cells.npy" --perplexity 10 --threads 1 --neighbors.backend hnsw)
checked 75 embed "${small[@]}" --early-iterations 20 --iterations 30 --output "$folder/tsne" --max-wall-time 0
checked 0 embed "${small[@]}" --early-iterations 20 --iterations 30 --output "$folder/tsne" --resume auto
checked 0 embed "$folder/cells.npy" --method umap --epochs 10 --threads 1 --output "$folder/umap"
checked 0 affinity "$folder/cells.npy" --perplexity 10 --threads 1 --output "$folder/affinities.h5"
checked 0 evaluate --data "$folder/cells.npy" --embedding "$folder/tsne/embedding.npy"
