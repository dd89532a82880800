"""Schedules of the optimisation from outside.

Usage: schedules.py PROGRAM MPIEXEC RANKS TEST_CLASS
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from end_to_end import EndToEnd  # noqa: E402

STAGED = pathlib.Path(__file__).parents[2] / "configs" / "notebook" / "staged.cfg"


class Schedules(EndToEnd):
    def embed(self, *arguments, out=None, **options):
        return self.run_program("embed", *arguments, "--output", out or self.out, **options)

    def embedding(self, out=None):
        return np.load((out or self.out) / "embedding.npy")

    def test_stages_of_a_config_run_in_order_and_are_dumped(self):
        (self.folder / "my.cfg").write_text(
            "[optimize]\nkl-every = 10\n[stage.far]\niterations = 20\nexaggeration = 12\n"
            "[stage.nearing]\niterations = 30\nexaggeration = 12..2\n[stage.z]\niterations = 10\nreset = true\n")
        arguments = ["rows.npy", "--config", "my.cfg", "--perplexity", "10"]
        done = self.embed(*arguments)
        self.assert_succeeds(done)
        self.assertIn("exaggeration=12.00 to 2.00, lr=17.50 to 105.00 for 30 iterations", done.stderr)
        found = self.report()["optimize"]
        self.assertEqual([(s["name"], s["iterations"], s["settled"]) for s in found["stages"]],
                         [("far", 20, False), ("nearing", 30, False), ("z", 10, False)])
        self.assertEqual([point["iteration"] for point in found["kl_curve"]], [10, 20, 30, 40, 50, 60])
        # Dumped and read back, as other ranks get it, too; and the same stages on the command line.
        dumped = self.run_program("embed", *arguments, "--output", "again", "--dump-config", ranks=1)
        (self.folder / "dumped.cfg").write_text(dumped.stdout)
        self.assert_succeeds(self.run_program("embed", "--config", "dumped.cfg"))
        np.testing.assert_array_equal(self.embedding(self.folder / "again"), self.embedding())
        self.assert_succeeds(self.embed(
            "rows.npy", "--perplexity", "10", "--stage", "iterations=20,exaggeration=12", "--stage",
            "iterations=30,exaggeration=12..2", "--stage", "iterations=10,reset=true", out=self.folder / "third"))
        np.testing.assert_array_equal(self.embedding(self.folder / "third"), self.embedding())

    def test_the_notebooks_stages(self):
        self.assert_succeeds(self.embed("rows.npy", "--config", STAGED, "--sample.size", "60", "--sample.perplexity", "8"))
        config = self.report()["config"]["optimize"]
        self.assertEqual([(s["iterations"], s["exaggeration"]) for s in config["stage"]],
                         [(500, 12.0), (250, 4.0), (250, 4.0), (250, 4.0)])
        self.assertEqual([s["iterations"] for s in self.report()["optimize"]["stages"]], [500, 250, 250, 250])
        self.assertEqual(len(list((self.out / "snapshots").glob("*.png"))), 4)

    def test_a_stage_that_settles_is_reported(self):
        """And the short way is two stages."""
        settled = ["--optimize.settled", "20", "--optimize.kl-every", "10"]
        done = self.embed("rows.npy", "--early-iterations", "20", *settled)
        self.assert_succeeds(done)
        self.assert_succeeds(self.embed("rows.npy", "--stage", "iterations=20,exaggeration=12", "--stage",
                                        "iterations=500", *settled, out=self.folder / "staged"))
        np.testing.assert_array_equal(self.embedding(self.folder / "staged"), self.embedding())
        main = self.report()["optimize"]["stages"][1]
        self.assertTrue(main["settled"])
        self.assertLess(main["iterations"], 500)
        self.assertIn(f"KL has settled: the stage ends after {main['iterations']} of 500 iterations", done.stderr)

    def grid_run(self, out, iterations, *more, **options):
        """A run whose grid is made anew now and then, so that what is at hand matters."""
        done = self.embed("rows.npy", "--perplexity", "10", "--early-iterations", "0", "--exaggeration", "2",
                          "--optimize.repulsion", "grid", "--iterations", iterations, *more, out=self.folder / out,
                          **options)
        self.assert_succeeds(done)
        return json.loads((self.folder / out / "report.json").read_text())

    def test_a_continued_run_is_one_run(self):
        whole = self.grid_run("whole", 100)
        self.grid_run("first", 60)
        rest = self.grid_run("rest", 40, "--continue", "first/embedding.h5ad")
        np.testing.assert_array_equal(self.embedding(self.folder / "rest"), self.embedding(self.folder / "whole"))
        self.assertEqual(rest["optimize"]["iterations"], 100)
        self.assertIn("read_state", [stage["name"] for stage in rest["stages"]])
        with h5py.File(self.folder / "rest/embedding.h5ad") as file:
            for name in ("tsne_position", "tsne_step", "tsne_gains"):
                self.assertEqual((file["obsm"][name].shape, file["obsm"][name].dtype), ((210, 2), np.float32))
            self.assertEqual(file["uns/tsne/state/iteration"][()], 100)
            centred = file["obsm/tsne_position"][:] - file["obsm/tsne_position"][:].mean(axis=0)
            np.testing.assert_allclose(file["obsm/X_tsne"][:], centred, atol=1e-4)
        # Other ranks move points otherwise, but where the points are is kept in the input's order.
        other = self.grid_run("other", 40, "--continue", "first/embedding.h5ad", ranks=3)
        self.assertLess(abs(other["optimize"]["kl"] / whole["optimize"]["kl"] - 1), 0.01)

    def test_states_that_no_run_can_go_on_from(self):
        self.grid_run("first", 10)
        np.save(self.folder / "fewer.npy", self.rows[:200])

        def damage(name, change):
            shutil.copy(self.folder / "first/embedding.h5ad", self.folder / name)
            with h5py.File(self.folder / name, "r+") as file:
                change(file)

        def spoil(file):
            file["obsm/X_tsne"][150, 1] = np.nan

        def remove(name):
            def change(file):
                del file[name]
            return change

        damage("nan.h5ad", spoil)
        damage("bare.h5ad", remove("obsm/tsne_gains"))
        damage("uncounted.h5ad", remove("uns/tsne/state/iteration"))
        for rows, file, code, part in (
                ("rows.npy", "nan.h5ad", 3, "nan.h5ad has NaN at row 150, column 1"),
                ("rows.npy", "bare.h5ad", 3, "bare.h5ad holds no state to continue from (there is no obsm/tsne_gains in it)"),
                ("rows.npy", "uncounted.h5ad", 3, "uncounted.h5ad has no number uns/tsne/state/iteration"),
                ("rows.npy", "rows.npy", 3, "rows.npy holds no state"),
                ("fewer.npy", "first/embedding.h5ad", 3, "holds an embedding of 210 x 2, not 200 x 2")):
            with self.subTest(file):
                before = self.listing()
                self.assert_refused(self.embed(rows, "--perplexity", "10", "--continue", file), code, part)
                self.assert_nothing_left(before)

    def test_snapshots_change_nothing(self):
        self.grid_run("quiet", 50)
        stages = ["--stage", "iterations=20,exaggeration=2", "--stage", "iterations=30,exaggeration=2"]
        arguments = ["rows.npy", "--labels", "labels.npy", "--perplexity", "10", "--optimize.repulsion", "grid", *stages]
        done = self.embed(*arguments, "--snapshot.every", "15")
        self.assert_succeeds(done)
        np.testing.assert_array_equal(self.embedding(), self.embedding(self.folder / "quiet"))
        names = [f"iteration-{i:06}.{kind}" for i in (15, 20, 30, 45, 50) for kind in ("npy", "png")]
        self.assertEqual(sorted(os.listdir(self.out / "snapshots")), names)
        np.testing.assert_array_equal(np.load(self.out / "snapshots/iteration-000050.npy"), self.embedding())
        self.assertEqual((self.out / "snapshots/iteration-000050.png").read_bytes()[:4], b"\x89PNG")
        self.assertIn(str(self.out / "snapshots" / names[0]), self.report()["files"])
        # In the input's order, as a run that ends there has them.
        self.grid_run("short", 15)
        np.testing.assert_array_equal(np.load(self.out / "snapshots/iteration-000015.npy"),
                                      self.embedding(self.folder / "short"))
        # Those of an earlier run go, what else lies there stays.
        (self.out / "snapshots" / "notes.txt").write_text("mine")
        self.assert_succeeds(self.embed(*arguments, "--snapshot.stages", "--force"))
        self.assertEqual(sorted(os.listdir(self.out / "snapshots")),
                         [f"iteration-{i:06}.{kind}" for i in (20, 50) for kind in ("npy", "png")] + ["notes.txt"])

    def test_snapshots_that_find_no_room(self):
        """On a file system of 256 KiB, or where none can be mounted a folder of that name is a file."""
        arguments = ["rows.npy", "--perplexity", "10", "--early-iterations", "0", "--iterations", "400",
                     "--snapshot.every", "10"]
        mounted = self.mount_small(self.out, "256k")
        if not mounted:
            (self.out / "snapshots").write_text("no folder")
            arguments.append("--force")
        done = self.embed(*arguments)
        self.assert_refused(done, 4, "snapshots")
        if mounted:
            written = sorted(os.listdir(self.out / "snapshots"))
            self.assertGreater(len(written), 2)
            self.assertEqual([name for name in written if not name.startswith("iteration-")], [])
            for name in written:
                if name.endswith(".npy"):
                    self.assertTrue(np.isfinite(np.load(self.out / "snapshots" / name)).all())

    def test_one_dimension(self):
        few = ["--perplexity", "10", "--iterations", "60", "--early-iterations", "60"]
        self.assert_succeeds(self.embed("rows.npy", "--labels", "labels.npy", "--dimensions", "1", *few))
        embedding = self.embedding()
        self.assertEqual(embedding.shape, (210, 1))
        with h5py.File(self.out / "embedding.h5ad") as file:
            np.testing.assert_array_equal(file["obsm/X_tsne"][:], embedding)
            self.assertEqual(file["obsm/tsne_gains"].shape, (210, 1))
        means = np.array([embedding[self.labels == c].mean() for c in range(3)])
        nearest = np.argmin(np.abs(embedding - means), axis=1)
        self.assertGreater((nearest == self.labels).mean(), 0.95)
        self.assertEqual((self.out / "embedding.png").read_bytes()[:4], b"\x89PNG")
        self.assert_succeeds(self.embed("rows.npy", "--dimensions", "1", "--perplexity", "10", "--iterations", "10",
                                        "--continue", self.out / "embedding.h5ad", out=self.folder / "more"))
        self.assertEqual(self.embedding(self.folder / "more").shape, (210, 1))
        np.save(self.folder / "start.npy", embedding)
        self.assert_succeeds(self.embed("rows.npy", "--dimensions", "1", *few, "--init", "file", "--init-file",
                                        "start.npy", out=self.folder / "from-file"))
        self.assert_refused(self.embed("rows.npy", "--continue", self.out / "embedding.h5ad", *few[:2],
                                       out=self.folder / "two"), 3, "210 x 1, not 210 x 2")

    def test_bad_stages(self):
        for text, arguments, parts in (
                ("", ["--stage", "iterations=5", "--exaggeration", "4"], ["--exaggeration was given, and stages too"]),
                ("[optimize]\nearly-iterations = 4\n[stage.a]\niterations = 5\n", [],
                 ["--early-iterations was given, and stages too"]),
                ("[stage.a]\nexaggeration = 4\n[stage.b]\n[stage.c]\niterations = 0\n", [],
                 ["the stage a says no iterations", "the stage b says no iterations", "iterations of the stage c is 0"]),
                ("[stage.a]\niterations = 5\niteration = 5\nmomentum = heavy\n", [],
                 ["bad.cfg:3", "Did you mean iterations?", "bad.cfg:4: in [stage.a] momentum = heavy is not a number"])):
            with self.subTest(parts):
                (self.folder / "bad.cfg").write_text(text)
                before = self.listing()
                self.assert_refused(self.embed("rows.npy", "--config", "bad.cfg", *arguments), 2, *parts)
                self.assert_nothing_left(before)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
