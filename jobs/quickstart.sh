#!/bin/bash
# From a fresh Debian 12 machine to a picture: installs what is missing, builds the release preset, and embeds the 70,000
# images of Fashion-MNIST (training and test set together) with 2 ranks into out/fashion-mnist.
#   bash jobs/quickstart.sh            does what is left to do, and prints the result
#   bash jobs/quickstart.sh --again    computes the embedding anew
set -euo pipefail
cd "$(dirname "$0")/.."

again=no
for argument in "$@"; do
  case "$argument" in
    --again) again=yes ;;
    *)
      echo "quickstart: unknown argument $argument (known: --again)" >&2
      exit 2
      ;;
  esac
done

program=build/release/fleetsne
data=/usr/share/datasets/fashion-mnist
result=out/fashion-mnist

bash jobs/install-packages.sh

# A first build here goes without the tests, which need packages of their own; one that has them keeps them.
configure=(cmake --preset release)
[ -e build/release/CMakeCache.txt ] || configure+=(-DFLEETSNE_TESTS=OFF)
"${configure[@]}"
cmake --build --preset release --target fleetsne --parallel "$(nproc)"

is_done() {
  local file
  for file in embedding.h5ad embedding.npy embedding.png report.json; do
    [ "$result/$file" -nt "$program" ] || return 1
  done
  [ "$(jq .exit_code "$result/report.json")" = 0 ]
}

if [ "$again" = no ] && is_done; then
  echo "The result is there and newer than the program; --again computes it anew."
else
  # Root may start ranks (containers), also more than there are cores, and no rank is pinned to a single core. Shared
  # memory goes without ptrace, which containers forbid. What is set already stays.
  # shellcheck source=launcher.sh
  source jobs/launcher.sh
  launcher_export root oversubscribe unbound no-ptrace
  mpirun -n 2 "$program" embed \
    "$data/train-images-idx3-ubyte.gz" "$data/t10k-images-idx3-ubyte.gz" \
    --labels "$data/train-labels-idx1-ubyte.gz" --labels "$data/t10k-labels-idx1-ubyte.gz" \
    --input.pca 50 --perplexity 50 --title "Fashion-MNIST" --output "$result" --force </dev/null
fi

jq -r '
  def padded($n): tostring | . + (" " * ([$n - length, 1] | max));
  def seconds: . * 100 | round / 100 | tostring + " s";
  "",
  "\(.points) points, \(.ranks) ranks",
  (.stages[] | "  " + (.name | padded(22)) + (.wall_seconds | seconds)),
  "  " + ("all stages" | padded(22)) + ([.stages[].wall_seconds] | add | seconds),
  "  " + ("neighbour recall" | padded(22)) + (.neighbors.recall | tostring),
  "  " + ("final KL" | padded(22)) + (.optimize.kl | tostring)
' "$result/report.json"
echo "The result:"
for file in embedding.h5ad embedding.npy embedding.png report.json report.html; do
  echo "  $PWD/$result/$file"
done
