"""Affinities kept in a file, from outside.

Usage: affinity_test.py PROGRAM MPIEXEC RANKS
"""
import os
import sys
import unittest

import h5py
import numpy as np

from end_to_end import FEW_ITERATIONS, RANKS, EndToEnd


class Affinity(EndToEnd):
    def affinity(self, *arguments, **options):
        return self.run_program("affinity", *arguments, "--perplexity", "15", **options)

    def embedded(self, *arguments, ranks=RANKS):
        done = self.embed(*arguments, "--threads", "1", "--force", ranks=ranks)
        self.assert_succeeds(done)
        return np.load(self.out / "embedding.npy"), done

    def result_of(self, done):
        return dict(pair.split("=") for pair in done.stdout.splitlines()[-1].split()[1:])

    def test_embeddings_from_the_file_are_those_from_the_rows(self):
        done = self.affinity("rows.npy", "--output", "a.h5")
        self.assert_succeeds(done)
        self.assertEqual(int(self.result_of(done)["bytes"]), (self.folder / "a.h5").stat().st_size)
        from_rows, _ = self.embedded("rows.npy", "--perplexity", "15")
        wanted = self.report()
        alone, _ = self.embedded("--affinity", "a.h5")
        report = self.report()
        np.testing.assert_array_equal(alone, from_rows)
        self.assertEqual(report["neighbors"]["recall"], wanted["neighbors"]["recall"])
        self.assertEqual(report["affinity"]["edges"], wanted["affinity"]["edges"])
        with_rows, _ = self.embedded("rows.npy", "--affinity", "a.h5", "--labels", "labels.npy")
        np.testing.assert_array_equal(with_rows, from_rows)

    def test_any_number_of_ranks_reads_it(self):
        self.assert_succeeds(self.affinity("rows.npy", "--output", "a.h5", ranks=3))
        kl = []
        for ranks in (1, 2, 4):
            self.embedded("--affinity", "a.h5", ranks=ranks)
            kl.append(self.report()["optimize"]["kl"])
        self.assertLess(max(kl) - min(kl), 0.01 * min(kl))

    def test_other_starts_without_rows(self):
        self.assert_succeeds(self.affinity("rows.npy", "--output", "a.h5"))
        random, _ = self.embedded("--affinity", "a.h5", "--init", "random")
        self.assertTrue(np.isfinite(random).all())
        np.save(self.folder / "start.npy", self.rows[:, :2])
        self.embedded("--affinity", "a.h5", "--init", "file", "--init-file", "start.npy")
        self.refuse(2, "--init columns", "Name the input, too",
                    arguments=["--affinity", "a.h5", "--init", "columns", "--force"])

    def test_every_kind_of_affinity(self):
        kinds = {"multiscale": ["--affinity.perplexities", "5,20"], "mixture": ["--affinity.perplexities", "5,20"],
                 "fixed-sigma": ["--affinity.sigma", "2"], "uniform": ["--affinity.symmetry", "mean"]}
        for kind, more in kinds.items():
            done = self.affinity("rows.npy", "--affinity.kind", kind, *more, "--output", kind + ".h5")
            self.assert_succeeds(done)
            self.embedded("--affinity", kind + ".h5")

    def test_rows_far_from_0_are_read_as_the_affinities_were(self):
        np.save(self.folder / "far.npy", self.rows.astype(np.float64) + 1e6)
        for metric, ranks in (("cosine", 1), ("euclidean", 3)):
            self.assert_succeeds(self.affinity("far.npy", "--metric", metric, "--output", "a.h5", "--force", ranks=ranks))
            self.embedded("far.npy", "--affinity", "a.h5")

    def test_other_rows_are_refused(self):
        self.assert_succeeds(self.affinity("rows.npy", "--output", "a.h5"))
        changed = self.rows.copy()
        changed[100, 3] += 1
        np.save(self.folder / "changed.npy", changed)
        self.assert_refused(self.embed("changed.npy", "--affinity", "a.h5"), 3, "a.h5 was made of other rows than changed.npy")
        np.save(self.folder / "fewer.npy", self.rows[:200])
        self.assert_refused(self.embed("fewer.npy", "--affinity", "a.h5"), 3, "210 rows", "200")
        self.assert_refused(self.embed("--affinity", "a.h5", "--labels", "fewer.npy"), 3, "fewer.npy")

    def test_damaged_files_are_refused(self):
        self.assert_succeeds(self.affinity("rows.npy", "--output", "a.h5"))
        whole = (self.folder / "a.h5").read_bytes()
        (self.folder / "cut.h5").write_bytes(whole[:-500])
        self.refuse(3, "cut.h5", arguments=["--affinity", "cut.h5"])
        flipped = bytearray(whole)
        flipped[-3000] ^= 1
        (self.folder / "flipped.h5").write_bytes(flipped)
        self.assert_refused(self.embed("--affinity", "flipped.h5"), 3, "flipped.h5", "checksums")
        self.refuse(3, "rows.npy", "is not an HDF5 file", arguments=["--affinity", "rows.npy", "--force"])
        self.refuse(3, "nowhere.h5", arguments=["--affinity", "nowhere.h5", "--force"])

    def test_a_full_disk_leaves_nothing_of_a_new_file_and_an_old_one_whole(self):
        """On a file system of 112 KiB, or where none can be mounted in a folder that is a file."""
        disk = self.folder / "disk"
        if not self.mount_small(disk, "112k"):
            disk.rmdir()
            disk.write_text("no folder")
            self.assert_refused(self.affinity("rows.npy", "--output", "disk/a.h5"), 4, "disk")
            return
        small = ["--perplexity", "2", "--output", "disk/a.h5", "--force"]
        self.assert_succeeds(self.run_program("affinity", "rows.npy", *small))
        kept = (disk / "a.h5").read_bytes()
        self.assert_refused(self.affinity("rows.npy", "--output", "disk/a.h5", "--force"), 4, "disk/a.h5")
        self.assertEqual(os.listdir(disk), ["a.h5"])
        self.assertEqual((disk / "a.h5").read_bytes(), kept)

    def test_neighbours_are_kept_and_read_again(self):
        wanted, _ = self.embedded("rows.npy", "--perplexity", "15", "--neighbors.save", "nn.h5")
        with h5py.File(self.folder / "nn.h5") as file:
            indices, distances = file["indices"][:], file["distances"][:]
        exact = np.sqrt(((self.rows[:, None, :] - self.rows[None, :, :]) ** 2).sum(-1))
        np.fill_diagonal(exact, np.inf)
        np.testing.assert_array_equal(indices, np.argsort(exact, axis=1, kind="stable")[:, :45])
        np.testing.assert_allclose(distances, np.sort(exact, axis=1)[:, :45], rtol=1e-4)
        again, _ = self.embedded("rows.npy", "--perplexity", "15", "--neighbors.load", "nn.h5")
        np.testing.assert_allclose(again, wanted, atol=0.05 * np.abs(wanted).max())
        self.assertEqual(self.report()["neighbors"]["backend"], "given")
        self.assertEqual(self.report()["neighbors"]["recall"], 1)

    def test_a_dry_run_keeps_no_neighbours(self):
        before = self.listing()
        self.assert_succeeds(self.embed("rows.npy", "--perplexity", "15", "--neighbors.save", "nn.h5", "--dry-run"))
        self.assert_nothing_left(before)

    def test_neighbours_of_another_tool(self):
        exact = np.sqrt(((self.rows[:, None, :] - self.rows[None, :, :]) ** 2).sum(-1))
        indices = np.argsort(exact, axis=1)[:, :46]  # each row itself among them
        np.save(self.folder / "i.npy", indices)
        np.save(self.folder / "d.npy", np.take_along_axis(exact, indices, axis=1))
        given = ["--neighbors.load", "i.npy", "--neighbors.distances", "d.npy"]
        self.embedded("rows.npy", "--perplexity", "15", *given)
        self.assertEqual(self.report()["neighbors"]["count"], 45)
        self.assertGreater(self.report()["neighbors"]["recall"], 0.999)
        self.assert_refused(self.embed("rows.npy", "--perplexity", "60", *given, "--force"), 2, "perplexity 60")
        self.assert_refused(self.embed("rows.npy", "--neighbors", "46", "--perplexity", "15", *given, "--force"), 2,
                            "has 45 neighbors", "--neighbors 46")
        done = self.run_program("embed", "rows.npy", "--method", "umap", "--epochs", "20", *given, "--output", self.out,
                                "--force")
        self.assert_succeeds(done)
        self.assertEqual(self.report()["neighbors"]["count"], 14)
        self.assert_refused(self.embed("rows.npy", *given[:2], "--force"), 3, "--neighbors.distances")
        self.assert_refused(self.embed("rows.npy", *given[2:], "--force"), 2, "--neighbors.load")

    def test_what_is_there_is_kept_unless_forced(self):
        (self.folder / "a.h5").write_bytes(b"precious")
        self.assert_refused(self.affinity("rows.npy", "--output", "a.h5"), 2, "a.h5", "--force")
        self.assertEqual((self.folder / "a.h5").read_bytes(), b"precious")
        self.assert_succeeds(self.affinity("rows.npy", "--output", "a.h5", "--force"))
        self.assert_refused(self.affinity("rows.npy", "--output", "rows.npy", "--force"), 2, "rows.npy")
        self.assert_refused(self.affinity("rows.npy"), 2, "Add --output FILE.h5")
        self.assert_refused(self.affinity("--output", "b.h5"), 2, "no input was given")
        self.assert_refused(self.embed("--affinity", "a.h5", "--dry-run"), 2, "--dry-run was given with --affinity")


    def test_stopped_it_goes_on_to_the_same_bytes(self):
        rows = ["rows.npy", "--threads", "1", "--backend", "hnsw"]
        self.assert_succeeds(self.affinity(*rows, "--output", "whole.h5"))
        stop = ["--output", "a.h5", "--max-wall-time", "0"]
        for again in ([], ["--resume", "auto"]):
            done = self.affinity(*rows, *stop, *again)
            self.assertEqual(done.returncode, 75, done.stderr)
            self.assertIn("fleetsne: stopped: in the search for neighbours", done.stderr)
            self.assertEqual(len(list((self.folder / "a.h5.checkpoint/neighbors").iterdir())), RANKS)
        self.assert_refused(self.affinity(*rows, "--output", "a.h5"), 2, "--resume auto", "--force")
        self.assert_refused(self.affinity(*rows, "--output", "a.h5", "--resume", "auto", "--seed", "2"), 2, "other options")
        (self.folder / "a.h5.stop").touch()
        self.assertEqual(self.affinity(*rows, "--output", "a.h5", "--resume", "auto").returncode, 75)
        self.assertFalse((self.folder / "a.h5.stop").exists())
        done = self.affinity(*rows, "--output", "a.h5", "--resume", "auto")
        self.assert_succeeds(done)
        self.assertIn("going on with the search", done.stderr)
        self.assertFalse((self.folder / "a.h5.checkpoint").exists())
        with h5py.File(self.folder / "a.h5") as made, h5py.File(self.folder / "whole.h5") as whole:
            for name in ("tiles", "columns", "bytes", "origins", "start"):
                np.testing.assert_array_equal(made[name][()], whole[name][()])
        before = (self.folder / "a.h5").read_bytes()
        again = self.affinity(*rows, "--output", "a.h5", "--resume", "auto")
        self.assert_succeeds(again)
        self.assertIn("nothing is left to do", again.stderr)
        self.assertEqual(self.result_of(again)["edges"], self.result_of(done)["edges"])
        self.assertEqual((self.folder / "a.h5").read_bytes(), before)
        anew = self.affinity(*rows, "--output", "a.h5", "--resume", "auto", "--force")
        self.assert_succeeds(anew)
        self.assertNotIn("nothing is left to do", anew.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
