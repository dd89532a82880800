"""Values far from 0, very large or small, and rows that are equal or cannot be compared, from outside.

Usage: numbers_test.py PROGRAM MPIEXEC RANKS [TEST]
"""
import json
import sys
import unittest

import numpy as np

from end_to_end import EndToEnd


class Numbers(EndToEnd):
    def setUp(self):
        super().setUp()
        generator = np.random.default_rng(3)
        labels = np.arange(800) % 16
        self.base = 3 * generator.standard_normal((16, 6))[labels] + generator.standard_normal((800, 6))
        np.save(self.folder / "base.npy", self.base)
        np.save(self.folder / "plane.npy", self.base[:, :2])

    def save(self, name, rows):
        np.save(self.folder / name, rows)
        return name

    def warnings(self):
        return json.loads((self.out / "report.json").read_text())["warnings"]

    def knn(self, data, embedding="plane.npy"):
        done = self.run_program("evaluate", "--data", data, "--embedding", embedding, "--output", "out.json", "--force")
        self.assert_succeeds(done)
        return json.loads((self.folder / "out.json").read_text())["embeddings"][0]["knn"], done

    def kept(self, name, *arguments):
        """Share of neighbors that an embedding of the file keeps, judged by the rows before they were shifted."""
        self.assert_succeeds(self.run_program("embed", name, "--output", self.out, "--force", "--iterations", "250",
                                              "--early-iterations", "100", *arguments))
        return self.knn("base.npy", "out/embedding.npy")[0]

    def test_shifted_and_scaled_rows_have_the_neighbors_of_the_unshifted(self):
        right, _ = self.knn("base.npy")
        self.assertGreater(right, 0.1)
        time = self.base.copy()
        time[:, 0] = 0.1 * time[:, 0] + 1.7e9
        unshifted = self.base.copy()
        unshifted[:, 0] *= 0.1
        metres = np.round(self.base, 1) + [500_000, 5_400_000, 0, 0, 0, 0]
        cases = {"offset.npy": (self.base + 1e9, self.base), "metres.npy": (metres, np.round(self.base, 1)),
                 "seconds.npy": (time, unshifted), "small.npy": (self.base * 1e-30, self.base),
                 "small4.npy": ((self.base * 1e-30).astype(np.float32), self.base),
                 "large.npy": (self.base * 1e17, self.base),
                 "counts.npy": (np.round(1000 * self.base).astype(np.int64) + 10 ** 12, np.round(1000 * self.base))}
        for name, (shifted, same) in cases.items():
            with self.subTest(name):
                expected, _ = self.knn(self.save("same.npy", same))
                found, done = self.knn(self.save(name, shifted))
                self.assertAlmostEqual(found, expected, delta=0.01)
                self.assertIn("multiplied by 2^" if name[:5] in ("small", "large") else "are centered", done.stderr)
        np.savetxt(self.folder / "offset.csv", self.base + 1e9, delimiter=",", fmt="%.17g")
        self.assertAlmostEqual(self.knn("offset.csv")[0], right, delta=0.01)
        self.assertAlmostEqual(self.knn("base.npy", self.save("far.npy", self.base[:, :2] + 1e9))[0], right, delta=0.01)

    def test_an_embedding_of_shifted_rows_and_new_points_among_them(self):
        right = self.kept("base.npy")
        np.save(self.folder / "new.npy", self.base[::20] + 0.01)
        np.save(self.folder / "far-new.npy", self.base[::20] + 0.01 + 1e9)
        self.assertAlmostEqual(self.kept(self.save("far.npy", self.base + 1e9)), right, delta=0.03)
        reference = np.load(self.out / "embedding.npy")
        self.assert_succeeds(self.run_program("transform", "far-new.npy", "--into", "out/embedding.h5ad", "--output",
                                              "placed"))
        placed = np.load(self.folder / "placed/embedding.npy")
        away = np.linalg.norm(placed - reference[::20], axis=1)
        self.assertLess(np.median(away), 0.1 * np.std(reference))

    def test_rows_that_float32_cannot_tell_apart_are_counted(self):
        near = self.base + 1e9
        self.assert_succeeds(self.embed(self.save("near.npy", near), "--metric", "cosine"))
        self.assertTrue(any("distinct rows became equal" in line for line in self.warnings()), self.warnings())

    def test_equal_rows_are_one_warning(self):
        self.assert_succeeds(self.embed(self.save("same.npy", np.full((500, 8), 0.3))))
        self.assertEqual([line for line in self.warnings() if "equal" in line or "copies" in line],
                         ["same.npy: all 500 rows are equal (there is nothing to tell them apart by). "
                          "Check how it was made"])
        self.assert_succeeds(self.embed(self.save("most.npy", np.repeat(self.base[:100], 3, axis=0)), "--force"))
        self.assertTrue(any("300 of 300 rows are copies" in line for line in self.warnings()), self.warnings())

    def test_rows_without_direction_are_counted_and_placed(self):
        rows = self.base.copy()
        rows[1::8] = 0
        np.save(self.folder / "zeros.npy", rows)
        self.assert_refused(self.run_program("embed", "base.npy", "zeros.npy", "--metric", "cosine", "--output", "out"),
                            3, "100 of 1600 rows are all zero", "rows 1, 9, 17, 25, 33 of zeros.npy, and 95 more",
                            "--neighbors.metric euclidean")
        rows[1::8] = 7.1
        np.save(self.folder / "zeros.npy", rows)
        self.assert_refused(self.run_program("embed", "zeros.npy", "--metric", "correlation", "--output", "two"), 3,
                            "100 of 800 rows have the same value in every column")

    def test_near_copies_are_told_apart(self):
        generator = np.random.default_rng(4)
        rows = np.repeat(generator.standard_normal((12, 20)), 500, axis=0) + 1e-6 * generator.standard_normal((6000, 20))
        self.save("near.npy", rows)
        done = self.run_program("affinity", "near.npy", "--output", "near.h5")
        self.assert_succeeds(done)
        recall = float(done.stdout.split("recall=")[1].split()[0])
        self.assertGreater(recall, 0.97)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
