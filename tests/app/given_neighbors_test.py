"""Neighbors that other tools found: read right, or refused with the remedy.

Usage: given_neighbors_test.py PROGRAM MPIEXEC RANKS
"""
import json
import pathlib
import sys
import unittest

import h5py
import numpy as np

from end_to_end import RANKS, EndToEnd

FILES = pathlib.Path(__file__).resolve().parents[1] / "files/neighbors"
PERPLEXITY = ["--perplexity", "3"]


def pair(name):
    return ["--neighbors.load", FILES / f"{name}-i.npy", "--neighbors.distances", FILES / f"{name}-d.npy"]


class GivenNeighbors(EndToEnd):
    own = {}  # distances that the program finds, by metric

    def embedding(self, *arguments, rows=FILES / "rows.npy", ranks=RANKS):
        done = self.embed(rows, *PERPLEXITY, *arguments, "--threads", "1", "--force", ranks=ranks)
        self.assert_succeeds(done)
        return np.load(self.out / "embedding.npy"), self.report(), done

    def refuse(self, *texts, arguments):
        done = self.embed(FILES / "rows.npy", *PERPLEXITY, *arguments, "--force")
        self.assert_refused(done, 3, *texts)

    def distances(self, metric, *arguments, **options):
        """Of rows without a copy, which tools may list or not, as the run used them; with its report."""
        _, report, done = self.embedding("--metric", metric, *arguments, "--neighbors.save", "used.h5", **options)
        with h5py.File(self.folder / "used.h5") as file:
            return file["distances"][3:-3], report, done.stderr

    def assert_like_own(self, metric, arguments, *warnings, said=""):
        """Distances are those of this program's own search."""
        if metric not in self.own:
            self.own[metric] = self.distances(metric)[0]
        found, report, log = self.distances(metric, *arguments)
        self.assertGreaterEqual(report["neighbors"]["recall"], 0.99)
        np.testing.assert_allclose(found, self.own[metric], rtol=1e-3, atol=1e-4)
        self.assertEqual(len(report["warnings"]), len(warnings), report["warnings"])
        for text, warning in zip(warnings, report["warnings"]):
            self.assertIn(text, warning)
        self.assertIn(said, log)

    def test_distances(self):
        self.assert_like_own("euclidean", pair("sklearn"))
        self.assert_like_own("cosine", pair("pynndescent-cosine"))
        self.assert_like_own("cosine", pair("hnswlib-cosine"))

    def test_other_conventions(self):
        self.assert_like_own("euclidean", pair("faiss-l2"), "holds squared distances")
        self.assert_like_own("cosine", pair("faiss-ip"), "holds similarities")
        self.assert_like_own("inner-product", pair("hnswlib-ip"), "holds 1 - inner product")

    def test_rows_that_are_shifted_or_scaled_as_they_are_read(self):
        rows = np.load(FILES / "rows.npy").astype(np.float64)
        cases = [("euclidean", "sklearn", rows + 1e9, 1, "are centered", []),
                 ("euclidean", "faiss-l2", rows + 1e9, 1, "are centered", ["holds squared distances"]),
                 ("euclidean", "sklearn", rows * 1e17, 1e17, "", ["distances multiplied by 1e-17"]),
                 ("cosine", "hnswlib-cosine", rows * 1e-30, 1, "multiplied by 2^", []),
                 ("cosine", "faiss-ip", rows * 1e17, 1, "multiplied by 2^-", ["holds similarities"])]
        for metric, found_by, moved, scale, said, warnings in cases:
            with self.subTest(found_by, said=said, scale=scale):
                np.save(self.folder / "moved.npy", moved)
                own, _, _ = self.distances(metric)
                found, report, log = self.distances(metric, *pair(found_by), rows="moved.npy")
                np.testing.assert_allclose(found / scale, own, rtol=2e-3, atol=1e-4)
                self.assertGreaterEqual(report["neighbors"]["recall"], 0.99)
                self.assertEqual(len(report["warnings"]), len(warnings), report["warnings"])
                for text, warning in zip(warnings, report["warnings"]):
                    self.assertIn(text, warning)
                self.assertIn(said, log)
        np.save(self.folder / "moved.npy", rows * 1e-30)
        done = self.embed("moved.npy", *PERPLEXITY, *pair("sklearn"), "--force")
        self.assert_refused(done, 3, "Multiply all by a power of ten")

    def test_rows_that_count_from_one(self):
        for file in ("fnn.h5", "rann.h5", "by-columns.h5"):
            self.assert_like_own("euclidean", ["--neighbors.load", FILES / file], said="counts rows from 1, up to 120")
        self.assertEqual(self.told(FILES / "rann.h5")["rows count from"], 1)

    def test_arrays_the_other_way_round(self):
        """k x N, as R, MATLAB and Julia store N x k; and N x k in Fortran's order."""
        said = "is read as 120 rows of 12 neighbors each, and holds them as 12 x 120"
        self.assert_like_own("euclidean", ["--neighbors.load", FILES / "by-columns.h5"], said=said)
        for part in "id":
            array = np.load(FILES / f"sklearn-{part}.npy")
            np.save(self.folder / f"turned-{part}.npy", array.T.copy())
            np.save(self.folder / f"fortran-{part}.npy", np.asfortranarray(array))
        load = ["--neighbors.load", "turned-i.npy", "--neighbors.distances", "fortran-d.npy"]
        self.assert_like_own("euclidean", load, said="as 13 x 120")
        self.assert_like_own("euclidean", ["--neighbors.load", "fortran-i.npy", "--neighbors.distances", "turned-d.npy"])

    def test_rows_with_fewer_neighbors(self):
        _, report, _ = self.embedding(*pair("faiss-ivf"))
        self.assertIn("36 of 120 rows have fewer than 13 neighbors", report["warnings"][0])
        self.assertEqual(report["neighbors"]["count"], 3)
        done = self.embed(FILES / "rows.npy", "--perplexity", "4", *pair("faiss-ivf"), "--force")
        self.assert_refused(done, 2, "a row has 3 neighbors", "at most 3")

    def test_graphs_of_scanpy(self):
        cells = f"{FILES}/cells.h5ad"
        load = ["--neighbors.load", f"{cells}:obsp/distances"]
        self.assert_like_own("euclidean", load)
        one, _, _ = self.embedding(*load, ranks=1)
        three, _, _ = self.embedding(*load, ranks=3)
        np.testing.assert_allclose(one, three, atol=1e-2 * np.abs(one).max())
        self.assert_like_own("cosine", ["--neighbors.load", f"{cells}:obsp/cos_distances"])
        self.refuse("records that it was searched by the metric cosine", "Give --metric cosine",
                    arguments=["--neighbors.load", f"{cells}:obsp/cos_distances"])
        self.refuse("obsp/cos_connectivities holds connectivities", f"{cells}:obsp/cos_distances",
                    arguments=["--neighbors.load", f"{cells}:obsp/cos_connectivities"])
        self.refuse("is an AnnData file", f"{cells}:obsp/distances", arguments=["--neighbors.load", cells])
        self.refuse("has no obsp/none", "cos_distances", arguments=["--neighbors.load", f"{cells}:obsp/none"])
        found = self.told(f"{cells}:obsp/distances")
        self.assertEqual((found["points"], found["neighbours of each"], found["search"]["metric"]), (120, 14, "euclidean"))
        self.assert_refused(self.run_program("info", f"{cells}:obsp/connectivities"), 3, f"{cells}:obsp/distances")

    def told(self, file):
        done = self.run_program("info", "--json", file)
        self.assert_succeeds(done)
        return json.loads(done.stdout)

    def changed(self, name, change):
        """scanpy's graph with one thing changed."""
        path = self.folder / name
        path.write_bytes((FILES / "cells.h5ad").read_bytes())
        with h5py.File(path, "a") as file:
            change(file["obsp/distances"])
        return ["--neighbors.load", f"{path}:obsp/distances"]

    def test_graphs_that_cannot_be_read(self):
        def by_columns(graph):
            graph.attrs["encoding-type"] = "csc_matrix"

        def damaged(graph):
            graph["indptr"][5] = 10**9
        self.refuse("is stored by columns", "tocsr()", arguments=self.changed("csc.h5ad", by_columns))
        self.refuse("its indptr does not ascend", arguments=self.changed("damaged.h5ad", damaged))

    def test_values_that_are_no_distances(self):
        indices, distances = (np.load(FILES / f"sklearn-{which}.npy") for which in "id")
        np.save(self.folder / "i.npy", indices)
        given = ["--neighbors.load", "i.npy", "--neighbors.distances", "d.npy"]
        ranks = np.broadcast_to(np.arange(indices.shape[1], dtype="f4"), indices.shape)
        rng = np.random.default_rng(5)
        for text, values in [("all the same, 1", np.ones_like(distances)), ("ranks", ranks),
                             ("similarities", np.exp(-distances**2)), ("not related", rng.random(indices.shape))]:
            np.save(self.folder / "d.npy", np.ascontiguousarray(values, "f4"))
            self.refuse("its values are not distances by --metric euclidean", text, "leave out --neighbors.load",
                        arguments=given)
        np.save(self.folder / "d.npy", distances * 2.54)
        self.assert_like_own("euclidean", given, "distances multiplied by 2.54")

    def test_distances_by_another_metric_are_named(self):
        self.refuse("holds distances by --metric cosine", "Give --metric cosine", arguments=pair("pynndescent-cosine"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
