#!/bin/bash
# scanpy 1.12.4, pp.neighbors on rows of which each occurs twice.
# Guess: obsp["distances"] leaves out the row itself and keeps its copy, at distance 0.
# Seen: the first entry of each search result is dropped as "the row itself" without a look at its number. For one row of
# each pair that entry is the copy, so the row stays in its own list and the copy is lost.
# Needs root and debootstrap where python3 is older than 3.12.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
run=()
if python3 -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then
  place=$folder
else
  debootstrap --variant=minbase --include=python3-venv,ca-certificates trixie "$folder/root" >/dev/null
  cp /etc/ssl/certs/ca-certificates.crt "$folder/root/etc/ssl/certs/"
  run=(chroot "$folder/root")
  place=/opt
fi
"${run[@]}" python3 -m venv "$place/python"
"${run[@]}" "$place/python/bin/pip" install --quiet scanpy==1.12.4 anndata==0.13.4
LOKY_MAX_CPU_COUNT=2 "${run[@]}" "$place/python/bin/python" - <<'PYTHON' 2>/dev/null
import anndata
import numpy as np
import scanpy

rows = np.random.default_rng(0).normal(size=(100, 10)).astype(np.float32)
cells = anndata.AnnData(np.vstack([rows, rows]))
scanpy.pp.neighbors(cells, n_neighbors=15, use_rep="X")
listed = cells.obsp["distances"].tocoo()
itself = int((listed.row == listed.col).sum())
copies = int((listed.row == (listed.col + 100) % 200).sum())
print(f"scanpy {scanpy.__version__}: of 200 rows {itself} list themselves, and {copies} list their copy")
assert scanpy.__version__ == "1.12.4"
assert (itself, copies) == (100, 100)
PYTHON
