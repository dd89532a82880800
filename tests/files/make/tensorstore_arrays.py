"""Writes zarr/tensorstore_*.zarr by TensorStore, whose code shares nothing with zarr-python: tensorstore_arrays.py FOLDER

Each is one array, the matrix of zarr_stores.py, in the root of its store.
"""

import pathlib
import shutil
import sys

import numpy as np
import tensorstore


def write(path, spec):
    shutil.rmtree(path, ignore_errors=True)
    matrix = (np.arange(40 * 7).reshape(40, 7) - 100) / 8
    store = tensorstore.open({"kvstore": {"driver": "file", "path": f"{path}/"}, **spec}, create=True,
                             dtype=tensorstore.float64, shape=matrix.shape).result()
    store.write(matrix).result()


folder = pathlib.Path(sys.argv[1]) / "zarr"
write(folder / "tensorstore_v2.zarr", {"driver": "zarr", "metadata": {
    "chunks": [16, 4], "order": "F", "compressor": {"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 2}}})
inner = [{"name": "transpose", "configuration": {"order": [1, 0]}}, {"name": "bytes", "configuration": {"endian": "big"}},
         {"name": "zstd", "configuration": {"level": 3}}]
write(folder / "tensorstore_v3.zarr", {"driver": "zarr3", "metadata": {
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [20, 8]}},
    "codecs": [{"name": "sharding_indexed", "configuration": {
        "chunk_shape": [10, 4], "codecs": inner, "index_location": "start",
        "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]}}]}})
