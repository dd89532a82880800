#!/bin/bash
# usearch 2.26.6, search for more neighbors than the index holds, and the distances of a default index.
# Guess: missing neighbors are -1, as faiss and pynndescent mark them; distances are those of the float32 rows.
# Seen: a missing neighbor is key 0, which is a row, at distance NaN; only `counts` says how many are real. The default
# element type is bf16, so distances are off by about a thousandth.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet usearch==2.26.6 numpy
"$folder/python/bin/python" - <<'PYTHON'
import numpy as np
import usearch
from usearch.index import Index

rows = np.random.default_rng(0).normal(size=(10, 32)).astype(np.float32)
index = Index(ndim=32, metric="l2sq")
index.add(np.arange(10), rows)
found = index.search(rows[5:8], 12)
exact = ((rows[5] - rows[found.keys[0, 1]]) ** 2).sum()
error = abs(float(found.distances[0, 1]) / float(exact) - 1)
print(f"usearch {usearch.__version__}, {index.dtype}: keys of the last three {found.keys[0, -3:].tolist()}, distances "
      f"{found.distances[0, -3:].tolist()}, counts {found.counts.tolist()}; relative error of a distance {error:.1e}")
assert usearch.__version__ == "2.26.6"
assert (found.keys[:, 10:] == 0).all() and np.isnan(found.distances[:, 10:]).all() and (found.counts == 10).all()
assert 1e-5 < error < 1e-2
PYTHON
