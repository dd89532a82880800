#!/bin/bash
# GNU Octave 9.4 (Debian 13), save -hdf5 of x = 0:0.5:2 and of y = x + 0 * rand(1, 5).
# Guess: both are datasets of five numbers, as both are 1 x 5 matrices to every function of Octave.
# Seen: a range that was never computed with is stored as one record of base, limit and increment, with the number of
# elements in an attribute; only y has its five values in the file. An index such as 1:5 is such a range too.
# Needs root and debootstrap.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
debootstrap --variant=minbase trixie "$folder" >/dev/null
DEBIAN_FRONTEND=noninteractive chroot "$folder" apt-get install --yes --quiet --no-install-recommends \
  octave python3-h5py >/dev/null 2>&1
chroot "$folder" octave-cli --quiet --eval 'x = 0:0.5:2; y = x + 0 * rand(1, 5); i = 1:5; save("-hdf5", "/x.h5", "x", "y", "i")' 2>/dev/null
chroot "$folder" dpkg-query -W -f='octave ${Version}\n' octave
chroot "$folder" python3 - <<'PYTHON'
import h5py

with h5py.File("/x.h5") as file:
    for name in "xyi":
        value = file[name]["value"]
        print(name, file[name]["type"][()].decode(), value.shape, value.dtype.names, dict(value.attrs))
    assert file["x/value"].shape == () and file["x/value"].dtype.names == ("base", "limit", "increment")
    assert file["x/value"].attrs["OCTAVE_RANGE_NELEM"] == 5 and file["i/type"][()] == b"double_range"
    assert file["y/value"].shape == (5, 1)
PYTHON
