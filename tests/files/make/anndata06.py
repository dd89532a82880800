"""The cells of elements.py as anndata 0.6 writes them: anndata06.py DIRECTORY

Needs Debian 12's Python and `pip install --no-deps anndata==VERSION`: 0.6.18 (obsm is one table) writes anndata0618.h5ad, and
0.6.22.post1 (obsm is a group) writes anndata0622.h5ad. Both keep obs as one table.
"""
import collections.abc
import os
import sys
import warnings

import numpy as np
import pandas as pd
import scipy.sparse

warnings.simplefilter("ignore")
# Python and SciPy have moved these since; only classes of sparse matrices on disk, of which there are none here, use them.
collections.Mapping = collections.abc.Mapping
scipy.sparse.sputils.IndexMixin = object
scipy.sparse.compressed._cs_matrix = scipy.sparse._compressed._cs_matrix
import anndata  # noqa: E402

ROWS = 30
rows = (10 * np.arange(ROWS)[:, None] + np.arange(3)[None, :]).astype(np.float32)
clusters = pd.Categorical([None if i % 10 == 9 else ["zebra", "ape", "cow"][i % 3] for i in range(ROWS)],
                          categories=["zebra", "ape", "cow"])
obs = pd.DataFrame({"n_genes": np.arange(ROWS), "cluster": clusters}, index=[f"cell-{i}" for i in range(ROWS)])
cells = anndata.AnnData(rows, obs=obs)
cells.obsm["X_pca"] = rows
name = "anndata" + "".join(anndata.__version__.split(".")[:3]) + ".h5ad"
cells.write(os.path.join(sys.argv[1], "elements", name))
