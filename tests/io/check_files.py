"""Opens what the write test left with h5py, numpy and anndata: check_files.py DIRECTORY MADE_BY_PYTHON"""

import os
import sys
import warnings

import anndata
import h5py
import numpy as np

warnings.simplefilter("error")
warnings.filterwarnings("default", module="anndata|pandas|legacy_api_wrap")  # what they say of themselves and each other
written, made = sys.argv[1:3]
cells = anndata.read_h5ad(os.path.join(made, "cells.h5ad"))
old = [f"old{v}" for v in range(101)]


def embedding(rows):
    i = np.arange(rows)[:, None]
    return (i * np.array([[1.0, -0.5]]) + np.array([[0.25, 3.0]])).astype(np.float32)


# npy: numpy reads it, and it holds nothing else.
rows = np.load(os.path.join(written, "embedding.npy"))
assert rows.dtype == np.float32 and rows.flags["C_CONTIGUOUS"], rows.dtype
np.testing.assert_array_equal(rows, embedding(1003))
assert os.path.getsize(os.path.join(written, "embedding.npy")) == 128 + 1003 * 8

# AnnData with labels, over rows without names.
plain = anndata.read_h5ad(os.path.join(written, "plain.h5ad"))
assert plain.shape == (1003, 0), plain.shape
assert plain.X is None
np.testing.assert_array_equal(plain.obsm["X_tsne"], embedding(1003))
assert list(plain.obs_names) == [str(v) for v in range(1003)]
assert list(plain.obs.columns) == ["group"]
group = plain.obs["group"]
assert group.dtype == "category" and not group.cat.ordered
assert list(group.cat.categories) == ["one", "zwei", "trois é"]
assert list(group.cat.codes) == [(v % 4) - 1 for v in range(1003)]
tsne = plain.uns["tsne"]
assert tsne["perplexity"] == 50.0 and isinstance(tsne["perplexity"], (float, np.floating))
assert tsne["iterations"] == 750 and np.issubdtype(type(tsne["iterations"]), np.integer)
assert tsne["seed"] == 2**64 - 1 and tsne["negative"] == -3
assert tsne["exact"] == True and tsne["reproducible"] == False
assert tsne["version"] == "0.1.0 é" and tsne["empty"] == ""
np.testing.assert_array_equal(tsne["kl"], [3.5, 2.5, 2.0])
np.testing.assert_array_equal(tsne["sizes"], [1, 2, 3])
assert list(tsne["inputs"]) == ["a.npy", "b.npy"]
np.testing.assert_array_equal(tsne["flags"], [True, False])
assert len(tsne["none"]) == 0 and tsne["none"].dtype == object
assert tsne["mixed"] == '[1,"two"]'
assert "missing" not in tsne
assert tsne["inner"]["deeper"]["a_b"] == 7 and tsne["nothing"] == {}

# AnnData over AnnData: names are copied, of the new and the old layout, with plain rows between them.
named = anndata.read_h5ad(os.path.join(written, "named.h5ad"))
assert named.shape == (303, 0), named.shape
assert list(named.obs_names) == list(cells.obs_names) + [str(v) for v in range(101, 202)] + old
assert list(named.obs.columns) == []
np.testing.assert_array_equal(named.obsm["X_tsne"], embedding(303))

# What was not UTF-8 is replaced, and all of it can be opened.
latin1 = anndata.read_h5ad(os.path.join(written, "latin1.h5ad"))
assert list(latin1.obs_names) == [f"\ufffd{v:03}" for v in range(101)]
assert list(latin1.obs.columns) == ["caf\ufffd"]
cafe = latin1.obs["caf\ufffd"]
assert list(cafe.cat.categories) == ["one", "caf\ufffd", "caf\ufffd (3)", "caf\ufffd (2)"]
assert list(cafe.cat.codes) == [v % 4 for v in range(101)]
tsne = latin1.uns["tsne"]
assert tsne["name"] == "na\ufffdve" and list(tsne["list"]) == ["\ufffd", "b"]
assert tsne["mixed"] == '[1,"\ufffd"]' and tsne["k\ufffdy"] == 1

# Every element carries its encoding, as anndata's own files do.
with h5py.File(os.path.join(written, "plain.h5ad")) as file:
    assert file.attrs["encoding-type"] == "anndata"

    def encoded(name, item):
        assert item.attrs["encoding-type"] and item.attrs["encoding-version"], name

    file.visititems(encoded)

# It can be written again by anndata, and joined to the data it came from.
plain.write(os.path.join(written, "again.h5ad"))
again = anndata.read_h5ad(os.path.join(written, "again.h5ad"))
np.testing.assert_array_equal(again.obsm["X_tsne"], embedding(1003))
os.remove(os.path.join(written, "again.h5ad"))
joined = named[cells.obs_names]
cells.obsm["X_tsne"] = joined.obsm["X_tsne"]
print("all files are as they should be")
