#!/bin/bash
# rhdf5 2.50.2 (Debian 13), h5write of a data frame with a factor.
# Guess: the names of the levels are in the file, as text or as an enumeration.
# Seen: the column is the integers 1, 2, ... and the names are lost; h5read gives integers back too. A factor by itself is
# refused with an error, so the data frame looks like the way to store one.
# Needs root and debootstrap.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
debootstrap --variant=minbase trixie "$folder" >/dev/null
DEBIAN_FRONTEND=noninteractive chroot "$folder" apt-get install --yes --quiet --no-install-recommends \
  r-bioc-rhdf5 python3-h5py >/dev/null 2>&1
chroot "$folder" Rscript - <<'R' 2>/dev/null
library(rhdf5)
cat("rhdf5", as.character(packageVersion("rhdf5")), "\n")
invisible(h5createFile("/x.h5"))
cells <- data.frame(id = c("c1", "c2", "c3"), type = factor(c("T cell", "B cell", "T cell")))
invisible(h5write(cells, "/x.h5", "cells"))
back <- h5read("/x.h5", "cells")
cat("read back:", class(back$type), back$type, "\n")
alone <- tryCatch({ h5write(cells$type, "/x.h5", "type"); "written" }, error = function(e) "an error")
cat("a factor by itself:", alone, "\n")
stopifnot(is.integer(back$type) || is.numeric(back$type), alone == "an error")
R
chroot "$folder" python3 - <<'PYTHON'
import h5py

with h5py.File("/x.h5") as file:
    column = file["cells"]["type"]
    print("type:", column.tolist(), column.dtype, dict(file["cells"].attrs))
    assert column.dtype.kind == "i" and h5py.check_enum_dtype(file["cells"].dtype["type"]) is None
    assert column.tolist() == [2, 1, 2]
PYTHON
