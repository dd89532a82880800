"""New points into an embedding that is there, from outside.

Usage: transform_test.py PROGRAM MPIEXEC RANKS [TEST]
"""
import gzip
import os
import pathlib
import shutil
import sys
import unittest

import anndata
import h5py
import numpy as np

from end_to_end import FILES, RANKS, EndToEnd

IMAGES = pathlib.Path("/usr/share/datasets/fashion-mnist")


class Transform(EndToEnd):
    def setUp(self):
        super().setUp()
        generator = np.random.default_rng(2)
        self.new_labels = np.repeat(np.arange(3), 9).astype(np.uint8)
        means = np.array([self.rows[self.labels == label].mean(0) for label in range(3)])
        self.new = (means[self.new_labels] + generator.standard_normal((27, 8))).astype(np.float32)
        np.save(self.folder / "new.npy", self.new)
        np.save(self.folder / "new-labels.npy", self.new_labels)

    def reference(self, *arguments):
        self.assert_succeeds(self.run_program("embed", *arguments, "--perplexity", "15", "--early-iterations", "100",
                                              "--iterations", "150", "--output", "ref"))
        return np.load(self.folder / "ref/embedding.npy")

    def transform(self, *arguments, into="ref/embedding.h5ad", **options):
        return self.run_program("transform", *arguments, "--into", into, "--output", self.out, **options)

    def placed(self, *arguments, **options):
        self.assert_succeeds(self.transform(*arguments, "--force", **options))
        return np.load(self.out / "embedding.npy")

    def assert_no_transform(self, code, *parts, arguments=("new.npy",), **options):
        before = self.listing()
        self.assert_refused(self.transform(*arguments, **options), code, *parts)
        self.assert_nothing_left(before)

    def among_their_own(self, placed, reference):
        nearest = np.argmin(((placed[:, None] - reference[None]) ** 2).sum(-1), axis=1)
        return (self.labels[nearest] == self.new_labels).mean()

    def test_points_that_are_columns(self):
        """The embedding records it, so that the reference is read the same way."""
        np.save(self.folder / "columns.npy", self.rows.T)
        np.save(self.folder / "new-columns.npy", self.new.T)
        reference = self.reference("columns.npy", "--input.transposed")
        self.assertEqual(len(reference), len(self.rows))
        placed = self.placed("new-columns.npy", "--input.transposed")
        self.assertEqual(self.among_their_own(placed, reference), 1)

    def test_new_points_land_with_their_own(self):
        reference = self.reference("rows.npy")
        for start in ("median", "weighted-mean"):
            placed = self.placed("new.npy", "--labels", "new-labels.npy", "--start", start)
            self.assertEqual(self.among_their_own(placed, reference), 1, start)
        self.assertEqual(sorted(os.listdir(self.out)), FILES)
        written = anndata.read_h5ad(self.out / "embedding.h5ad")
        np.testing.assert_array_equal(written.obsm["X_tsne"], placed)
        self.assertEqual(list(written.obs.columns), ["label"])
        report = self.report()
        self.assertEqual(report["points"], 27)
        self.assertEqual([entry["iteration"] for entry in report["optimize"]["kl_curve"]], [50, 100, 150, 200, 250])
        self.assertEqual(report["config"]["affinity"]["perplexity"], 5)

    def test_the_same_at_any_number_of_ranks(self):
        self.reference("rows.npy")
        one = self.placed("new.npy", ranks=1)
        for ranks in (2, 3, 4):
            np.testing.assert_allclose(self.placed("new.npy", ranks=ranks), one, atol=1e-3 * np.abs(one).max())

    def test_a_place_does_not_depend_on_the_other_new_points(self):
        self.reference("rows.npy")
        all_of_them = self.placed("new.npy", ranks=1)
        np.save(self.folder / "few.npy", self.new[3:5])
        np.testing.assert_allclose(self.placed("few.npy", ranks=1), all_of_them[3:5], atol=1e-3)

    def test_without_iterations_points_stand_at_the_median(self):
        reference = self.reference("rows.npy")
        placed = self.placed("new.npy", "--iterations", "0", "--start-neighbors", "3")
        distances = ((self.new[:, None] - self.rows[None]) ** 2).sum(-1)
        nearest = np.argsort(distances, axis=1)[:, :3]
        np.testing.assert_allclose(placed, np.median(reference[nearest], axis=1), rtol=1e-5)

    def test_reduced_and_compared_as_the_reference_was(self):
        reference = self.reference("rows.npy", "--pca", "3", "--metric", "cosine")
        self.assertEqual(self.among_their_own(self.placed("new.npy"), reference), 1)
        self.assert_no_transform(2, "--metric is euclidean", "made with cosine", arguments=["new.npy", "--metric", "euclidean", "--force"])
        self.assert_no_transform(2, "--pca is 4", "made with 3", arguments=["new.npy", "--pca", "4", "--force"])
        self.assert_no_transform(2, "--dof is 0.5", "made with 1", arguments=["new.npy", "--dof", "0.5", "--force"])

    def test_one_dimension(self):
        reference = self.reference("rows.npy", "--dimensions", "1")
        placed = self.placed("new.npy")
        self.assertEqual(placed.shape, (27, 1))
        self.assertEqual(self.among_their_own(placed, reference), 1)

    def test_an_embedding_of_another_tool(self):
        reference = self.reference("rows.npy")
        np.save(self.folder / "other.npy", reference.astype(np.float64))
        self.assert_no_transform(2, "other.npy does not say", "--reference", into="other.npy")
        placed = self.placed("new.npy", "--reference", "rows.npy", into="other.npy")
        np.testing.assert_array_equal(placed, self.placed("new.npy"))

    def test_what_does_not_fit_is_refused(self):
        self.reference("rows.npy")
        np.save(self.folder / "wide.npy", np.hstack([self.new, self.new]))
        self.assert_no_transform(3, "16 columns", "8", arguments=["wide.npy"])
        self.assert_no_transform(3, "labels.npy", "210", "27", arguments=["new.npy", "--labels", "labels.npy"])
        self.assert_no_transform(2, "--start-neighbors is 211", "210 rows", arguments=["new.npy", "--start-neighbors", "211"])
        self.assert_no_transform(2, "perplexity 71", arguments=["new.npy", "--perplexity", "71"])
        self.assert_no_transform(3, "nowhere.h5ad", into="nowhere.h5ad")
        self.assert_no_transform(2, "--into", into="")
        changed = self.rows.copy()
        changed[7, 7] += 1
        np.save(self.folder / "changed.npy", changed)
        self.assert_no_transform(3, "made of other rows than changed.npy", arguments=["new.npy", "--reference", "changed.npy"])
        np.save(self.folder / "fewer.npy", self.rows[1:])
        self.assert_no_transform(3, "210 points", "209 rows", arguments=["new.npy", "--reference", "fewer.npy"])
        done = self.run_program("transform", "new.npy", "--into", "ref/embedding.h5ad", "--output", "ref", "--force")
        self.assert_refused(done, 2, "ref/embedding.h5ad", "written over")
        shutil.move(self.folder / "rows.npy", self.folder / "moved.npy")
        self.assert_no_transform(3, "rows.npy", "names it (new points need their neighbours", "--reference")
        self.placed("new.npy", "--reference", "moved.npy")

    def test_a_damaged_embedding_is_refused(self):
        self.reference("rows.npy")
        with h5py.File(self.folder / "ref/embedding.h5ad", "r+") as file:
            file["obsm/X_tsne"][17, 1] = np.nan
        self.assert_no_transform(3, "embedding.h5ad", "row 17")

    def test_umap_is_refused(self):
        self.assert_succeeds(self.run_program("embed", "rows.npy", "--method", "umap", "--epochs", "10", "--output", "ref"))
        self.assert_no_transform(3, "UMAP")


class Images(EndToEnd):
    """The training images embedded, the test images put into it."""

    def test_as_many_land_with_their_class_as_by_opentsne(self):
        from sklearn.neighbors import KNeighborsClassifier

        def labels(part):
            return np.frombuffer(gzip.open(IMAGES / f"{part}-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)

        train, new = labels("train"), labels("t10k")
        self.assert_succeeds(self.run_program("embed", IMAGES / "train-images-idx3-ubyte.gz", "--pca", "50",
                                              "--output", "ref", limit=900))
        self.assert_succeeds(self.run_program("transform", IMAGES / "t10k-images-idx3-ubyte.gz", "--into",
                                              "ref/embedding.h5ad", "--output", self.out, limit=60))
        reference, placed = np.load(self.folder / "ref/embedding.npy"), np.load(self.out / "embedding.npy")
        # openTSNE 1.0.4 puts them into such an embedding with 0.806 and 0.819.
        for k, of_opentsne in ((1, 0.806), (10, 0.819)):
            found = KNeighborsClassifier(k).fit(reference, train).score(placed, new)
            print(f"{found:.4f} of 10,000 have the class of their {k} nearest of 60,000")
            self.assertGreaterEqual(found, of_opentsne)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
