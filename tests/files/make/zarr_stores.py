"""Writes zarr/: python3 make/zarr_stores.py FOLDER (this folder's parent).

The same cells by every way that anndata has to store them (cells.h5ad is what the others are compared with), and the same
matrix by every codec. With zarr 2 installed it writes what zarr 2 writes, zarr2_*, and nothing else.
"""

import pathlib
import shutil
import sys
import zipfile

import anndata
import numcodecs
import numpy as np
import pandas as pd
import zarr

CELLS, ZARR_2 = 60, zarr.__version__.startswith("2.")


def cells():
    rng = np.random.default_rng(19)
    types = np.array(["T cell", "B cell", "NK cell"])
    obs = pd.DataFrame({
        "cell_type": pd.Categorical(types[rng.integers(0, 3, CELLS)], ["T cell", "NK cell", "B cell"]),
        "batch": pd.Categorical(["first"] * CELLS),  # all codes are 0, the fill value: no chunk is written
        "note": [f"remark {i % 7} \N{GREEK SMALL LETTER ALPHA}" for i in range(CELLS)],
        "score": np.where(np.arange(CELLS) % 9 == 4, np.nan, rng.normal(size=CELLS)),
        "count": pd.array([None if i % 11 == 3 else i * 7 for i in range(CELLS)], dtype="Int64"),
        "flag": pd.array([None if i % 13 == 5 else i % 2 == 0 for i in range(CELLS)], dtype="boolean"),
        "cluster": rng.integers(0, 4, CELLS).astype("int32"),
    }, index=[f"AAAC{i:04}-1" for i in range(CELLS)])
    pca = rng.normal(size=(CELLS, 5)).astype("float32")
    pca[:, 0] += 4 * obs["cell_type"].cat.codes.to_numpy()
    return anndata.AnnData(X=None, obs=obs, obsm={"X_pca": pca, "X_umap": rng.normal(size=(CELLS, 2))})


def matrix():
    return (np.arange(40 * 7).reshape(40, 7) - 100) / 8


def pack(folder, packed, prefix="", method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(packed, "w", method) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, prefix + str(path.relative_to(folder)))


def write_anndata(place):
    adata = cells()
    adata.write_h5ad(place / "cells.h5ad")
    adata.write_zarr(place / "v3.zarr")  # sharded and consolidated: what anndata does unless told otherwise
    with anndata.settings.override(zarr_write_format=2):
        adata.write_zarr(place / "v2.zarr", consolidate_metadata=False)
    with anndata.settings.override(auto_shard_zarr_v3=False, allow_write_nullable_strings=True):
        adata.obs.index = adata.obs.index.astype("string")  # nullable-string-array
        adata.obs["note"] = pd.array([None if i % 5 == 0 else f"{i}" for i in range(CELLS)], dtype="string")
        with zarr.storage.ZipStore(place / "v3.zarr.zip", mode="w") as store:
            adata.write_zarr(store, consolidate_metadata=False)
    pack(place / "v2.zarr", place / "v2_deflated.zarr.zip", "cells.zarr/", zipfile.ZIP_DEFLATED)


def write_neighbors(place):
    """scanpy's graph of neighbors.py."""
    found = anndata.read_h5ad(place.parent / "neighbors/cells.h5ad")
    cells = anndata.AnnData(obs=found.obs[[]], obsp={"distances": found.obsp["distances"]},
                            uns={"neighbors": found.uns["neighbors"]})
    cells.write_zarr(place / "scratch")
    pack(place / "scratch", place / "neighbors.zarr.zip", method=zipfile.ZIP_DEFLATED)
    shutil.rmtree(place / "scratch")


def write_codecs_v3(folder):
    root = zarr.create_group(folder, zarr_format=3)
    codecs, kinds = zarr.codecs, {"f4": "float32", "f8": "float64", "i2": "int16"}

    def add(name, data=matrix(), chunks=(16, 4), **more):
        array = root.create_array(name, shape=data.shape, dtype=data.dtype, chunks=chunks, **more)
        array[...] = data

    for inner in ["blosclz", "lz4", "lz4hc", "zlib", "zstd"]:
        for shuffle in ["noshuffle", "shuffle", "bitshuffle"]:
            add(f"blosc_{inner}_{shuffle}", compressors=codecs.BloscCodec(cname=inner, shuffle=shuffle))
    add("none", compressors=None)
    add("gzip", compressors=codecs.GzipCodec())
    add("zstd", compressors=codecs.ZstdCodec(level=9, checksum=True))
    add("zstd_crc32c", compressors=[codecs.ZstdCodec(), codecs.Crc32cCodec()])
    add("gzip_gzip", compressors=[codecs.GzipCodec(), codecs.GzipCodec()])
    add("crc32c", compressors=codecs.Crc32cCodec())
    add("numcodecs_lz4", compressors=zarr.codecs.numcodecs.LZ4())
    add("numcodecs_zlib", compressors=zarr.codecs.numcodecs.Zlib())
    add("numcodecs_shuffle", compressors=[zarr.codecs.numcodecs.Shuffle(elementsize=8), zarr.codecs.numcodecs.Zstd()])
    add("big", serializer=codecs.BytesCodec(endian="big"))
    add("transposed", filters=codecs.TransposeCodec(order=(1, 0)))
    for kind, name in kinds.items():
        add(name, np.round(matrix()).astype(kind))
    add("dots", chunk_key_encoding={"name": "default", "separator": "."})
    add("v2_keys", chunk_key_encoding={"name": "v2", "separator": "/"})
    for place in ["end", "start"]:
        add(f"sharded_{place}", chunks=(8, 4), shards=zarr.core.array.ShardsConfigParam(shape=(16, 8), index_location=place)
            if hasattr(zarr.core.array, "ShardsConfigParam") else {"shape": (16, 8), "index_location": place})
    holes = matrix()
    holes[16:32] = 0
    add("holes", holes)
    add("holes_sharded", holes, chunks=(8, 4), shards=(16, 8))
    add("nothing", np.zeros((40, 7)))
    add("texts", np.array([f"text {i} \N{GREEK SMALL LETTER ALPHA}" for i in range(40)], dtype="T"), chunks=(16,))
    add("unicode", np.array([f"text {i} \N{GREEK SMALL LETTER ALPHA}" for i in range(40)], dtype="U16"), chunks=(16,))
    add("bytes", np.array([f"text {i}" for i in range(40)], dtype="S16"), chunks=(16,))
    add("cube", np.zeros((4, 3, 2)) + 1, chunks=(4, 3, 2))


def write_codecs_v2(folder):
    root = zarr.group(str(folder)) if ZARR_2 else zarr.create_group(folder, zarr_format=2)

    def add(name, data=matrix(), chunks=(16, 4), **more):
        if ZARR_2:
            root.create_dataset(name, data=data, chunks=chunks, **more)
            return
        more = {{"compressor": "compressors", "object_codec": "_"}.get(key, key): value for key, value in more.items()}
        more.pop("_", None)
        root.create_array(name, shape=data.shape, dtype=data.dtype, chunks=chunks, **more)[...] = data

    for inner in ["blosclz", "lz4", "zlib", "zstd"]:
        add(f"blosc_{inner}", compressor=numcodecs.Blosc(cname=inner, shuffle=numcodecs.Blosc.BITSHUFFLE))
    add("none", compressor=None)
    add("zlib", compressor=numcodecs.Zlib())
    add("gzip", compressor=numcodecs.GZip())
    add("zstd", compressor=numcodecs.Zstd())
    add("lz4", compressor=numcodecs.LZ4())
    add("big", matrix().astype(">f8"))
    add("half", matrix().astype("f2"))
    add("column_major", order="F")
    add("crc32_shuffle", filters=[numcodecs.Shuffle(elementsize=8), numcodecs.CRC32()], compressor=numcodecs.Zlib())
    add("bz2", compressor=numcodecs.BZ2())
    add("unicode", np.array([f"text {i} \N{GREEK SMALL LETTER ALPHA}" for i in range(40)], dtype=">U16"), chunks=(16,))
    add("bytes", np.array([f"text {i}" for i in range(40)], dtype="S16"), chunks=(16,))
    if ZARR_2:
        add("texts", np.array([f"text {i} \N{GREEK SMALL LETTER ALPHA}" for i in range(40)], dtype=object), chunks=(16,),
            object_codec=numcodecs.VLenUTF8())
        records = np.array([(i, f"text {i}", i / 8) for i in range(40)], dtype=[("id", "i4"), ("name", "U8"), ("score", "f8")])
        add("records", records, chunks=(16,))


def main(place):
    place.mkdir(exist_ok=True)
    version = "zarr2" if ZARR_2 else "zarr3"
    scratch = place / "scratch"
    if ZARR_2:
        shutil.rmtree(place / "zarr2.zarr", ignore_errors=True)
        cells().write_zarr(place / "zarr2.zarr")
    else:
        for old in place.glob("v[23]*.zarr"):
            shutil.rmtree(old)
        write_anndata(place)
        write_neighbors(place)
        write_codecs_v3(scratch)
        pack(scratch, place / "zarr3_codecs_v3.zarr.zip", method=zipfile.ZIP_DEFLATED)
        shutil.rmtree(scratch)
    write_codecs_v2(scratch)
    pack(scratch, place / f"{version}_codecs_v2.zarr.zip", method=zipfile.ZIP_DEFLATED)
    shutil.rmtree(scratch)


main(pathlib.Path(sys.argv[1]) / "zarr")
