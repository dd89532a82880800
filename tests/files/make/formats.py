"""Files of formats that users have, by the tools that write them: 60 points of 6 columns in three groups.

Usage: formats.py DIRECTORY. Then formats.R and formats.m, which write what R and Octave write.
"""
import gzip
import os
import pathlib
import shutil
import sqlite3
import sys
import warnings

import anndata
import h5py
import hdf5plugin
import hdf5storage
import loompy
import numpy as np
import openpyxl
import pandas as pd
import safetensors.numpy
import scipy.io
import scipy.sparse

ROWS, COLUMNS = 60, 6


def points():
    generator = np.random.default_rng(19)
    return (generator.normal(size=(ROWS, COLUMNS)) + 8 * (np.arange(ROWS)[:, None] % 3)).astype(np.float32)


def cells(x):
    result = anndata.AnnData(x.copy(), obs=pd.DataFrame(index=[f"cell{i}" for i in range(ROWS)]))
    result.obsm["X_pca"] = x.copy()
    return result


def compressed(folder, x):
    """HDF5 through filters that are not its own."""
    filters = {"blosc": hdf5plugin.Blosc(), "zstd": hdf5plugin.Zstd(), "lz4": hdf5plugin.LZ4(),
               "bitshuffle": hdf5plugin.Bitshuffle(), "bzip2": hdf5plugin.BZip2(), "blosc2": hdf5plugin.Blosc2()}
    with h5py.File(folder / "filters.h5", "w") as file:
        for name, options in filters.items():
            file.create_dataset(name, data=x, chunks=(16, COLUMNS), **options)
        file.create_dataset("unregistered", data=x, chunks=(16, COLUMNS), compression="lzf")
    # A filter that no one has: its number in the file is changed.
    content = (folder / "filters.h5").read_bytes()
    lzf, other = ((number).to_bytes(2, "little") + b"\x08\0" for number in (32000, 32999))
    assert content.count(lzf) == 1
    (folder / "filters.h5").write_bytes(content.replace(lzf, other))
    cells(x).write_h5ad(folder / "lzf.h5ad", compression="lzf")
    cells(x).write_h5ad(folder / "gzip.h5ad", compression="gzip")
    with open(folder / "gzip.h5ad", "rb") as plain, gzip.GzipFile(folder / "cells.h5ad.gz", "wb", mtime=0) as packed:
        shutil.copyfileobj(plain, packed)


def known(folder, x):
    """Formats that are recognized and refused."""
    frame = pd.DataFrame(x, columns=[f"PC{i}" for i in range(COLUMNS)])
    np.savez(folder / "arrays.npz", X=x, labels=np.arange(ROWS) % 3)
    scipy.sparse.save_npz(folder / "sparse.npz", scipy.sparse.csr_matrix(x))
    frame.to_parquet(folder / "rows.parquet")
    frame.to_feather(folder / "rows.feather")
    frame.to_excel(folder / "rows.xlsx", index=False)
    frame.to_pickle(folder / "rows.pkl")
    frame.to_stata(folder / "rows.dta")
    scipy.io.savemat(folder / "version5.mat", {"X": x})
    scipy.io.mmwrite(folder / "matrix.mtx", scipy.sparse.csr_matrix(x[:5]))
    safetensors.numpy.save_file({"X": x}, folder / "rows.safetensors")
    scipy.io.netcdf_file(folder / "version3.nc", "w").close()
    (folder / "pointer.fbin").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n")
    (folder / "page.h5ad").write_text("<!DOCTYPE html><html><body>404 Not Found</body></html>\n")
    with sqlite3.connect(folder / "rows.db") as database:
        database.execute("create table rows (x real)")


def hdf5_kinds(folder, x):
    """HDF5 files of other programs."""
    loompy.create(str(folder / "cells.loom"), x.T, {"Gene": np.array([f"g{i}" for i in range(COLUMNS)])},
                  {"CellID": np.array([f"cell{i}" for i in range(ROWS)])})
    with h5py.File(folder / "counts.h5", "w") as file:  # as Cell Ranger lays it out
        group = file.create_group("matrix")
        group["barcodes"] = np.array([b"AAAC-1"] * 5)
        group["data"], group["indices"], group["indptr"] = np.ones(5, int), np.arange(5), np.arange(6)
        group["shape"] = np.array([5, 5])
    with h5py.File(folder / "sets.hdf5", "w") as file:  # as ann-benchmarks lays out sets
        file.attrs["type"], file.attrs["distance"] = "sparse", "jaccard"
        for name in ("train", "test"):
            file[name] = np.arange(20, dtype=np.int32)
            file["size_" + name] = np.full(4, 5, np.int32)


def matlab(folder, x):
    """MATLAB 7.3 as hdf5storage writes it: matrices, and what else a .mat file holds."""
    (folder / "matlab.mat").unlink(missing_ok=True)
    hdf5storage.writes(mdict={"X": x, "D": x.astype(np.float64), "S": {"X": x}, "C": np.array([x, x[:3]], dtype=object),
                        "flag": np.arange(ROWS) % 3 == 0, "group": (np.arange(ROWS) % 3 + 1).astype(float),
                        "letters": np.array([f"group {i % 3}" for i in range(ROWS)]), "none": np.zeros((0, 6))},
                       filename=str(folder / "matlab.mat"), oned_as="column", matlab_compatible=True)


def stored_elsewhere(folder, x):
    """Data outside the file, all there and not."""
    half = ROWS // 2
    for name, rows in {"first": x[:half], "second": x[half:], "short": x[half:-5]}.items():
        with h5py.File(folder / f"{name}.h5", "w") as file:
            file["x"] = rows
    with h5py.File(folder / "elsewhere.h5", "w", libver=("v110", "v110")) as file:
        for name, second in {"whole": "second", "gone": "nowhere", "too_short": "short", "unmapped": None}.items():
            layout = h5py.VirtualLayout(shape=x.shape, dtype=np.float32)
            layout[:half] = h5py.VirtualSource("first.h5", "x", shape=(half, COLUMNS))
            if second:
                layout[half:] = h5py.VirtualSource(f"{second}.h5", "x", shape=(half, COLUMNS))
            file.create_virtual_dataset(name, layout)
        file["linked"] = h5py.ExternalLink("first.h5", "/x")
        file["broken"] = h5py.ExternalLink("nowhere.h5", "/x")
        file["dangling"] = h5py.SoftLink("/nothing")
        bytes_of_all = x.size * 4
        file.create_dataset("raw", x.shape, np.float32, external=[("raw.bin", 0, bytes_of_all)])
        file.create_dataset("raw_short", x.shape, np.float32, external=[("raw.bin", 400, bytes_of_all)])
        file.create_dataset("raw_gone", x.shape, np.float32, external=[("nowhere.bin", 0, h5py.h5f.UNLIMITED)])
    x.tofile(folder / "raw.bin")


def of_a_newer_hdf5(folder, x):
    """Virtual datasets as HDF5 2.0 writes them if it may, which 1.10 cannot open."""
    with h5py.File(folder / "newer.h5", "w", libver="latest") as file:
        layout = h5py.VirtualLayout(shape=x.shape, dtype=np.float32)
        layout[:] = h5py.VirtualSource("first.h5", "x", shape=x.shape)
        file.create_virtual_dataset("whole", layout)


def still_open(folder, x):
    """As a writer leaves it that ends without closing: the superblock says that it is open."""
    if (writer := os.fork()) == 0:
        file = h5py.File(folder / "open.h5", "w", libver="latest")
        file["x"] = x
        file.flush()
        os._exit(0)
    os.waitpid(writer, 0)


def main(folder):
    warnings.simplefilter("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    x = points()
    np.save(folder / "rows.npy", x)
    for make in (compressed, known, hdf5_kinds, matlab, stored_elsewhere, of_a_newer_hdf5, still_open):
        make(folder, x)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
