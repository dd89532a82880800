"""Makes the seeds of the corpus: make_corpus.py FLEETSNE. What the fuzzer found since stands beside them.

FLEETSNE is the program; affinities and a checkpoint are taken from a run of it.
"""

import gzip
import io
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import anndata
import h5py
import numpy as np
import pandas as pd

CORPUS = pathlib.Path(__file__).parent / "corpus"


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def idx(kind, array):
    return struct.pack(">BBBB", 0, 0, kind, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def arrays():
    rows = (np.arange(12).reshape(4, 3) / 2).astype("<f4")
    write("idx", "bytes", idx(8, rows.astype("u1")))
    write("idx", "images", idx(8, rows.astype("u1").reshape(4, 1, 3)))
    write("idx", "labels", idx(9, np.array([0, 1, 1, 2], "i1")))
    write("idx", "shorts", idx(0x0B, rows.astype(">i2")))
    write("idx", "integers", idx(0x0C, rows[:, :1].astype(">i4")))
    write("idx", "floats", idx(0x0D, rows.astype(">f4")))
    write("idx", "doubles", idx(0x0E, rows.astype(">f8")))
    write("idx", "packed", gzip.compress(idx(8, rows.astype("u1")), mtime=0))
    for kind in ["<f4", ">f8", "<f2", "|u1", "|i1", "<u2", ">i4", "<u8", "|b1"]:
        write("npy", "of_" + kind.strip("<>|"), saved(rows.astype(kind)))
    write("npy", "fortran", saved(np.asfortranarray(rows)))
    write("npy", "one_column", saved(np.arange(4)))
    write("npy", "three_dimensions", saved(rows.reshape(2, 2, 3)))
    write("npy", "packed", gzip.compress(saved(rows), mtime=0))
    version = saved(rows)
    write("npy", "version_2", version[:6] + b"\2\0" + version[8:10] + b"\0\0" + version[10:])
    lengths = np.full((4, 1), 3, "<i4")
    write("vectors", "fvecs", b"\0" + np.hstack([lengths.view("<f4"), rows]).tobytes())
    write("vectors", "bvecs", b"\1" + b"".join(struct.pack("<i", 3) + row.astype("u1").tobytes() for row in rows))
    write("vectors", "ivecs", b"\2" + np.hstack([lengths, rows.astype("<i4")]).tobytes())
    write("vectors", "ivecs_of_one_column", b"\2" + np.hstack([lengths * 0 + 1, lengths]).tobytes())
    write("vectors", "fbin", b"\3" + struct.pack("<2I", 4, 3) + rows.tobytes())
    write("vectors", "u8bin", b"\4" + struct.pack("<2I", 4, 3) + rows.astype("u1").tobytes())
    write("vectors", "i8bin", b"\5" + struct.pack("<2I", 4, 3) + rows.astype("i1").tobytes())
    write("vectors", "fvecs_packed", b"\0" + gzip.compress(np.hstack([lengths.view("<f4"), rows]).tobytes(), mtime=0))


def texts():
    write("table", "header", b"a,b,c\n1,2,3\n4,5.5,-6e1\n7,8,9\n0,0,1\n")
    write("table", "names", b"\ta\tb\nx\t1\t2\ny\t3\t4\nz\t5\t6\n")
    write("table", "blanks", b"# what it is\n 1  2 +3\r\n4 5 6\r\n7 8 9\r\n1e400 -1e-400 nan")
    write("table", "quotes", b'\xef\xbb\xbf"a;x";b\n"1";2\n3;"4"\n\n5;6\n7;8\n')
    write("ini", "run", b"# a run\n[input]\nfiles = rows.npy\nlabels = l.npy\n[affinity]\nperplexity = 50 # many\nkind = uniform\n")
    write("ini", "quoted", b'[output]\ndirectory = "a # b"\n[plot]\ntitle = "say \\"x\\" \\\\ \\n"\nsize = 900\n')
    write("ini", "stages", b"[stage.early]\niterations = 250\nexaggeration = 12..4\nreset=true\n[stage.late]\niterations=500\ndof = 0.5\n[optimize]\n"
                           b"learning_rate = n/12\nstage = iterations=5\n")
    write("ini", "lists", b"[affinity]\nperplexities = 50,500\nkind = multiscale\n[neighbors]\nmetric = cosine\n[input]\nfiles = a\nfiles = b\n")
    write("ini", "problems", b"x = 1\n[nothing]\na = b\n[]\nc = d\n[affinity\nno equals\nperplexty = 3\nperplexity = \"x\n")
    write("sweep", "grid", b"[grid]\nperplexity = 30, 50\nseed=1,2 , 3\nstage = iterations=5,exaggeration=2 | iterations=7\n[optimize]\niterations = 9\n")
    write("sweep", "rows", b"[input]\nfiles = rows.npy\n[row.first]\nperplexity = 10\n[row.umap]\nmethod = umap\nmin_dist = 0.1\n")
    write("sweep", "problems", b"[grid]\nx = 1\nseed = 1\nseed = 2\noutput = a\n[row.]\n[row.a/b]\ndof = x\n[row.c]\n[row.c]\n")


def hdf5(make, **options):
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as opened:
        make(opened)
    return file.getvalue()


def recipes():
    """Files that the target makes itself (recipe.cpp): name, type, extents, layout, values of each dataset."""

    def dataset(name, kind, shape, layout=0, chunk=(), values=bytes(range(64))):
        return bytes([name, kind, len(shape), *shape, layout, *chunk]) + part(values)

    rows = bytes(range(0, 200, 3))
    write("hdf5_input", "recipe_rows", bytes([100]) + dataset(0, 2, (5, 3)) + dataset(1, 0, (2, 3), values=bytes(8)))
    write("hdf5_input", "recipe_chunks", bytes([101]) + dataset(0, 3, (5, 3)) + dataset(1, 4, (9, 3), 2 + 16 + 64, (2, 3), rows))
    write("hdf5_input", "recipe_holes", bytes([100]) + dataset(0, 0, (252, 3), 2, (7, 3), b"") + dataset(1, 0, (2, 3)))
    write("hdf5_input", "recipe_column", bytes([102]) + dataset(2, 5, (4,), values=b"\1\0\0\0\0\0\0\0"))
    write("hdf5_input", "recipe_neighbors", bytes([103]) + dataset(4, 2, (4, 2), values=b"\1\2\0\3") + dataset(3, 3, (4, 2), values=b"\1\2"))
    write("hdf5_input", "recipe_pca", bytes([105]) + dataset(5, 11, (4, 2)) + dataset(6, 1, (4, 3), 1))
    write("hdf5_input", "recipe_cluster", bytes([106]) + dataset(8, 2, (4,), values=b"\0\1\xff\1") + dataset(9, 10, (2,), values=b"name"))
    write("hdf5_input", "recipe_name", bytes([107]) + dataset(10, 10, (4,), values=b"text") + dataset(0, 12, (2, 2)))
    write("hdf5_input", "recipe_maybe", bytes([108]) + dataset(11, 4, (4,)) + dataset(12, 7, (4,), values=b"\0\1"))
    write("hdf5_input", "recipe_names", bytes([109]) + dataset(5, 0, (4, 2)) + dataset(7, 9, (4,), values=b"abc\0") + dataset(13, 10, (2,)) + dataset(14, 0, ()))


def datasets():
    rows = (np.arange(12).reshape(4, 3) / 2).astype("<f4")

    def ann(file):
        file.attrs["distance"] = "angular"
        file["train"] = rows
        file["test"] = rows[:2]
        file["neighbors"] = np.array([[1, 2], [0, 2], [1, 3], [2, 1]], np.int32)
        file["distances"] = np.ones((4, 2), np.float32)

    def chunks(file):
        file.create_dataset("train", data=rows.astype(">f8"), chunks=(3, 2), compression="gzip", shuffle=True)
        file.create_dataset("test", data=rows, chunks=(4, 3), fletcher32=True)
        file.create_dataset("neighbors", data=rows.astype(np.int16), chunks=(1, 3), maxshape=(None, 3))

    # The first byte: what is read (hdf5_input.cpp). Metadata has checksums (recipe.hpp says why).
    for what, name in enumerate(["rows", "test", "column", "neighbors"]):
        write("hdf5_input", f"ann_benchmarks_{name}", bytes([what]) + hdf5(ann, libver="v110"))
    write("hdf5_input", "chunks", b"\1" + hdf5(chunks, libver="v110"))

    def cells(file):
        file.attrs["encoding-type"] = "anndata"
        file["obsm/X_pca"] = rows
        file["X"] = rows.astype(np.int8)
        file["obs/_index"] = np.array([b"a", b"b", b"", b"c"], dtype="S2")
        file["obs"].attrs["_index"] = "_index"
        file["obs/cluster/codes"] = np.array([0, 1, -1, 1], np.int8)
        file["obs/cluster/categories"] = np.array(["x", "y"], dtype="S3")
        file["obs/name"] = np.array([b"n1", b"n2", b"n1", b""], dtype="S4")
        file["obs/maybe/values"] = np.array([1, 2, 3, 4], np.int16)
        file["obs/maybe/mask"] = np.array([True, False, False, True])
        file["uns/text"] = np.array([b"a", b"b"], dtype="S1")
        file["uns/number"] = 1.5

    for what, name in [(5, "rows"), (6, "cluster"), (7, "name"), (8, "maybe"), (9, "names")]:
        write("hdf5_input", f"cells_{name}", bytes([what]) + hdf5(cells, libver="v110"))
    recipes()


def part(data):
    return struct.pack("<H", len(data)) + data


def own_files(program):
    generator = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        np.save(folder / "rows.npy", generator.standard_normal((24, 3)).astype(np.float32))

        def run(*arguments):
            subprocess.run([program, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)

        for kind, coding in [("uniform", 1), ("perplexity", 0)]:
            run("affinity", "rows.npy", "--neighbors", "6", *([] if coding == 0 else ["--affinity.kind", kind]), "--perplexity", "2",
                "--output", f"{kind}.h5")
            whole = (folder / f"{kind}.h5").read_bytes()
            write("affinity", f"{kind}_file", b"\0" + whole)
            with h5py.File(folder / f"{kind}.h5") as file:
                parts = [b'{"boundaries":[0,24],"about":{}}', *(file[d][:].tobytes() for d in ["tiles", "columns", "bytes", "origins", "start"])]
                write("affinity", f"{kind}_parts", b"\1" + bytes([coding, int(file.attrs["entries"])]) + b"".join(map(part, parts)))
        embed = [program, "embed", "rows.npy", "--perplexity", "2", "--iterations", "1000000", "--checkpoint.minutes", "0.0001"]
        running = subprocess.Popen([*embed, "--output", "out"], cwd=folder, stdout=subprocess.DEVNULL)
        while not (kept := sorted((folder / "out" / "checkpoint").glob("state-*.h5"))):
            time.sleep(0.1)
        write("state", "file", b"\0" + kept[0].read_bytes())
        running.terminate()
        running.wait()
    numbers = np.arange(6, dtype="<f4").tobytes()
    columns = b"".join(b"\1" + part(numbers) for _ in range(3))
    unfinished = b'{"arrays":[{"name":"positions","bytes":24,"digest":"0"},{"name":"gains","bytes":-5,"digest":"0"}],"about":{}}'
    write("state", "unfinished", b"\1\2\1" + part(unfinished) + columns)
    # The second byte asks for checksums that fit.
    layout = b'{"rows":3,"digests":{"positions":"0"},"about":{"run":"0","epoch":7,"samples":100}}'
    write("state", "layout", b"\1\x0b\1" + part(layout) + columns)
    tsne = (b'{"rows":3,"digests":{},"about":{"run":"0","iteration":7,"grid":[0.5,64,64,0,1.0],"progress":{"stage":0,"iteration":7,'
            b'"last_kl":null,"seconds":1.0,"kl_curve":[[5,1.0,0.1]],"ended":[{"name":"a","iterations":5,"settled":false,"seconds":1.0}]}}}')
    write("state", "tsne", b"\1\x0b\1" + part(tsne) + columns)
    write("state", "tsne_misfit", b"\1\3\1" + part(tsne) + columns)


def zarr_arrays():
    data = np.arange(8, dtype="<f4").tobytes()
    number, text = {"name": "bytes", "configuration": {"endian": "little"}}, {"name": "vlen-utf8"}
    texts = struct.pack("<I", 8) + b"".join(struct.pack("<I", 1) + b"ab"[i % 2:][:1] for i in range(8))

    def write_array(name, metadata, chunk):
        write("zarr", name, json.dumps(metadata, separators=(",", ":")).encode() + b"\0" + chunk)

    def array_v2(chunk_data, name, **more):
        write_array("v2_" + name, {"zarr_format": 2, "shape": [8, 2], "chunks": [4, 2], "dtype": "<f4", "compressor": None,
                                   "fill_value": 0, "order": "C", "filters": None} | more, chunk_data)

    def array_v3(chunk_data, name, codecs, **more):
        grid = {"name": "regular", "configuration": {"chunk_shape": more.pop("chunk", [4, 2])}}
        write_array("v3_" + name, {"zarr_format": 3, "node_type": "array", "shape": [8, 2], "data_type": "float32", "fill_value": 0,
                                   "chunk_grid": grid, "chunk_key_encoding": {"name": "default"}, "codecs": codecs} | more, chunk_data)

    array_v2(data, "plain")
    array_v2(data, "column_major", order="F")
    array_v2(zlib.compress(data), "zlib", compressor={"id": "zlib"})
    array_v2(struct.pack("<I", 32) + b"\xf0\x11" + data, "lz4", compressor={"id": "lz4"})
    array_v2(data, "record", dtype=[["a", "<i2"], ["b", "<f2"], ["c", "<U1"]], shape=[4], chunks=[4])
    array_v2(texts, "texts", dtype="|O", filters=[{"id": "vlen-utf8"}], shape=[8], chunks=[8])
    array_v2(data, "unicode", dtype=">U2", shape=[4], chunks=[4])
    array_v3(data, "plain", [number])
    array_v3(data, "transposed", [{"name": "transpose", "configuration": {"order": [1, 0]}}, number])
    array_v3(gzip.compress(data, mtime=0), "gzip", [number, {"name": "gzip"}])
    array_v3(data + b"\0\1\2\3", "crc32c", [number, {"name": "crc32c"}])
    blosc = bytes([2, 1, 3, 4]) + struct.pack("<3I", 32, 32, 48) + data  # stored as it is
    array_v3(blosc, "blosc", [number, {"name": "blosc"}])
    index = struct.pack("<4Q", 0, 16, 16, 16)
    array_v3(data + index, "sharded", [{"name": "sharding_indexed", "configuration": {
        "chunk_shape": [2, 2], "codecs": [number], "index_codecs": [number]}}])


if __name__ == "__main__":
    arrays()
    zarr_arrays()
    texts()
    datasets()
    own_files(os.path.abspath(sys.argv[1]))
