"""Tables that pandas writes, each of the same 12 rows of 3 values. Usage: tables.py FOLDER

Row i, column j is (7 i + 13 j) mod 31 + j + 0.25, so no file needs a seed.
"""
import pathlib
import sys

import numpy as np
import pandas as pd

folder = pathlib.Path(sys.argv[1]) / "tables"
folder.mkdir(exist_ok=True)

i, j = np.mgrid[:12, :3]
values = (7 * i + 13 * j) % 31 + j + 0.25
unnamed = pd.DataFrame(values)
named = pd.DataFrame(values, columns=["PC1", "PC2", "PC3"])
cells = named.set_axis([f"AAAC-{n}" for n in range(12)])
mixed = named.assign(kind=np.where(i[:, 0] % 2 == 0, "T cell", "B cell"), good=True)

unnamed.to_csv(folder / "no-names.csv", index=False)
unnamed.to_csv(folder / "default.csv")
named.to_csv(folder / "id.csv", index_label="id")
pd.read_csv(folder / "default.csv").to_csv(folder / "read-and-written.csv", index=False)
named.set_index(np.arange(100, 124, 2)).to_csv(folder / "filtered.csv", index_label="index")
cells.to_csv(folder / "barcodes.csv", index_label="Barcode")
cells.to_csv(folder / "barcodes.tsv.gz", sep="\t", compression={"method": "gzip", "mtime": 0})
named.to_csv(folder / "german.csv", sep=";", decimal=",", index=False, lineterminator="\r\n")
named.to_csv(folder / "excel.csv", sep="\t", index=False, encoding="utf-16")
named.to_csv(folder / "old-mac.csv", index=False, lineterminator="\r")
mixed.to_csv(folder / "mixed.csv", index=False)
named.reset_index().rename(columns={"index": "order"}).to_csv(folder / "counted.csv", index=False)
named[["PC3", "PC1", "PC2"]].to_csv(folder / "another-order.csv", index=False)
named.mask(named == values[0, 0]).to_csv(folder / "missing.csv", index=False)
unnamed.mask(unnamed == values[0, 0]).to_csv(folder / "missing-no-header.csv", index=False, header=False, na_rep="NA")
