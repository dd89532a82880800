"""fleetsne evaluate from outside, beside scikit-learn.

Usage: evaluate_test.py PROGRAM MPIEXEC RANKS
"""
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from launcher import ENDS_AT_ONCE

PROGRAM, MPIEXEC, RANKS = sys.argv[1], sys.argv[2], int(sys.argv[3])
PATIENCE = float(os.environ.get("FLEETSNE_TEST_TIMEOUT_FACTOR", 1))  # more in slow builds
N, K = 600, 10


def neighbors(rows, k):
    return NearestNeighbors(n_neighbors=k).fit(rows).kneighbors(return_distance=False)


def shared(a, b):
    return np.mean([len(set(x) & set(y)) / len(x) for x, y in zip(a, b)])


class Evaluate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="fleetsne-evaluate-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        generator = np.random.default_rng(5)
        cls.labels = generator.integers(0, 12, N).astype(np.int32)
        centers = 3 * generator.standard_normal((12, 8))
        cls.rows = (centers[cls.labels] + generator.standard_normal((N, 8))).astype(np.float32)
        cls.good = (cls.rows[:, :2] + 0.3 * generator.standard_normal((N, 2))).astype(np.float32)
        cls.bad = generator.standard_normal((N, 2)).astype(np.float32)
        np.save(cls.folder / "rows.npy", cls.rows)
        np.save(cls.folder / "labels.npy", cls.labels)
        np.save(cls.folder / "good.npy", cls.good)
        np.savetxt(cls.folder / "good.csv", cls.good, delimiter=",", header="x,y", comments="", fmt="%.9g")
        with h5py.File(cls.folder / "bad.h5ad", "w") as file:
            file["obsm/X_umap"] = cls.bad
            file["obsm/X_pca"] = cls.rows

    def run_program(self, *arguments, ranks=RANKS):
        return subprocess.run([MPIEXEC, "-n", str(ranks), PROGRAM, *map(str, arguments)], cwd=self.folder, text=True,
                              capture_output=True, timeout=60 * PATIENCE, env=os.environ | ENDS_AT_ONCE)

    def evaluate(self, *arguments, **options):
        output = self.folder / "out.json"
        done = self.run_program("evaluate", "--data", "rows.npy", *arguments, "--output", output, "--force", **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(output.read_text()), done

    def refuse(self, code, *parts, arguments):
        before = sorted(self.folder.iterdir())
        done = self.run_program("evaluate", *arguments, ranks=RANKS if code == 3 else 1)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("fleetsne: error:"), 1, done.stderr)
        self.assertEqual(done.stdout, "")
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertEqual(before, sorted(self.folder.iterdir()))

    def test_all_points_beside_scikit_learn(self):
        found, done = self.evaluate("--labels", "labels.npy", "--embedding", "good.csv", "--embedding", "bad.h5ad",
                                    "--name", "good", "--name", "bad", "--sample", 10000, "--distance-sample", 10000,
                                    "--picture", "both.png")
        width, height = struct.unpack(">II", (self.folder / "both.png").read_bytes()[16:24])
        self.assertGreater(width, 1.8 * height, "two squares side by side")
        self.assertEqual((found["points"], found["sampled"], found["class_neighbors"]), (N, N, 5))
        near = neighbors(self.rows, K)
        means = lambda rows: np.array([rows[self.labels == c].mean(0) for c in range(12)])
        for entry, plane in zip(found["embeddings"], (self.good, self.bad)):
            shown = neighbors(plane, K)
            votes = [np.bincount(self.labels[row]).argmax() for row in shown]
            self.assertAlmostEqual(entry["knn"], shared(near, shown), places=6)
            self.assertAlmostEqual(entry["knc"], shared(neighbors(means(self.rows), 5), neighbors(means(plane), 5)))
            self.assertAlmostEqual(entry["cpd"], spearmanr(pdist(self.rows), pdist(plane)).correlation, places=4)
            self.assertAlmostEqual(entry["label_accuracy"], np.mean(votes == self.labels), places=6)
            self.assertAlmostEqual(entry["trustworthiness"], trustworthiness(self.rows, plane, n_neighbors=K), places=5)
        self.assertGreater(found["embeddings"][0]["knn"], found["embeddings"][1]["knn"])
        self.assertIn("RESULT embedding=bad", done.stdout)
        self.assertRegex(done.stdout, r"good +0\.\d{4} +0\.\d{4} +0\.\d{4}")

    def test_a_sample_is_the_same_at_any_rank_count(self):
        arguments = ("--labels", "labels.npy", "--embedding", "good.npy", "--sample", 150, "--distance-sample", 80,
                     "--perplexity", 20, "--seed", 3)
        several, one = self.evaluate(*arguments)[0], self.evaluate(*arguments, ranks=1)[0]
        self.assertEqual(several["embeddings"], one["embeddings"])
        self.assertEqual(several["sampled"], 150)
        self.assertGreater(several["embeddings"][0]["kl_standard_error"], 0)

    def test_kl_is_that_of_the_run(self):
        done = self.run_program("embed", "rows.npy", "--perplexity", 20, "--iterations", 30, "--early-iterations", 30,
                                "--optimize.repulsion", "exact", "--output", "run")
        self.assertEqual(done.returncode, 0, done.stderr)
        kl = json.loads((self.folder / "run/report.json").read_text())["optimize"]["kl"]
        found, _ = self.evaluate("--embedding", "run/embedding.h5ad", "--perplexity", 20)
        self.assertAlmostEqual(found["embeddings"][0]["kl"], kl, delta=2e-4)
        self.assertEqual(found["embeddings"][0]["kl_standard_error"], 0)

    def test_bad_embeddings(self):
        np.save(self.folder / "short.npy", self.good[:-1])
        bad = self.good.copy()
        bad[501, 1] = np.nan
        np.save(self.folder / "nan.npy", bad)
        (self.folder / "ragged.csv").write_text("1,2\n3\n" * (N // 2))
        with h5py.File(self.folder / "none.h5ad", "w") as file:
            file["obsm/X_pca"] = self.rows
        np.save(self.folder / "few.npy", self.labels[:-1])
        data = ["--data", "rows.npy"]
        self.refuse(3, "short.npy has 599 rows, the data 600", "short.npy",
                    arguments=[*data, "--embedding", "good.npy", "--embedding", "short.npy"])
        self.refuse(3, "nan.npy has NaN at row 501, column 1", arguments=[*data, "--embedding", "nan.npy"])
        self.refuse(3, "ragged.csv, line 2", arguments=[*data, "--embedding", "ragged.csv"])
        self.refuse(3, "none.h5ad has neither obsm/X_tsne nor obsm/X_umap", arguments=[*data, "--embedding", "none.h5ad"])
        self.refuse(3, "few.npy has 599 labels for 600 rows",
                    arguments=[*data, "--embedding", "good.npy", "--labels", "few.npy"])
        self.refuse(2, "no embedding was given", arguments=data)
        self.refuse(2, "largest possible here is 599", arguments=[*data, "--embedding", "good.npy", "--neighbors", 600])
        self.refuse(2, "largest possible here is 199",
                    arguments=[*data, "--embedding", "good.npy", "--perplexity", 200])
        self.refuse(2, "good.npy is read and would be written over",
                    arguments=[*data, "--embedding", "good.npy", "--output", "good.npy", "--force"])
        self.refuse(2, "labels.npy is there already",
                    arguments=[*data, "--embedding", "good.npy", "--output", "labels.npy"])


unittest.main(argv=sys.argv[:1])
