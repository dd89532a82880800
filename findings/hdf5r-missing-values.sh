#!/bin/bash
# hdf5r 1.3.12 (Debian 13), missing values of a factor, of text, of integers and of logicals.
# Guess: a mark beside the data says what is missing, as rhdf5 writes it (attributes rhdf5-NA.OK and as.na).
# Seen: no attribute at all. A missing level is one more than the last member of the enumeration, so it has no name; missing
# text is the text "NA", like a value "NA"; a missing integer is -2147483648; a logical has a third member "NA".
# Needs root and debootstrap.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
debootstrap --variant=minbase trixie "$folder" >/dev/null
DEBIAN_FRONTEND=noninteractive chroot "$folder" apt-get install --yes --quiet --no-install-recommends \
  r-cran-hdf5r python3-h5py >/dev/null 2>&1
chroot "$folder" Rscript - <<'R' 2>/dev/null
library(hdf5r)
cat("hdf5r", as.character(packageVersion("hdf5r")), "\n")
file <- H5File$new("/x.h5", mode = "w")
file[["factor"]] <- factor(c("ctrl", "stim", NA), levels = c("stim", "ctrl"))
file[["text"]] <- c("a", NA, "NA")
file[["integer"]] <- c(1L, NA, 3L)
file[["logical"]] <- c(TRUE, FALSE, NA)
file$close_all()
R
chroot "$folder" python3 - <<'PYTHON'
import h5py

with h5py.File("/x.h5") as file:
    for name, data in file.items():
        print(name, data[()].tolist(), h5py.check_enum_dtype(data.dtype), dict(data.attrs))
        assert len(data.attrs) == 0
    assert h5py.check_enum_dtype(file["factor"].dtype) == {"stim": 1, "ctrl": 2}
    assert file["factor"][()].tolist() == [2, 1, 3]
    assert file["text"][()].tolist() == [b"a", b"NA", b"NA"]
    assert file["integer"][()].tolist() == [1, -(2**31), 3]
    assert h5py.check_enum_dtype(file["logical"].dtype) == {"FALSE": 0, "TRUE": 1, "NA": 2}
PYTHON
