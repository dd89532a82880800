"""Cells whose names and columns are stored in every way of AnnData 0.7 to 0.13, MuData and loom: elements.py DIRECTORY

Of cell i of 30: column `cluster` is zebra, ape, cow in turn and missing where i % 10 == 9; `batch` is 10, 20 (an integer;
missing where i % 7 == 3); `flag` is i % 3 == 0 (missing where i % 11 == 5). Its name is cell-i, but integers-i have 1000 + i.
Rows are obsm/X_pca, 30 x 3: 10 i + j.
"""
import os
import sys
import warnings

import anndata
import h5py
import loompy
import mudata
import numpy as np
import pandas as pd
import zarr

ROWS = 30
NAMES = ["zebra", "ape", "cow"]


def rows():
    return (10 * np.arange(ROWS)[:, None] + np.arange(3)[None, :]).astype(np.float32)


def clusters():
    return [None if i % 10 == 9 else NAMES[i % 3] for i in range(ROWS)]


def names():
    return [f"cell-{i}" for i in range(ROWS)]


def frame(index):
    i = np.arange(ROWS)
    batch = pd.array(np.where(i % 2 == 0, 10, 20), dtype="Int32")
    batch[i % 7 == 3] = pd.NA
    flag = pd.array(i % 3 == 0, dtype="boolean")
    flag[i % 11 == 5] = pd.NA
    texts = pd.array(clusters(), dtype="string")
    return pd.DataFrame(
        {
            "cluster": pd.Categorical(texts, categories=pd.array(NAMES, dtype="string")),  # nullable strings as categories
            "text": texts,
            "batch": batch,
            "batch_category": pd.Categorical(batch, categories=pd.array([20, 10], dtype="Int32"), ordered=True),
            "flag": flag,
            "yes": i % 3 == 0,
            "score": i / 2,
        },
        index=index,
    )


def cells(obs):
    return anndata.AnnData(obs=obs, obsm={"X_pca": rows()})


def modern(folder):
    anndata.settings.allow_write_nullable_strings = True
    cells(frame(pd.Index(names(), dtype="string"))).write_h5ad(f"{folder}/anndata13.h5ad")
    order = np.random.default_rng(19).permutation(ROWS)
    anndata.read_h5ad(f"{folder}/anndata13.h5ad")[order].copy().write_h5ad(f"{folder}/anndata13_shuffled.h5ad")
    made = cells(frame(names())[["batch"]])
    mudata.MuData({"rna": made, "protein": made[::-1].copy()}).write(f"{folder}/mudata.h5mu")
    loompy.create(f"{folder}/loompy.loom", rows().T, {"Gene": np.array(["a", "b", "c"])},
                  {"CellID": np.array(names()), "cluster": np.array([c or "" for c in clusters()])})
    cells(frame([f"cell-{i // 2}" for i in range(ROWS)])).write_h5ad(f"{folder}/twice.h5ad")
    indices(folder)


def indices(folder):
    """The index of obs in kinds that other writers make, put in the place of anndata's."""
    enumeration = h5py.enum_dtype({name: v for v, name in enumerate(names())}, basetype="u1")
    kinds = {
        "fixed": np.array(names(), dtype="S12"),
        "column": np.array(names(), dtype="S12")[:, None],
        "integers": 1000 + np.arange(ROWS),
        "enumeration": np.arange(ROWS, dtype="u1"),
        "categorical": None,
        "wrong_length": np.array(names()[:7], dtype="S12"),
        "group": "group",
        "missing": "missing",
    }
    for kind, values in kinds.items():
        path = f"{folder}/index_{kind}.h5ad"
        with h5py.File(path, "w") as file:
            file.attrs["encoding-type"] = "anndata"
            file.attrs["encoding-version"] = "0.1.0"
            file["obsm/X_pca"] = rows()
            obs = file.create_group("obs")
            obs.attrs["_index"] = "barcode"
            if kind == "categorical":
                obs["barcode/categories"] = np.array(names()[::-1], dtype="S12")
                obs["barcode/codes"] = np.arange(ROWS, dtype="i1")[::-1]
            elif kind == "missing":  # as anndata writes nullable strings; every tenth is one
                obs["barcode/values"] = np.array(names(), dtype="S12")
                obs["barcode/mask"] = np.arange(ROWS) % 10 == 9
                obs["barcode"].attrs["encoding-type"] = "nullable-string-array"
            elif kind == "group":
                obs.create_group("barcode")
            elif kind == "enumeration":
                obs.create_dataset("barcode", data=values, dtype=enumeration)
            else:
                obs["barcode"] = values


def old(folder):
    """The layout of AnnData 0.7 (codes refer to obs/__categories); anndata06.py writes those of 0.6."""
    codes = np.array([-1 if i % 10 == 9 else i % 3 for i in range(ROWS)], dtype="i1")
    text = h5py.string_dtype()
    with h5py.File(f"{folder}/anndata07.h5ad", "w") as file:
        file["obsm/X_pca"] = rows()
        obs = file.create_group("obs")
        obs.attrs["_index"] = "_index"
        obs.attrs["encoding-type"] = "dataframe"
        obs.attrs["encoding-version"] = "0.1.0"
        obs.create_dataset("_index", data=names(), dtype=text)
        obs.create_dataset("__categories/cluster", data=NAMES, dtype=text)
        obs["cluster"] = codes
        obs["cluster"].attrs["categories"] = obs["__categories/cluster"].ref


def marked(folder):
    """Enumerations as factors, Seurat's factors, and the placeholder of Bioconductor's alabaster."""
    i = np.arange(ROWS)
    with h5py.File(f"{folder}/factors.h5", "w") as file:
        file["rows"] = rows()
        for name, members, values in [("factor", {"ctrl": 1, "stim": 2}, np.where(i % 10 == 9, 3, 1 + i % 2)),
                                      ("exchanged", {"FALSE": 1, "TRUE": 0}, i % 2)]:
            file.create_dataset(name, data=values.astype("u1"), dtype=h5py.enum_dtype(members, basetype="u1"))
        file["seurat/values"] = np.where(i % 10 == 9, -2**31, 1 + i % 3).astype("i4")
        file["seurat/levels"] = np.array(NAMES, dtype="S5")
        file["cell.names"] = np.array(names(), dtype="S12")
        file["placeholder"] = np.array([c or "none" for c in clusters()], dtype="S8")
        file["placeholder"].attrs["missing-value-placeholder"] = np.bytes_("none")
        file.create_dataset("hamming", data=(i[:, None] >> np.arange(5)) & 1 > 0)


def times(folder):
    """Row i is day i of 2024-03-01 and later, 12:00; missing where i % 10 == 9. In zarr the array itself, in HDF5 `time`
    (as h5py stores numpy's type) and `big` (another order of bytes) besides text in `day`."""
    days = np.datetime64("2024-03-01T12:00", "ns") + np.arange(ROWS) * np.timedelta64(1, "D")
    days[9::10] = np.datetime64("NaT")
    with h5py.File(f"{folder}/times.h5", "w") as file:
        for name, kind in (("time", "<M8[ns]"), ("big", ">M8[s]")):
            file[name] = days.astype(kind).astype(h5py.opaque_dtype(np.dtype(kind)))
        file["pairs"] = days.reshape(-1, 2).astype(h5py.opaque_dtype(days.dtype))
        file["day"] = np.array(["" if np.isnat(d) else str(d)[:16] for d in days], dtype="S16")
    for version in (2, 3):
        with zarr.storage.ZipStore(f"{folder}/times_v{version}.zarr.zip", mode="w") as store:
            zarr.create_array(store, data=days.astype("<M8[us]"), zarr_format=version)
    frame = pd.DataFrame({"day": [None if np.isnat(d) else str(d)[:10] for d in days],
                          "sample": [f"s{i % 2}" for i in range(ROWS)]}, index=names())
    made = cells(frame)
    made.uns["nothing"] = None
    made.write_h5ad(f"{folder}/dates.h5ad")


folder = os.path.join(sys.argv[1], "elements")
os.makedirs(folder, exist_ok=True)
warnings.simplefilter("ignore")
modern(folder)
old(folder)
times(folder)
marked(folder)
