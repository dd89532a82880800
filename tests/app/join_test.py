"""Rows that another tool has sorted, taken away or changed between two runs, from outside.

Usage: join_test.py PROGRAM MPIEXEC RANKS [TEST]
"""
import subprocess
import sys
import time
import unittest

import anndata
import numpy as np

from end_to_end import MPIEXEC, OFTEN, PATIENCE, PROGRAM, RANKS, EndToEnd

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

    def test_changed_positions_are_refused(self):
        def moved(found):
            found.obsm["tsne_step"][7, 1] += 1
            found.obsm["X_tsne"][7, 1] += 1
            return found

        file = self.rewrite("moved.h5ad", moved)
        self.assert_refused(self.run_on("rows.npy", file), 3, "moved.h5ad:/obsm/X_tsne does not fit its checksum")
        self.assert_refused(self.transform(file), 3, "moved.h5ad:obsm/X_tsne does not fit its checksum")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
