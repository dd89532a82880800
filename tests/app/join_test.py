"""Rows that another tool has sorted, taken away or changed between two runs, from outside.

Usage: join_test.py PROGRAM MPIEXEC RANKS [TEST]
"""
import json
import pathlib
import subprocess
import sys
import time
import unittest

import anndata
import numpy as np
import pandas as pd

from end_to_end import FEW_ITERATIONS, MPIEXEC, OFTEN, PATIENCE, PROGRAM, RANKS, EndToEnd

FILES = pathlib.Path(__file__).parent.parent / "files"
FEW = ["--perplexity", "15", "--early-iterations", "60", "--iterations", "60"]


class OwnFiles(EndToEnd):
    """What was recorded in an embedding.h5ad is compared with what is found."""

    def setUp(self):
        super().setUp()
        self.assert_succeeds(self.run_program("embed", "rows.npy", *FEW, "--output", "ref"))
        self.order = np.random.default_rng(3).permutation(210)
        np.save(self.folder / "shuffled.npy", self.rows[self.order])

    def run_on(self, rows, file="ref/embedding.h5ad"):
        return self.run_program("embed", rows, "--perplexity", "15", "--iterations", "10", "--continue", file,
                                "--output", self.out, "--force")

    def transform(self, into):
        return self.run_program("transform", "rows.npy", "--into", into, "--output", self.out, "--force")

    def rewrite(self, name, change):
        """The embedding as anndata writes it after a change."""
        found = anndata.read_h5ad(self.folder / "ref/embedding.h5ad")
        change(found).write(self.folder / name)
        return name

    def test_a_run_is_continued_with_its_own_rows(self):
        self.assert_succeeds(self.run_on("rows.npy"))
        self.assert_refused(self.run_on("shuffled.npy"), 3,
                            "ref/embedding.h5ad was made of other rows than shuffled.npy", "as it was then: rows.npy")

    def test_so_is_a_checkpoint(self):
        endless = [MPIEXEC, "-n", str(RANKS), PROGRAM, "embed", "rows.npy", "--perplexity", "15", "--iterations", "1000000",
                   "--optimize.kl-every", "10", *OFTEN, "--output", "stopped"]
        running = subprocess.Popen(endless, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(running.kill)
        states = lambda: sorted((self.folder / "stopped/checkpoint").glob("state-*.h5"))
        while not states():
            self.assertIsNone(running.poll())
            time.sleep(0.01)
        (self.folder / "stopped/stop").touch()
        self.assertEqual(running.wait(60 * PATIENCE), 75)
        state = states()[-1].relative_to(self.folder)
        self.assert_succeeds(self.run_on("rows.npy", state))
        self.assert_refused(self.run_on("shuffled.npy", state), 3, f"{state} was made of other rows than shuffled.npy")

    def test_sorted_rows_are_put_back(self):
        """By their numbers: rows.npy has no other names."""
        self.assert_succeeds(self.transform("ref/embedding.h5ad"))
        expected = np.load(self.out / "embedding.npy")
        file = self.rewrite("sorted.h5ad", lambda found: found[self.order].copy())
        self.assert_succeeds(self.transform(file))
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), expected)

        self.assert_succeeds(self.run_on("rows.npy"))
        expected = np.load(self.out / "embedding.npy")
        self.assert_succeeds(self.run_on("rows.npy", file))
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), expected)

    def test_rows_that_were_taken_away_are_refused(self):
        file = self.rewrite("fewer.h5ad", lambda found: found[self.order[:200]].copy())
        self.assert_refused(self.run_on("rows.npy", file), 3, "fewer.h5ad", "200 x 2, not 210 x 2")
        self.assert_refused(self.transform(file), 3, "fewer.h5ad", "200 points", "210 rows")

    def test_changed_positions_are_refused(self):
        def moved(found):
            found.obsm["tsne_step"][7, 1] += 1
            found.obsm["X_tsne"][7, 1] += 1
            return found

        file = self.rewrite("moved.h5ad", moved)
        self.assert_refused(self.run_on("rows.npy", file), 3, "moved.h5ad:/obsm/X_tsne does not fit its checksum")
        self.assert_refused(self.transform(file), 3, "moved.h5ad:obsm/X_tsne does not fit its checksum")
        named = self.rewrite("named.h5ad", lambda found: moved(found)[self.order].copy())
        self.assert_refused(self.transform(named), 3, "named.h5ad:obsm/X_tsne does not fit its checksum")


class Named(EndToEnd):
    """Files with the names of cells, and the same cells in another order."""

    def setUp(self):
        super().setUp()
        generator = np.random.default_rng(5)
        self.kinds = np.array(["alpha", "beta", "gamma"])[self.labels]
        names = [f"CELL{i:05}-1" for i in generator.permutation(210)]
        obs = pd.DataFrame({"kind": pd.Categorical(self.kinds), "depth": generator.standard_normal(210)}, index=names)
        self.cells = anndata.AnnData(self.rows, obs=obs)
        self.cells.obsm = {"X_pca": self.rows, "X_tsne": self.rows[:, :2].copy()}
        self.order = generator.permutation(210)
        self.write("cells", self.cells)
        self.write("shuffled", self.cells[self.order])

    def write(self, name, cells):
        cells.copy().write(self.folder / f"{name}.h5ad")

    def kinds_kept(self):
        """The share of cells that have their own kind, and of those that have none."""
        kinds = anndata.read_h5ad(self.out / "embedding.h5ad").obs["kind"]
        self.assertEqual(list(kinds.index), list(self.cells.obs_names))
        return (kinds.to_numpy() == self.kinds).mean(), kinds.isna().mean()

    def test_labels_in_another_order(self):
        done = self.embed("cells.h5ad", "--labels", "shuffled.h5ad:obs/kind")
        self.assert_succeeds(done)
        self.assertEqual(done.stderr.count("shuffled.h5ad:obs/kind is matched by name: 210 of 210 rows"), 1, done.stderr)
        self.assertEqual(self.kinds_kept(), (1, 0))
        self.assertEqual(self.report()["warnings"], [])

    def test_tables_are_joined_by_barcode(self):
        table = pd.DataFrame({"Barcode": self.cells.obs_names, "kind": self.kinds}).iloc[self.order]
        table.to_csv(self.folder / "clusters.csv", index=False)
        done = self.embed("cells.h5ad", "--labels", "clusters.csv")
        self.assert_succeeds(done)
        self.assertIn("clusters.csv is matched by name: 210 of 210 rows", done.stderr)
        self.assertEqual(self.kinds_kept(), (1, 0))
        pd.DataFrame(self.rows, index=self.cells.obs_names).to_csv(self.folder / "cells.csv")
        self.assert_succeeds(self.embed("cells.csv", "--labels", "clusters.csv", "--force"))
        self.assertEqual(self.kinds_kept(), (1, 0))

    def test_genes_in_another_order(self):
        genes = np.random.default_rng(7).permutation(self.cells.n_vars)
        self.cells.var_names = [f"GENE{i}" for i in genes]
        self.write("cells", self.cells)
        self.write("genes", self.cells[:, genes])
        found = []
        for file in ("cells", "genes"):
            done = self.embed("cells.h5ad:X", f"{file}.h5ad:X", "--force")
            self.assert_succeeds(done)
            found.append(np.load(self.out / "embedding.npy"))
        self.assertIn("genes.h5ad: its columns are in another order than those of cells.h5ad", done.stderr)
        np.testing.assert_array_equal(*found)
        other = self.cells[:, genes].copy()
        other.var_names = [f"ENSG{i}" for i in genes]
        self.write("other", other)
        self.refuse(3, "other.h5ad does not have the columns of cells.h5ad", "it lacks GENE",
                    arguments=["cells.h5ad:X", "other.h5ad:X", "--force"])

    def test_labels_of_some_and_of_more(self):
        fewer = self.cells[self.order[:200]]
        self.write("fewer", fewer)
        first = [name for name in self.cells.obs_names if name not in set(fewer.obs_names)][:3]
        self.refuse(3, f"has no row for 10 of 210 rows of cells.h5ad ({', '.join(first)}, ...", "Name a file that has all",
                    arguments=["cells.h5ad", "--labels", "fewer.h5ad:obs/kind"])
        done = self.embed("fewer.h5ad", "--labels", "cells.h5ad:obs/kind")
        self.assert_succeeds(done)
        self.assertIn("200 of 200 rows (it has 210)", done.stderr)
        written = anndata.read_h5ad(self.out / "embedding.h5ad").obs["kind"]
        self.assertEqual(list(written), list(fewer.obs["kind"]))

    def test_names_that_cannot_be_joined(self):
        other = self.cells[self.order].copy()
        other.obs_names = [name + "-0" for name in other.obs_names]
        self.write("suffix", other)
        first, theirs = self.cells.obs_names[0], other.obs_names[0]
        self.refuse(3, "cells.h5ad and suffix.h5ad:obs/kind have no row name in common", first, theirs,
                    "differ only by the number at the end", arguments=["cells.h5ad", "--labels", "suffix.h5ad:obs/kind"])
        other.obs_names = [f"other{i}" for i in range(210)]
        self.write("other", other)
        self.refuse(3, "no row name in common", "or one of them without names",
                    arguments=["cells.h5ad", "--labels", "other.h5ad:obs/kind"])
        twice = self.cells[self.order].copy()
        names = twice.obs_names.to_list()
        names[3] = names[30]
        twice.obs_names = names
        self.write("twice", twice)
        self.refuse(3, "occur more than once", names[3], "Make the names unique",
                    arguments=["cells.h5ad", "--labels", "twice.h5ad:obs/kind"])
        fewer = self.cells[self.order[:200]]
        self.write("fewer", fewer)
        self.refuse(3, "has no row for 10 of 210 rows of cells.h5ad",
                    arguments=["cells.h5ad", "--init", "file", "--init-file", "fewer.h5ad:obsm/X_tsne"])

    def test_the_same_names_in_two_stacked_files(self):
        """They cannot be joined, and need not be where the order is the same."""
        labels = ["--labels", "cells.h5ad:obs/kind", "--labels"]
        done = self.embed("cells.h5ad", "cells.h5ad", *labels, "cells.h5ad:obs/kind")
        self.assert_succeeds(done)
        self.assertNotIn("is matched", done.stderr)
        self.refuse(3, "occur more than once", arguments=["cells.h5ad", "cells.h5ad", *labels, "shuffled.h5ad:obs/kind", "--force"])

    def test_what_has_no_names_is_matched_by_position(self):
        np.save(self.folder / "start.npy", self.rows[:, :2])
        np.save(self.folder / "fewer.npy", self.labels[:200])
        for data, labels in (("rows.npy", "shuffled.h5ad:obs/kind"), ("cells.h5ad", "labels.npy")):
            done = self.embed(data, "--labels", labels, "--force")
            self.assert_succeeds(done)
            unnamed = data if data.endswith(".npy") else labels
            said = f"{labels} is matched to {data} by row number (the rows of {unnamed} have no names)"
            self.assertEqual(done.stderr.count(said), 1, done.stderr)
        self.refuse(3, "fewer.npy has 200 labels for 210 rows", arguments=["cells.h5ad", "--labels", "fewer.npy", "--force"])
        # Rows without names take those of the first file that has as many.
        done = self.embed("rows.npy", "--labels", "cells.h5ad:obs/kind", "--init", "file", "--init-file",
                          "shuffled.h5ad:obsm/X_tsne", "--force")
        self.assertIn("shuffled.h5ad:obsm/X_tsne is matched by name: 210 of 210 rows", done.stderr)

    def test_starts_in_another_order(self):
        found = []
        for file in ("cells", "shuffled"):
            self.assert_succeeds(self.embed("cells.h5ad", "--init", "file", "--init-file", f"{file}.h5ad:obsm/X_tsne", "--force"))
            found.append(np.load(self.out / "embedding.npy"))
        np.testing.assert_array_equal(*found)

    def test_evaluated_in_another_order(self):
        found = []
        for file in ("cells", "shuffled"):
            done = self.run_program("evaluate", "--data", "cells.h5ad", "--labels", f"{file}.h5ad:obs/kind", "--embedding",
                                    f"{file}.h5ad", "--name", "it", "--perplexity", "15", "--output", "found.json", "--force")
            self.assert_succeeds(done)
            entry = json.loads((self.folder / "found.json").read_text())["embeddings"][0]
            found.append({name: value for name, value in entry.items() if name != "file"})
        self.assertEqual(*found)
        self.assertGreater(found[0]["label_accuracy"], 0.9)
        # A file of FleetSNE's own, sorted, beside rows without names: their numbers are its names.
        self.assert_succeeds(self.embed("rows.npy"))
        own = anndata.read_h5ad(self.out / "embedding.h5ad")
        own[self.order].copy().write(self.folder / "own.h5ad")
        knn = []
        for file in (self.out / "embedding.h5ad", "own.h5ad"):
            done = self.run_program("evaluate", "--data", "rows.npy", "--embedding", file, "--output", "found.json", "--force")
            knn.append(json.loads((self.folder / "found.json").read_text())["embeddings"][0]["knn"])
        self.assertEqual(*knn)

    def test_drawn_in_another_order(self):
        def draw(*arguments):
            self.assert_succeeds(self.run_program("plot", *arguments, "--output", "it.png", "--force"))
            return (self.folder / "it.png").read_bytes()

        colors = lambda file: ["--labels", f"{file}.h5ad:obs/kind", "--values", f"{file}.h5ad:obs/depth"]
        self.assertEqual(draw("cells.h5ad", *colors("cells")), draw("cells.h5ad", *colors("shuffled")))
        names = ["--name", "a", "--name", "b", "--labels", "cells.h5ad:obs/kind"]
        self.assertEqual(draw("cells.h5ad", "cells.h5ad", *names), draw("cells.h5ad", "shuffled.h5ad", *names))

    def test_all_that_is_wrong_with_names_is_said_at_once(self):
        twice = self.cells[self.order].copy()
        names = twice.obs_names.to_list()
        names[3] = names[30]
        twice.obs_names = names
        self.write("twice", twice)
        self.write("fewer", self.cells[self.order[:200]])
        wrong = ["twice.h5ad:obsm/X_tsne has no row for 1 of 210 rows of cells.h5ad",
                 "1 of 210 rows of cells.h5ad cannot be matched with twice.h5ad:obsm/X_tsne",
                 "fewer.h5ad:obs/kind has no row for 10 of 210 rows"]
        done = self.run_program("evaluate", "--data", "cells.h5ad", "--embedding", "twice.h5ad", "--labels",
                                "fewer.h5ad:obs/kind")
        self.assert_refused(done, 3, *wrong)
        done = self.run_program("plot", "cells.h5ad", "twice.h5ad", "--labels", "fewer.h5ad:obs/kind", "--values",
                                "fewer.h5ad:obs/depth", "--output", "it.png")
        self.assert_refused(done, 3, *wrong, "fewer.h5ad:obs/depth has no row for 10 of 210 rows")

    def test_results_that_were_changed(self):
        """By name where that is possible; what does not fit its checksum then is a warning."""
        for method in ("tsne", "umap"):
            more = ["--umap.epochs", "20"] if method == "umap" else FEW
            self.assert_succeeds(self.run_program("embed", "cells.h5ad", "--method", method, *more, "--output", method))
            own = anndata.read_h5ad(self.folder / method / "embedding.h5ad")
            self.write("sorted", own[self.order])
            own.obsm[f"X_{method}"][7, 1] += 1
            self.write("moved", own[self.order])
            commands = {
                "embed": ["cells.h5ad", *FEW_ITERATIONS, "--init", "file", "--output", self.out, "--init-file"],
                "evaluate": ["--data", "cells.h5ad", "--embedding"],
                "plot": [f"{method}/embedding.h5ad", "--output", "it.png"],
            }
            for command, arguments in commands.items():
                for file, warned in (("sorted", 0), ("moved", 1)):
                    done = self.run_program(command, *arguments, f"{file}.h5ad", "--force")
                    self.assert_succeeds(done)
                    self.assertIn("is matched by name: 210 of 210 rows", done.stderr)
                    said = f"{file}.h5ad:obsm/X_{method} does not fit its checksum"
                    self.assertEqual(done.stderr.count(said), warned, done.stderr)
            done = self.run_program("plot", "sorted.h5ad", "--output", "it.png", "--force")
            self.assertIn(f"sorted.h5ad:obsm/X_{method} does not fit its checksum", done.stderr)

    def test_runs_of_named_cells_and_sorted_results(self):
        self.assert_succeeds(self.run_program("embed", "cells.h5ad", *FEW, "--output", "ref"))
        own = anndata.read_h5ad(self.folder / "ref/embedding.h5ad")
        own[self.order].copy().write(self.folder / "sorted.h5ad")
        for arguments in (["embed", "cells.h5ad", "--perplexity", "15", "--iterations", "10", "--continue"],
                          ["transform", "shuffled.h5ad", "--into"]):
            found = []
            for file in ("ref/embedding.h5ad", "sorted.h5ad"):
                self.assert_succeeds(self.run_program(*arguments, file, "--output", self.out, "--force"))
                found.append(np.load(self.out / "embedding.npy"))
            np.testing.assert_array_equal(*found)


class RealFiles(EndToEnd):
    """Files that today's tools wrote, matched to each other by the names that each of them keeps in its way."""

    def joined(self, data, labels):
        """The labels of a run by the names of its rows."""
        done = self.embed(data, "--labels", labels, "--perplexity", "5", "--force")
        self.assert_succeeds(done)
        rows = len(np.load(self.out / "embedding.npy"))
        self.assertEqual(done.stderr.count(f"is matched by name: {rows} of {rows} rows"), 1, done.stderr)
        obs = anndata.read_h5ad(self.out / "embedding.h5ad").obs
        return dict(zip(obs.index, obs.iloc[:, 0].astype(str)))

    def test_cells_that_anndata_has_shuffled(self):
        elements = FILES / "elements"
        data = elements / "anndata13_shuffled.h5ad"
        clusters = {f"cell-{i}": ["zebra", "ape", "cow"][i % 3] for i in range(30) if i % 10 != 9}
        for labels in ("anndata13.h5ad:obs/cluster", "loompy.loom:col_attrs/cluster"):
            found = self.joined(data, elements / labels)
            self.assertEqual(len(found), 30)
            self.assertEqual({name: found[name] for name in clusters}, clusters)
        batches = {f"cell-{i}": str(10 + 10 * (i % 2)) for i in range(30) if i % 7 != 3}
        found = self.joined(data, elements / "mudata.h5mu:mod/protein/obs/batch")
        self.assertEqual({name: found[name] for name in batches}, batches)

    def test_names_in_zarr(self):
        names = [f"AAAC{i:04}-1" for i in range(60)]
        kinds = dict(zip(names, "abcde" * 12))
        shuffled = np.random.default_rng(1).permutation(names)
        table = pd.DataFrame({"Barcode": shuffled, "Cluster": [kinds[name] for name in shuffled]})
        table.to_csv(self.folder / "clusters.csv", index=False)
        for store in ("v2.zarr", "v3.zarr.zip"):
            self.assertEqual(self.joined(FILES / "zarr" / store, "clusters.csv:Cluster"), kinds)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
