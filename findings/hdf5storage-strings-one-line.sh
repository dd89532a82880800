#!/bin/bash
# hdf5storage 0.2.2, which writes MATLAB 7.3 files: an array of N strings.
# Guess: a char matrix of N lines, padded to one length, as scipy's savemat writes it to MATLAB 5 files and MATLAB reads it.
# Seen: one line of N times the length, padded with code 0, so that MATLAB sees a single text; labels of N rows become one.
# Only the attributes that hdf5storage adds for itself (Python.Shape) still hold N.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet hdf5storage==0.2.2 h5py==3.16.0 scipy==1.16.3
cd "$folder"
"$folder/python/bin/python" - <<'PYTHON'
import importlib.metadata

import h5py
import hdf5storage
import numpy as np
import scipy.io

names = np.array(["abc", "defg", "hi"])
hdf5storage.writes(mdict={"names": names}, filename="new.mat", matlab_compatible=True)
scipy.io.savemat("old.mat", {"names": names})
with h5py.File("new.mat") as file:
    stored = file["names"]
    kind, shape, codes = stored.attrs["MATLAB_class"].decode(), stored.shape, stored[:, 0].tolist()
    own = stored.attrs["Python.Shape"].tolist()
lines = scipy.io.loadmat("old.mat", chars_as_strings=False)["names"].shape
print(f"hdf5storage {importlib.metadata.version('hdf5storage')}: {len(names)} strings are a {kind} of {shape} in the file, "
      f"1 x {shape[0]} in MATLAB, codes {codes}; Python.Shape {own}. scipy's savemat: {lines[0]} x {lines[1]}")
assert importlib.metadata.version("hdf5storage") == "0.2.2"
assert (kind, shape, own, lines) == ("char", (12, 1), [3], (3, 4))
assert codes == [97, 98, 99, 0, 100, 101, 102, 103, 104, 105, 0, 0]
PYTHON
