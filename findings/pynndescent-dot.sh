#!/bin/bash
# pynndescent 0.7.0, metric="dot" on rows that are not of unit length.
# Guess: neighbors by inner product, as the name says and as hnswlib's "ip" and faiss' METRIC_INNER_PRODUCT find them.
# Seen: rows are normalized first, so both the neighbors and the distances are exactly those of metric="cosine". The inner
# product is metric="inner_product", which stores its negative, but 0 for the row itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet pynndescent==0.7.0
LOKY_MAX_CPU_COUNT=2 "$folder/python/bin/python" - <<'PYTHON' 2>/dev/null
import importlib.metadata

import numpy as np
import pynndescent

rows = 3 * np.random.default_rng(0).normal(size=(300, 10)).astype(np.float32)


def graph(metric):
    return pynndescent.NNDescent(rows, metric=metric, n_neighbors=5, random_state=0).neighbor_graph


dot, cosine, inner = graph("dot"), graph("cosine"), graph("inner_product")
product = float(rows[0] @ rows[inner[0][0, 1]])
print(f"pynndescent {importlib.metadata.version('pynndescent')}: dot lists the neighbors of cosine: "
      f"{np.array_equal(dot[0], cosine[0])}; their distances differ by at most {np.abs(dot[1] - cosine[1]).max():.1e}; "
      f"inner_product of row 0: {inner[1][0, :2]}, the second product is {product:.3f}")
assert importlib.metadata.version("pynndescent") == "0.7.0"
assert np.array_equal(dot[0], cosine[0]) and np.abs(dot[1] - cosine[1]).max() < 1e-5
assert inner[0][0, 0] == 0 and inner[1][0, 0] == 0 and abs(inner[1][0, 1] + product) < 1e-3
PYTHON
