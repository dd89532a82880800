"""Schedules of the optimisation from outside.

Usage: schedules.py PROGRAM MPIEXEC RANKS TEST_CLASS
"""
import pathlib
import sys
import unittest

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
        self.assert_succeeds(self.embed("rows.npy", "--config", STAGED))
        config = self.report()["config"]["optimize"]
        self.assertEqual([(s["iterations"], s["exaggeration"]) for s in config["stage"]],
                         [(500, 12.0), (250, 4.0), (250, 4.0), (250, 4.0)])
        self.assertEqual([s["iterations"] for s in self.report()["optimize"]["stages"]], [500, 250, 250, 250])

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

    def test_bad_stages(self):
        for text, arguments, parts in (
                ("", ["--stage", "iterations=5", "--exaggeration", "4"], ["--exaggeration was given, and stages too"]),
                ("[optimize]\nearly-iterations = 4\n[stage.a]\niterations = 5\n", [],
                 ["--early-iterations was given, and stages too"]),
                ("[stage.a]\nexaggeration = 4\n[stage.b]\n[stage.c]\niterations = 0\n", [],
                 ["the stage a says no iterations", "the stage b says no iterations", "iterations of the stage c is 0"]),
                ("[stage.a]\niterations = 5\niteration = 5\nmomentum = heavy\n", [],
                 ["bad.cfg:3", "Did you mean iterations?", "bad.cfg:4: momentum = heavy is not a number"])):
            with self.subTest(parts):
                (self.folder / "bad.cfg").write_text(text)
                before = self.listing()
                self.assert_refused(self.embed("rows.npy", "--config", "bad.cfg", *arguments), 2, *parts)
                self.assert_nothing_left(before)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
