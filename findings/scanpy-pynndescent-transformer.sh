#!/bin/bash
# scanpy 1.12.4 with pynndescent 0.7.0, pp.neighbors(transformer="pynndescent").
# Guess: the same graph as with the default transformer, as scanpy's documentation describes.
# Seen: AttributeError. pynndescent 0.7.0 returns a csr_array, and scanpy calls getnnz, which sparse arrays do not have.
# The default transformer takes another path and works.
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
"${run[@]}" "$place/python/bin/pip" install --quiet scanpy==1.12.4 anndata==0.13.4 pynndescent==0.7.0
LOKY_MAX_CPU_COUNT=2 "${run[@]}" "$place/python/bin/python" - <<'PYTHON' 2>/dev/null
import importlib.metadata

import anndata
import numpy as np
import scanpy

cells = anndata.AnnData(np.random.default_rng(0).normal(size=(200, 10)).astype(np.float32))
scanpy.pp.neighbors(cells, n_neighbors=15, use_rep="X")
try:
    scanpy.pp.neighbors(cells, n_neighbors=15, use_rep="X", transformer="pynndescent")
    seen = "no error"
except AttributeError as error:
    seen = str(error)
print(f"scanpy {scanpy.__version__}, pynndescent {importlib.metadata.version('pynndescent')}: {seen}")
assert importlib.metadata.version("pynndescent") == "0.7.0"
assert "csr_array" in seen and "getnnz" in seen
PYTHON
