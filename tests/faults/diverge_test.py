"""Optimisations that diverge."""
import re
import signal
import sys
import unittest

import h5py
import numpy as np

from faulty import POINTS, FaultTest, Running, sums
from end_to_end import MPIEXEC, PROGRAM, RANKS

BASE = ["embed", "cells.npy", "--perplexity", "10", "--threads", "1", "--optimize.kl-every", "10"]
WILD = ["--learning-rate", "1e30", "--optimize.max-step-norm", "1e30"]


class Diverge(FaultTest):
    needs_whole = False

    def assert_diverged(self, log, *parts):
        self.assert_one_message(log, "diverged", "--learning-rate", "--optimize.max-step-norm", *parts)
        return int(re.search(r"fleetsne: error: iteration (\d+):", log).group(1))

    def test_it_is_noticed_in_the_iteration_in_which_it_appears(self):
        for repulsion, limits in (("grid", WILD), ("exact", WILD), ("grid", WILD[:2]), ("grid", [*WILD[:2], "--optimize.max-step-norm", "1e300"])):
            with self.subTest(repulsion, limits=limits):
                done = self.run_program(*BASE, *limits, "--optimize.repulsion", repulsion, "--iterations", "100", "--output", self.out)
                self.assertEqual(done.returncode, 5, done.stderr)
                self.assertLess(self.assert_diverged(done.stderr), 5)

    def test_the_checkpoint_before_is_kept_and_can_be_gone_on_from(self):
        calm = ["--stage", "iterations=3000,exaggeration=12"]
        running = Running(self.folder, MPIEXEC, "-n", RANKS, PROGRAM, *BASE, "--output", self.out, *calm,
                          "--stage", "iterations=100,exaggeration=1,learning-rate=1e30,max-step-norm=1e30")
        self.addCleanup(running.clear)
        self.assertTrue(running.wait_for(lambda: "Iteration   50" in running.log()), running.log())
        running.process.send_signal(signal.SIGUSR1)
        self.assertEqual(running.finish(), 5, running.log())
        at = self.assert_diverged(running.log(), "--continue")
        self.assertTrue(3000 < at < 3005, running.log())
        self.assert_all_files_whole()
        kept = re.search(r"--continue (\S+)", running.log()).group(1)
        self.assertEqual(kept, str(self.states()[0]))
        before = sums(self.kept)
        done = self.run_program(*BASE, "--continue", kept, "--iterations", "50", "--learning-rate", "100", "--output", "calm")
        self.assert_succeeds(done)
        self.assertTrue(np.isfinite(np.load(self.folder / "calm/embedding.npy")).all())
        self.assertEqual(sums(self.kept), before)
        # Not into the folder where it lies, where it would go with the checkpoint.
        done = self.run_program(*BASE, "--continue", kept, "--iterations", "5", "--force", "--output", self.out)
        self.assert_refused(done, 2, "Choose another --output")
        self.assertEqual(sums(self.kept), before)

    def test_a_layout_is_noticed_in_its_epoch_and_the_checkpoint_before_is_kept(self):
        done = self.run_program("embed", "cells.npy", "--method", "umap", "--threads", "1", "--umap.learning-rate", "1e38",
                                "--checkpoint.minutes", "1e-6", "--output", self.out)
        self.assertEqual(done.returncode, 5, done.stderr)
        state, = self.states()
        self.assertEqual(state.name, "state-000000000000.h5")
        self.assert_one_message(done.stderr, "epoch 1: the layout diverged", "--umap.learning-rate", str(state))
        self.assertNotIn("--continue", done.stderr)
        self.assert_all_files_whole()
        with h5py.File(state) as file:
            self.assertTrue(np.isfinite(file["positions"]).all())

    def test_a_state_of_a_checkpoint_is_gone_on_from_as_the_result_is(self):
        """A checkpoint at the end of a run of one stage is its result."""
        self.assert_succeeds(self.run_program("affinity", "cells.npy", "--perplexity", "10", "--output", "a.h5"))
        run = ["embed", "--affinity", "a.h5", "--threads", "1", "--early-iterations", "0", "--checkpoint.minutes", "0"]
        self.assert_succeeds(self.run_program(*run, "--iterations", "40", "--output", "part"))
        done = self.run_program(*run, "--iterations", "40", "--output", "stopped", "--max-wall-time", "0")
        self.assertEqual(done.returncode, 75, done.stderr)
        state, = (self.folder / "stopped/checkpoint").glob("state-*.h5")
        self.assertEqual(state.name, "state-000000000001.h5")
        self.assert_succeeds(self.run_program(*run, "--continue", state, "--iterations", "39", "--output", "rest"))
        np.testing.assert_array_equal(np.load(self.folder / "rest/embedding.npy"), np.load(self.folder / "part/embedding.npy"))
        self.assert_refused(self.run_program(*run, "--continue", state, "--dimensions", "1", "--output", "x"), 3, "--dimensions 2")

    def test_steps_that_are_too_long_are_warned_of(self):
        done = self.run_program(*BASE, "--learning-rate", "1e5", "--optimize.max-step-norm", "1e3", "--iterations", "20",
                                "--early-iterations", "0", "--output", self.out)
        self.assert_succeeds(done)
        self.assertEqual(done.stderr.count("the KL divergence has risen"), 1, done.stderr)

    def test_a_start_that_is_not_finite_is_bad_input(self):
        start = np.zeros((POINTS, 2), np.float32)
        start[7, 1] = np.inf
        np.save(self.folder / "start.npy", start)
        done = self.run_program(*BASE, "--init", "file", "--init-file", "start.npy", "--output", self.out)
        self.assert_refused(done, 3, "start.npy")
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
