"""Rows, names, labels, starts, embeddings and neighbors in zarr are those of the HDF5 files with the same content.

Usage: zarr_test.py PROGRAM MPIEXEC RANKS
"""
import pathlib
import sys
import unittest

import anndata
import numpy as np
import pandas as pd

from end_to_end import EndToEnd

FILES = pathlib.Path(__file__).resolve().parents[1] / "files"
ZARR = FILES / "zarr"
FEW = ["--perplexity", "5", "--iterations", "20", "--early-iterations", "10", "--threads", "1"]


class Zarr(EndToEnd):
    def made(self, output, *arguments):
        self.assert_succeeds(self.run_program(*arguments, "--output", output))
        return np.load(self.folder / output / "embedding.npy")

    def assert_same(self, store, *arguments):
        """Of a run on the HDF5 file and one on the store, which {} stands for."""
        of_hdf5, of_store = (self.made(output, *(str(a).format(file) for a in arguments))
                             for output, file in (("of-hdf5", ZARR / "cells.h5ad"), ("of-store", ZARR / store)))
        np.testing.assert_array_equal(of_hdf5, of_store)

    def test_rows_names_labels_and_starts(self):
        self.assert_same("v3.zarr", "embed", "{}", *FEW, "--labels", "{}:obs/cell_type", "--init", "file", "--init-file", "{}")
        expected, found = (anndata.read_h5ad(self.folder / name / "embedding.h5ad") for name in ("of-hdf5", "of-store"))
        self.assertEqual(found.obs_names[7], "AAAC0007-1")
        pd.testing.assert_frame_equal(found.obs, expected.obs)

        self.made("changed", "transform", ZARR / "v2_deflated.zarr.zip", "--into", "of-store/embedding.h5ad",
                  "--labels", f"{ZARR}/zarr2.zarr:obs/cell_type", "--threads", "1")
        names = anndata.read_h5ad(self.folder / "changed/embedding.h5ad").obs_names
        self.assertEqual(list(names), list(found.obs_names))

    def test_evaluate_and_plot(self):
        results = []
        for file in (ZARR / "cells.h5ad", ZARR / "v3.zarr.zip"):
            labels = ["--labels", f"{file}:obs/cell_type"]
            done = self.run_program("evaluate", "--data", file, "--embedding", f"{file}:obsm/X_umap", *labels)
            self.assert_succeeds(done)
            results.append(next(line for line in done.stdout.splitlines() if line.startswith("RESULT")).split()[2:])
            self.assert_succeeds(self.run_program("plot", file, *labels, "--output", f"{len(results)}.png"))
        self.assertEqual(*results)
        self.assertEqual(*((self.folder / f"{i}.png").read_bytes()[-4000:] for i in (1, 2)))

    def test_neighbors(self):
        load = ["embed", FILES / "neighbors/rows.npy", "--perplexity", "3", *FEW[2:], "--neighbors.load"]
        of_hdf5 = self.made("of-hdf5", *load, f"{FILES}/neighbors/cells.h5ad:obsp/distances")
        of_store = self.made("of-store", *load, f"{ZARR}/neighbors.zarr.zip:obsp/distances")
        np.testing.assert_array_equal(of_hdf5, of_store)

    def test_points_in_columns(self):
        """A table of counts as GEO has them, whose labels are joined by the names in its first line."""
        cells = [f"cell-{i}" for i in range(210)]
        pd.DataFrame(self.rows.T, index=[f"gene-{i}" for i in range(8)], columns=cells).to_csv(self.folder / "counts.csv")
        order = np.random.default_rng(3).permutation(210)
        labels = np.arange(210) // 70
        pd.DataFrame({"group": labels[order]}, index=np.array(cells)[order]).to_csv(self.folder / "labels.csv")
        expected = self.made("of-rows", "embed", "rows.npy", *FEW)
        found = self.made("of-columns", "embed", "counts.csv", "--input.transposed", "--labels", "labels.csv", *FEW)
        np.testing.assert_array_equal(found, expected)
        obs = anndata.read_h5ad(self.folder / "of-columns/embedding.h5ad").obs
        self.assertEqual((list(obs.index), list(obs["group"].astype(int))), (cells, list(labels)))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
