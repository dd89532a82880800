"""Writes AnnData files as anndata and h5py write them, for the tests to read: make_files.py DIRECTORY"""

import gzip
import os
import shutil
import sys

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse

ROWS = 101
CLUSTERS = ["zebra", "ape", "cow"]


def vectors(directory, i):
    """Files of vectors in the layouts of TEXMEX and big-ann-benchmarks, and an HDF5 file as ann-benchmarks'."""
    j = np.arange(7)[None, :]
    halves = ((i[:, None] * 3 + j) / 2 - 20).astype("<f4")
    numbers = (i[:, None] * 31 + j * 7) % 256

    def with_lengths(name, values):
        rows = np.zeros(len(values), dtype=[("length", "<i4"), ("values", values.dtype, (values.shape[1],))])
        rows["length"] = values.shape[1]
        rows["values"] = values
        rows.tofile(os.path.join(directory, name))

    def with_extents(name, values):
        with open(os.path.join(directory, name), "wb") as file:
            np.array(values.shape, dtype="<u4").tofile(file)
            values.tofile(file)

    with_lengths("rows.fvecs", halves)
    with_lengths("rows.bvecs", numbers.astype("u1"))
    with_lengths("rows.ivecs", (1000 * (numbers - 128)).astype("<i4"))
    with_lengths("column.ivecs", (i % 3 * 10).astype("<i4")[:, None])
    with_extents("rows.fbin", halves)
    with_extents("rows.u8bin", numbers.astype("u1"))
    with_extents("rows.i8bin", (numbers - 128).astype("i1"))
    for name in ["rows.fvecs", "rows.u8bin"]:
        with open(os.path.join(directory, name), "rb") as plain, gzip.open(os.path.join(directory, name + ".gz"), "wb") as packed:
            packed.write(plain.read())
    with h5py.File(os.path.join(directory, "ann.hdf5"), "w") as file:
        file.attrs["type"] = "dense"
        file.attrs["distance"] = "angular"
        file.attrs["dimension"] = 7
        file["train"] = halves
        file["test"] = numbers[:11].astype("<f4")
        file["neighbors"] = np.zeros((11, 5), dtype=np.int32)
        file["distances"] = np.zeros((11, 5), dtype=np.float32)


def main(directory):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    i = np.arange(ROWS)
    codes = np.where(i % 10 == 9, -1, i % 3)
    obs = pd.DataFrame(
        {
            "cluster": pd.Categorical.from_codes(codes, CLUSTERS),
            "louvain": pd.Categorical([str(v) for v in (i * 7) % 12], categories=[str(v) for v in sorted(range(12), key=str)]),
            "batch": [f"b{v % 4}" for v in i],
            "count": (i * 3) % 5 - 2,
            "flag": i % 2 == 0,
            "maybe": pd.array([None if v % 7 == 0 else v % 3 for v in i], dtype="Int64"),
            "weight": i / 2.0,
            "numbers": pd.Categorical(i % 4 + 10),
        },
        index=[f"cell-é-{v}" for v in i],
    )
    pca = (i[:, None] * 3 + np.arange(5)[None, :]).astype(np.float32)
    cells = anndata.AnnData(
        X=scipy.sparse.csr_matrix(np.eye(ROWS, 6, dtype=np.float32)),
        obs=obs,
        obsm={"X_pca": pca, "X_umap": pca[:, :2].astype(np.float64)},
    )
    cells.write(os.path.join(directory, "cells.h5ad"), compression="gzip")
    dense = anndata.AnnData(X=pca, obs=obs[["cluster"]])
    dense.write(os.path.join(directory, "dense.h5ad"))

    # The layout before 0.8: codes carry a reference to obs/__categories, the index has a name of its own.
    with h5py.File(os.path.join(directory, "old.h5ad"), "w") as file:
        file["obsm/X_pca"] = pca
        text = h5py.string_dtype()
        file["obs/barcode"] = np.array([f"old{v}" for v in i], dtype=text)
        file["obs/cluster"] = codes.astype(np.int8)
        file["obs/__categories/cluster"] = np.array(CLUSTERS, dtype=text)
        file["obs/cluster"].attrs["categories"] = file["obs/__categories/cluster"].ref
        file["obs"].attrs["_index"] = "barcode"
        file["obs"].attrs["column-order"] = np.array(["cluster"], dtype=object)
        file["obs"].attrs["encoding-type"] = "dataframe"
        file["obs"].attrs["encoding-version"] = "0.1.0"

    with h5py.File(os.path.join(directory, "labels.h5"), "w") as file:
        file["fixed"] = np.array([CLUSTERS[v % 3] for v in i], dtype="S8")
        file["variable"] = np.array([CLUSTERS[v % 3] for v in i], dtype=h5py.string_dtype())
        file.create_dataset("integers", data=(i % 13 - 3).astype(np.int16), chunks=(7,), compression="gzip")
        file["floats"] = i / 2.0
        file["unique"] = i
        file["one_column/integers"] = (i % 13 - 3).astype(np.int16)[:, None]
        file["one_column/variable"] = np.array([[CLUSTERS[v % 3]] for v in i], dtype=h5py.string_dtype())
        file["one_column/fixed"] = file["fixed"][:][:, None]
        file["two_columns"] = np.zeros((ROWS, 2), dtype=np.int16)
        file["unsigned"] = (i % 3).astype(np.uint64) + np.uint64(2**63 - 3)
        file["beyond"] = (i % 3).astype(np.uint64) + np.uint64(2**63 - 2)
        # anndata's nullable-string-array: what stands under the mask means nothing.
        group = file.create_group("nullable")
        group.attrs["encoding-type"] = "nullable-string-array"
        group.attrs["encoding-version"] = "0.1.0"
        group["values"] = np.array([CLUSTERS[v % 3] for v in i], dtype=h5py.string_dtype())
        group["mask"] = i % 10 == 9
        # Columns of groups with elements of a kind that does not belong there, or too few.
        wide = np.array(["x" * 100] * ROWS, dtype="S100")
        number = np.zeros(ROWS, dtype=np.int8)
        for name, parts in {
            "codes_of_strings": {"codes": wide, "categories": wide[:3]},
            "codes_of_floats": {"codes": i / 1.0, "categories": wide[:3]},
            "mask_of_strings": {"values": number, "mask": wide},
            "mask_of_floats": {"values": number, "mask": i / 1.0},
            "mask_of_strings_over_strings": {"values": wide, "mask": wide},
            "short_mask": {"values": number, "mask": number[:50]},
            "flat_mask": {"values": number, "mask": np.zeros((ROWS, 2), dtype=np.int8)},
        }.items():
            for part, values in parts.items():
                file[f"{name}/{part}"] = values
    vectors(directory, i)
    np.save(os.path.join(directory, "labels.npy"), (i % 3).astype(np.uint8))
    np.save(os.path.join(directory, "rows.npy"), np.asfortranarray(pca.astype(np.float64)))


main(sys.argv[1])
