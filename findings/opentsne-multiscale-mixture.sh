#!/bin/bash
# openTSNE 1.0.4, affinity.MultiscaleMixture with perplexities 10 and 100.
# Guess: each row's affinities are the mean of Gaussians whose perplexities are 10 and 100, as the class describes itself.
# Seen: the bracket of the search for a bandwidth is not reset between perplexities, so the second search ends where the
# first did: the affinities are those of perplexity 10 alone. The mean of both differs by 0.56 of 2 in sum.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet openTSNE==1.0.4 "numpy<2.4" scikit-learn
"$folder/python/bin/python" - <<'PYTHON'
import numpy as np
import openTSNE
from openTSNE.affinity import MultiscaleMixture, PerplexityBasedNN
from sklearn.datasets import load_digits

rows = load_digits().data.astype(np.float64)
options = dict(method="exact", metric="euclidean", symmetrize=False, n_jobs=2)
mixture = MultiscaleMixture(rows, perplexities=[10, 100], **options).P
small = PerplexityBasedNN(rows, perplexity=10, k_neighbors=300, **options).P
large = PerplexityBasedNN(rows, perplexity=100, k_neighbors=300, **options).P


def difference(a, b):
    return float(abs(a / a.sum() - b / b.sum()).sum())


defined = (small / small.sum() + large / large.sum()) / 2
print(f"openTSNE {openTSNE.__version__}: the mixture differs from perplexity 10 alone by {difference(mixture, small):.4f}, "
      f"from the mean of both by {difference(mixture, defined):.4f}")
assert openTSNE.__version__ == "1.0.4"
assert difference(mixture, small) < 0.001
assert difference(mixture, defined) > 0.3
PYTHON
