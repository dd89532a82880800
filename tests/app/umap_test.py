"""UMAP, and starts by eigenvectors, from outside.

Usage: umap_test.py PROGRAM MPIEXEC RANKS TEST_CLASS
"""
import pathlib
import sys
import unittest

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from end_to_end import FILES, EndToEnd, stage_names  # noqa: E402


class Umap(EndToEnd):
    def umap(self, *arguments, out=None, **options):
        return self.run_program("embed", "rows.npy", "--method", "umap", *arguments, "--output", out or self.out, **options)

    def nearest_of_own_class(self, embedding):
        distances = np.square(embedding[:, None] - embedding[None]).sum(axis=2)
        np.fill_diagonal(distances, np.inf)
        return np.mean(self.labels[distances.argmin(axis=1)] == self.labels)

    def test_files_and_report(self):
        done = self.umap("--labels", "labels.npy")
        self.assert_succeeds(done)
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), FILES)
        self.assertRegex(done.stdout, r"RESULT points=210 .*epochs=500 recall=[0-9.]+")
        report = self.report()
        self.assertEqual(stage_names(report), ["read", "labels", "init", "partition", "neighbors", "fuzzy_set", "layout", "write"])
        self.assertEqual(report["neighbors"]["count"], 14)  # and the point itself
        self.assertAlmostEqual(report["umap"]["a"], 1.5769, places=3)
        self.assertAlmostEqual(report["umap"]["b"], 0.8951, places=3)
        self.assertEqual(report["umap"]["epochs"], 500)
        self.assertGreater(report["umap"]["samples"], report["umap"]["edges"])
        self.assertNotIn("optimize", report)
        embedding = np.load(self.out / "embedding.npy")
        self.assertGreater(self.nearest_of_own_class(embedding), 0.99)
        with h5py.File(self.out / "embedding.h5ad") as file:
            np.testing.assert_array_equal(file["obsm/X_umap"][:], embedding)
            self.assertNotIn("X_tsne", file["obsm"])
            self.assertEqual(file["uns/umap/layout/epochs"][()], 500)
            self.assertEqual(file["uns/umap/config/umap/min_dist"][()], 0.1)

    def test_the_same_run_and_its_dumped_config_give_the_same_bytes(self):
        arguments = ["--neighbors", "10", "--min-dist", "0.3", "--spread", "1.5", "--epochs", "40", "--negative-samples", "3",
                     "--init", "random"]
        self.assert_succeeds(self.umap(*arguments))
        self.assertEqual(self.report()["umap"]["epochs"], 40)
        dumped = self.umap(*arguments, "--dump-config", out=self.folder / "again", ranks=1)
        (self.folder / "dumped.cfg").write_text(dumped.stdout)
        self.assert_succeeds(self.run_program("embed", "--config", "dumped.cfg"))
        self.assertEqual((self.out / "embedding.npy").read_bytes(), (self.folder / "again/embedding.npy").read_bytes())

    def test_spectral_starts_say_what_they_did(self):
        """The three classes are far from each other: three components."""
        for method in ([], ["--method", "umap"]):
            done = self.run_program("embed", "rows.npy", *method, "--perplexity", "5", "--epochs", "50", "--iterations", "50",
                                    "--early-iterations", "50", "--init", "spectral", "--output", self.out, "--force")
            self.assert_succeeds(done)
            self.assertIn("spectral start: 3 components of the graph, 3 by eigenvectors (210 points)", done.stderr)
            found = self.report()["spectral"]
            self.assertEqual((found["components"], found["largest_component"], found["points_by_eigenvectors"]), (3, 70, 210))
            self.assertGreater(found["products"], 0)
            self.assertIn("spectral", stage_names(self.report()))
            self.assertGreater(self.nearest_of_own_class(np.load(self.out / "embedding.npy")), 0.99)

    def test_what_no_run_can_have_is_refused(self):
        for arguments, parts in (
                (["--min-dist", "2"], ["--min-dist is 2 (it must be from 0 to --spread, which is 1)"]),
                (["--spread", "0", "--epochs", "-1"], ["--spread is 0", "--epochs is -1"]),
                (["--neighbors", "1"], ["--neighbors is 1 (UMAP counts the point itself"]),
                (["--neighbors", "211"], ["--neighbors 211 is too large for 210 rows", "The largest possible here is 210"]),
                (["--affinity", "some.h5"], ["--affinity was given with --method umap"]),
                (["--dry-run"], ["--dry-run was given with --method umap"]),
                (["--method", "tsne", "--dry-run", "--init", "spectral", "--perplexity", "5"],
                 ["--dry-run was given with --init spectral"])):
            with self.subTest(parts):
                before = self.listing()
                self.assert_refused(self.umap(*arguments), 2, *parts)
                self.assert_nothing_left(before)

    def test_as_few_rows_as_there_can_be_and_copies(self):
        np.save(self.folder / "few.npy", self.rows[:4])
        np.save(self.folder / "copies.npy", np.repeat(self.rows[:6], 30, axis=0))
        for name, neighbors in (("few.npy", "4"), ("copies.npy", "15")):
            with self.subTest(name):
                self.assert_succeeds(self.run_program("embed", name, "--method", "umap", "--neighbors", neighbors, "--init",
                                                      "spectral", "--epochs", "20", "--output", self.folder / name[:-4]))
                self.assertTrue(np.isfinite(np.load(self.folder / name[:-4] / "embedding.npy")).all())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
