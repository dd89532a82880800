"""Runs that are stopped, killed and gone on with.

Usage: checkpoint_test.py PROGRAM MPIEXEC RANKS [TEST]
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy as np

from end_to_end import FILES, MPIEXEC, OFTEN, PATIENCE, PROGRAM, RANKS, EndToEnd
from launcher import settings

RUN = ["embed", "cells.npy", "--perplexity", "15", "--early-iterations", "50", "--iterations", "500", "--threads", "1",
       "--optimize.kl-every", "50"]


# The search for neighbours is the longest part of it.
SEARCH = ["embed", "cells.npy", "--perplexity", "70", "--early-iterations", "10", "--iterations", "10", "--threads", "2",
          "--optimize.kl-every", "10"]
UMAP = ["embed", "cells.npy", "--method", "umap", "--epochs", "400", "--threads", "1", "--quality.sample", "4000"]


class Runs(EndToEnd):
    """Runs of RUN that are interrupted, beside a whole one."""
    RUN, ROWS = RUN, 4000

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="fleetsne-checkpoint-"))
        generate = [MPIEXEC, "-n", "1", PROGRAM, "generate", "--rows", str(cls.ROWS), "--output", cls.shared / "cells.npy"]
        subprocess.run(generate, check=True, capture_output=True)
        whole = [MPIEXEC, "-n", str(RANKS), PROGRAM, *cls.RUN, "--output", "whole"]
        subprocess.run(whole, check=True, capture_output=True, cwd=cls.shared)
        cls.whole = np.load(cls.shared / "whole/embedding.npy")
        cls.whole_report = json.loads((cls.shared / "whole/report.json").read_text())

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.shared)

    def setUp(self):
        super().setUp()
        os.symlink(self.shared / "cells.npy", self.folder / "cells.npy")
        self.kept = self.out / "checkpoint"

    def start(self, *arguments, ranks=RANKS, env=None):
        """A run in the background; `log` is its standard error so far."""
        self.log = open(self.folder / "log", "w+")
        running = subprocess.Popen([MPIEXEC, "-n", str(ranks), PROGRAM, *self.RUN, "--output", self.out, *arguments],
                                   cwd=self.folder, stdout=subprocess.DEVNULL, stderr=self.log, env=os.environ | (env or {}))
        self.addCleanup(self.log.close)
        self.addCleanup(running.kill)
        return running

    def wait_for(self, running, what, limit=120):
        deadline = time.monotonic() + limit * PATIENCE
        while not what():
            self.assertIsNone(running.poll(), (self.folder / "log").read_text())
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def states(self):
        return sorted(self.kept.glob("state-*.h5"))

    def log_says(self, text):
        return lambda: text in (self.folder / "log").read_text()

    def ended(self, running, code):
        self.assertEqual(running.wait(timeout=120 * PATIENCE), code, (self.folder / "log").read_text())
        return (self.folder / "log").read_text()

    def resumed(self, *arguments, ranks=RANKS):
        done = self.run_program(*self.RUN, "--output", self.out, "--resume", "auto", *arguments, ranks=ranks, limit=120)
        self.assert_succeeds(done)
        self.assertEqual(sorted(os.listdir(self.out)), FILES)  # the checkpoint is gone
        return done

    def assert_as_uninterrupted(self):
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), self.whole)
        report = self.report()
        self.assertEqual(*(found["neighbors"] | {"routing_seconds": 0} for found in (report, self.whole_report)))
        for part in ("kl_curve", "stages"):
            for got, wanted in zip(report.get("optimize", {}).get(part, []),
                                   self.whole_report.get("optimize", {}).get(part, []), strict=True):
                got.pop("seconds"), wanted.pop("seconds", None)
                self.assertEqual(got, wanted)

    def neighbors_kept(self, embedding, count=10):
        """The share of a point's nearest rows that are nearest in the embedding, too; exact, of all points."""
        near = np.zeros((2, len(embedding), len(embedding)), bool)
        for which, points in enumerate((np.load(self.shared / "cells.npy"), embedding)):
            points = points.astype(np.float64)
            squares = (points**2).sum(axis=1)
            distances = squares[:, None] - 2 * points @ points.T + squares
            np.fill_diagonal(distances, np.inf)
            np.put_along_axis(near[which], np.argpartition(distances, count, axis=1)[:, :count], True, axis=1)
        return (near[0] & near[1]).sum() / count / len(embedding)

    def processes(self):
        found = subprocess.run(["pgrep", "-f", str(self.folder)], capture_output=True, text=True).stdout.split()
        return [pid for pid in found if int(pid) != os.getpid()]

    def assert_all_gone(self):
        """mpirun does not wait for a rank that it has killed."""
        deadline = time.monotonic() + 30 * PATIENCE
        while self.processes():
            self.assertLess(time.monotonic(), deadline, self.processes())
            time.sleep(0.05)

    def ranks_of(self, running):
        return [int(pid) for pid in subprocess.run(["pgrep", "-P", str(running.pid)], capture_output=True,
                                                   text=True).stdout.split()]

    def all_ranks_of(self, running):
        """Once they are there; early, so that no time goes by when one is to be told something."""
        self.wait_for(running, lambda: len(self.ranks_of(running)) == RANKS)
        return self.ranks_of(running)

    def stopped(self, running, after, code=75):
        """Told to stop once `after` holds; its log."""
        self.wait_for(running, after)
        running.send_signal(signal.SIGUSR2)
        log = self.ended(running, code)
        self.assertEqual(log.count("fleetsne: stopped:"), 1, log)
        return log


class Checkpoint(Runs):
    def test_stopped_with_a_checkpoint_the_run_goes_on_to_the_same_bits(self):
        for number, (sign, name) in enumerate(((signal.SIGUSR2, "SIGUSR2"), (signal.SIGTERM, "SIGTERM"))):
            with self.subTest(name):
                self.out = self.folder / name
                self.kept = self.out / "checkpoint"
                running = self.start()
                ranks = self.all_ranks_of(running)
                self.wait_for(running, self.log_says("Iteration  100"))
                # By way of mpirun, and one rank alone.
                running.send_signal(sign) if number == 0 else os.kill(ranks[-1], sign)
                log = self.ended(running, 75)
                self.assertEqual(log.count("fleetsne: stopped:"), 1, log)
                self.assertIn(f"{name} came", log)
                self.assertEqual(len(self.states()), 1)
                self.assertEqual(self.report()["exit_code"], 75)
                done = self.resumed()
                self.assertIn("going on from iteration", done.stderr)
                self.assert_as_uninterrupted()
                self.assertGreater(self.report()["checkpoint"]["resumed_from"], 50)

    def test_mpirun_told_to_end_leaves_time_for_a_checkpoint(self):
        # It tells the ranks after this time, and kills them after as much again; the run must last so long on any machine.
        self.RUN = ["1000000" if option == "500" else option for option in RUN]
        running = self.start(env=settings("kill-after=3"))
        self.wait_for(running, self.log_says("Iteration  100"))
        running.terminate()
        self.assertNotEqual(running.wait(timeout=30 * PATIENCE), 0)
        self.assert_all_gone()
        (state,) = self.states()
        self.assert_succeeds(self.run_program("info", state, ranks=1))  # compares it with its checksums
        going_on = self.start("--resume", "auto")
        reached = int(state.stem.removeprefix("state-"))
        log = self.stopped(going_on, self.log_says("Iteration "))
        self.assertIn(f"going on from iteration {reached} ", log)
        self.assertGreater(int(self.states()[-1].stem.removeprefix("state-")), reached)

    def test_sigusr1_keeps_a_checkpoint_and_the_run_goes_on(self):
        running = self.start()
        self.wait_for(running, self.log_says("Iteration   50"))
        running.send_signal(signal.SIGUSR1)
        self.wait_for(running, lambda: self.states())
        with h5py.File(self.states()[-1]) as file:
            self.assertEqual(file["positions"].shape, (4000, 2))
        self.ended(running, 0)
        self.assert_as_uninterrupted()
        self.assertEqual(sorted(os.listdir(self.out)), FILES)
        self.assertGreaterEqual(self.report()["checkpoint"]["written"], 1)

    def test_a_killed_rank_ends_all_and_the_newest_checkpoint_is_gone_on_from(self):
        running = self.start(*OFTEN)
        self.wait_for(running, lambda: len(self.states()) == 2)
        os.kill(self.ranks_of(running)[-1], signal.SIGKILL)
        self.assertNotEqual(running.wait(timeout=30 * PATIENCE), 0)
        self.assert_all_gone()
        self.assertTrue((self.kept / "affinities.h5").exists())
        done = self.resumed()
        self.assertTrue(self.report()["checkpoint"]["affinities_found"])
        self.assertNotIn("neighbors", [stage["name"] for stage in self.report()["stages"]])
        self.assert_as_uninterrupted()
        self.assertIn("nothing is left to do", self.resumed().stderr)
        self.assert_as_uninterrupted()
        del done

    def test_on_other_ranks(self):
        running = self.start(*OFTEN)
        self.wait_for(running, lambda: len(self.states()) == 2)
        running.send_signal(signal.SIGUSR2)
        self.ended(running, 75)
        self.resumed(ranks=3)
        kl = self.whole_report["optimize"]["kl"]
        self.assertAlmostEqual(self.report()["optimize"]["kl"], kl, delta=0.01 * kl)
        self.assertAlmostEqual(self.neighbors_kept(np.load(self.out / "embedding.npy")), self.neighbors_kept(self.whole),
                               delta=0.01)

    def test_a_damaged_checkpoint_is_left_aside_for_the_one_before(self):
        running = self.start(*OFTEN)
        self.wait_for(running, lambda: len(self.states()) == 2)
        running.send_signal(signal.SIGUSR2)
        self.ended(running, 75)
        before, newest = self.states()
        whole = newest.read_bytes()
        stopped = self.out
        for number, damaged in enumerate((whole[:-999], whole[:-999] + bytes([whole[-999] ^ 1]) + whole[-998:])):
            self.out = self.folder / f"copy{number}"
            shutil.copytree(stopped, self.out)
            (self.out / "checkpoint" / newest.name).write_bytes(damaged)
            done = self.resumed()
            self.assertEqual(done.stderr.count("warning"), 1, done.stderr)
            self.assertIn(newest.name, done.stderr)
            self.assertIn(f"going on from iteration {int(before.stem[6:])} ", done.stderr)
            self.assert_as_uninterrupted()

    def test_the_clock_and_a_stop_file(self):
        done = self.run_program(*RUN, "--output", self.out, "--max-wall-time", "0")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertIn("its time is over", done.stderr)
        running = self.start("--resume", "auto", "--iterations", "100000")
        self.assertNotEqual(running.wait(timeout=30 * PATIENCE), 0)  # other options
        self.assertIn("other options", (self.folder / "log").read_text())
        (self.out / "stop").touch()
        done = self.run_program(*RUN, "--output", self.out, "--resume", "auto")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertIn("stop is there", done.stderr)
        self.assertFalse((self.out / "stop").exists())
        # A Slurm that says when the job ends.
        done = self.run_program(*RUN, "--output", self.out, "--resume", "auto",
                                environment={"SLURM_JOB_END_TIME": str(int(time.time()) + 15)})
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertIn("its time is over", done.stderr)
        self.resumed()
        self.assert_as_uninterrupted()

    def test_what_is_there_is_not_lost(self):
        done = self.run_program(*RUN, "--output", self.out, "--max-wall-time", "0")
        self.assertEqual(done.returncode, 75, done.stderr)
        def kept():
            return {path: path.read_bytes() for path in self.kept.rglob("*") if path.is_file()}
        before = kept()
        self.assertTrue(before)
        self.assert_refused(self.run_program(*RUN, "--output", self.out), 2, "--resume auto", "--force")
        self.assert_refused(self.run_program(*RUN, "--output", self.out, "--resume", "auto", "--seed", "3"), 2, "other options")
        np.save(self.folder / "more.npy", np.zeros((9, 50), np.float32))
        self.assert_refused(self.run_program(*RUN, "more.npy", "--output", self.out, "--resume", "auto"), 2, "another input")
        self.assert_refused(self.run_program(*RUN, "--output", "other", "--resume", "nowhere"), 3, "nowhere holds no checkpoint")
        self.assert_refused(self.run_program(*RUN, "--output", "other", "--max-wall-time", "1:xx"), 2, "--max-wall-time is 1:xx")
        self.assertEqual(kept(), before)
        # From another folder, which stays.
        done = self.run_program(*RUN, "--output", "other", "--resume", self.kept)
        self.assert_succeeds(done)
        np.testing.assert_array_equal(np.load(self.folder / "other/embedding.npy"), self.whole)
        self.assertEqual(kept(), before)
        done = self.run_program(*RUN, "--output", self.out, "--resume", "auto", "--force")
        self.assert_succeeds(done)
        self.assertNotIn("going on", done.stderr)
        self.assertEqual(sorted(os.listdir(self.out)), FILES)

    def test_damaged_affinities_are_made_again(self):
        running = self.start(*OFTEN)
        self.wait_for(running, lambda: self.states())
        running.send_signal(signal.SIGUSR2)
        self.ended(running, 75)
        file = self.kept / "affinities.h5"
        whole = file.read_bytes()
        file.write_bytes(whole[:len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1:])
        done = self.resumed()
        self.assertEqual(done.stderr.count("warning"), 1, done.stderr)
        self.assertIn("affinities.h5", done.stderr)
        self.assertIn("going on from iteration", done.stderr)
        self.assertIn("neighbors", [stage["name"] for stage in self.report()["stages"]])
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), self.whole)

    def test_killed_between_result_and_report_without_a_checkpoint(self):
        """Nothing was kept, and a result is there."""
        save = ["--neighbors.save", "nn.h5", "--checkpoint.minutes", "0"]
        running = self.start(*save, "--plot.size", "3000")  # a picture that takes its time
        ranks = self.all_ranks_of(running)
        self.wait_for(running, (self.out / "embedding.h5ad").exists)
        os.kill(ranks[0], signal.SIGKILL)
        self.assertNotEqual(running.wait(timeout=30 * PATIENCE), 0)
        self.assertFalse((self.out / "report.json").exists())
        self.assertTrue((self.folder / "nn.h5").exists())
        self.assert_refused(self.run_program(*RUN, *save, "--output", self.out), 2, "--resume auto", "--force")
        self.assert_refused(self.run_program(*RUN, *save, "--output", self.out, "--resume", "auto", "--seed", "3"), 2, "other options")
        self.resumed(*save)
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), self.whole)

    def test_only_the_very_same_run_has_nothing_left_to_do(self):
        shutil.copytree(self.shared / "whole", self.out)
        report = json.loads((self.out / "report.json").read_text())  # its files are where they were made
        self.assertTrue(report["files"])
        again = [*RUN, "--output", self.out, "--resume", "auto"]
        self.assert_refused(self.run_program(*again, "--plot.title", "other"), 2, "--force")
        done = self.run_program(*again, "--force", "--plot.title", "other")
        self.assert_succeeds(done)
        self.assertNotIn("nothing is left to do", done.stderr)
        self.assertIn("nothing is left to do", self.run_program(*again, "--plot.title", "other").stderr)
        # The file of the same name and size with another value in it.
        rows = np.load(self.folder / "cells.npy")
        rows[17, 3] += 1
        os.remove(self.folder / "cells.npy")
        np.save(self.folder / "cells.npy", rows)
        self.assert_refused(self.run_program(*again, "--plot.title", "other"), 2, "--force")

    def test_going_on_from_elsewhere_does_not_cost_what_is_there(self):
        for name in ("one", "other"):
            self.out = self.folder / name
            done = self.run_program(*RUN, "--output", self.out, "--max-wall-time", "0")
            self.assertEqual(done.returncode, 75, done.stderr)
        elsewhere = self.folder / "one/checkpoint"
        done = self.run_program(*RUN, "--output", self.out, "--resume", elsewhere)
        self.assert_refused(done, 2, "other/checkpoint is the checkpoint of a run that did not end")

    def test_a_second_run_waits_for_the_first_and_is_refused(self):
        running = self.start("--iterations", "100000")
        self.wait_for(running, self.log_says("Iteration"))
        done = self.run_program(*RUN, "--output", self.out, "--force")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("another run is writing to", done.stderr)
        running.send_signal(signal.SIGUSR2)
        self.ended(running, 75)

    def test_a_checkpoint_that_finds_no_room(self):
        if not self.mount_small(self.out, "400k"):
            self.skipTest("no file system can be mounted here")
        done = self.run_program(*RUN, "--output", self.out, "--checkpoint.minutes", "0.003", limit=120)
        self.assertEqual(done.returncode, 4, done.stderr)  # neither has the result
        self.assertEqual(done.stderr.count("fleetsne: error:"), 1, done.stderr)
        self.assertRegex(done.stderr, "warning: .*checkpoint/.*The run goes on")
        for state in self.states():
            with h5py.File(state) as file:
                self.assertTrue(file.attrs["complete"])


class Search(Runs):
    """Interrupted while neighbours are searched."""
    RUN, ROWS = SEARCH, 6000

    def parts(self):
        return sorted((self.kept / "neighbors").glob("search-*.h5"))

    def test_stopped_in_the_midst_it_goes_on_to_the_same_bits(self):
        running = self.start()
        log = self.stopped(running, self.log_says("rows of"))  # from then on it listens
        self.assertIn("stopped: in the search for neighbours (SIGUSR2 came)", log)
        self.assertEqual(len(self.parts()), RANKS)
        self.assertEqual(list(self.kept.glob("*.h5")), [])
        self.assertEqual(self.report()["exit_code"], 75)
        done = self.resumed()
        self.assertIn("going on with the search for neighbours", done.stderr)
        self.assertTrue(self.report()["checkpoint"]["search_found"])
        self.assert_as_uninterrupted()

    def test_in_many_steps(self):
        newest = []
        for step in range(4):
            done = self.run_program(*SEARCH, "--output", self.out, "--resume", "auto", "--max-wall-time", "0")
            self.assertEqual(done.returncode, 75, done.stderr)
            self.assertEqual("going on with the search" in done.stderr, step > 0, done.stderr)
            self.assertEqual(len(self.parts()), RANKS)
            self.assertNotEqual(newest, newest := [path.name for path in self.parts()])
        self.resumed()
        self.assert_as_uninterrupted()

    def test_killed_it_goes_on_from_the_newest_parts(self):
        running = self.start(*OFTEN)
        ranks = self.all_ranks_of(running)
        self.wait_for(running, lambda: len(parts := self.parts()) == RANKS and "000001" not in parts[0].name)
        os.kill(ranks[-1], signal.SIGKILL)
        self.assertNotEqual(running.wait(timeout=30), 0)
        self.assert_all_gone()
        self.assertGreaterEqual(len(self.parts()), RANKS)
        stopped = self.out
        # A byte of one rank's file changed, or one cut short: then the search begins anew.
        of_step = lambda path: path.name[:len("search-000000")]
        steps = [of_step(path) for path in self.parts()]
        newest = [path for path in self.parts() if steps.count(of_step(path)) == RANKS][-1]  # of a whole step
        whole = newest.read_bytes()
        at = len(whole) // 2
        for number, damaged in enumerate((whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:], whole[:-999])):
            self.out = self.folder / f"copy{number}"
            shutil.copytree(stopped, self.out)
            (self.out / "checkpoint/neighbors" / newest.name).write_bytes(damaged)
            done = self.resumed()
            told = [line for line in done.stderr.splitlines() if newest.name in line]
            self.assertEqual(len(told), 1, done.stderr)
            self.assertTrue(told[0].startswith("warning: ") and told[0].endswith("The search begins anew"), told)
            self.assert_as_uninterrupted()
        self.out = stopped
        done = self.resumed()
        self.assertIn("going on with the search for neighbours", done.stderr)
        self.assert_as_uninterrupted()

    def test_other_ranks_begin_it_anew_and_other_rows_are_refused(self):
        done = self.run_program(*SEARCH, "--output", self.out, "--max-wall-time", "0")
        self.assertEqual(done.returncode, 75, done.stderr)
        before = {path: path.read_bytes() for path in self.parts()}
        self.assertEqual(len(before), RANKS)
        # One value among those that are looked at at once, and one of the others, in bytes 4,096 to 4,690.
        for place, told in (((17, 3), "another input"), ((21, 18), "is of other rows")):
            rows = np.load(self.shared / "cells.npy")
            rows[place] += 1
            os.remove(self.folder / "cells.npy")
            np.save(self.folder / "cells.npy", rows)
            done = self.run_program(*SEARCH, "--output", self.out, "--resume", "auto")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(told, done.stderr)
        self.assertEqual({path: path.read_bytes() for path in self.parts()}, before)
        os.remove(self.folder / "cells.npy")
        os.symlink(self.shared / "cells.npy", self.folder / "cells.npy")
        done = self.resumed(ranks=3)
        self.assertIn(f"a search for neighbours by {RANKS} ranks, which is of no use to 3", done.stderr)
        kl = self.whole_report["optimize"]["kl"]
        self.assertAlmostEqual(self.report()["optimize"]["kl"], kl, delta=0.01 * kl)

    def test_parts_that_find_no_room(self):
        if not self.mount_small(self.out, "2m"):
            self.skipTest("no file system can be mounted here")
        done = self.run_program(*SEARCH, "--output", self.out, "--checkpoint.minutes", "0.00001")
        # The run goes on, and ends where its result finds no room either, or well.
        self.assertIn(done.returncode, (0, 4), done.stderr)
        self.assertRegex(done.stderr, "warning: .*neighbors/search-.*The run goes on")
        self.assertEqual(self.parts(), [])
        # One that is to stop cannot keep what it is told to.
        done = self.run_program(*SEARCH, "--output", self.out, "--force", "--max-wall-time", "0")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(done.stderr.count("fleetsne: error:"), 1, done.stderr)
        self.assertIn("neighbors/search-", done.stderr)
        self.assertEqual(self.parts(), [])

    def test_a_start_from_a_sample_is_kept(self):
        sample = ["--init", "sample", "--sample.size", "400", "--sample.early-iterations", "50",
                  "--sample.iterations", "100", "--optimize.kl-every", "10"]
        whole = self.folder / "whole"
        self.assert_succeeds(self.run_program(*SEARCH, *sample, "--output", whole))
        running = self.start(*sample, *OFTEN)
        self.wait_for(running, (self.kept / "start.h5").exists)
        running.send_signal(signal.SIGUSR2)
        self.ended(running, 75)
        self.assertTrue((self.kept / "start.h5").exists())
        self.resumed(*sample)
        report = self.report()
        self.assertTrue(report["checkpoint"]["start_found"])
        self.assertNotIn("sample", [stage["name"] for stage in report["stages"]])
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), np.load(whole / "embedding.npy"))

    def test_stopped_in_the_embedding_of_a_sample(self):
        sample = ["--init", "sample", "--sample.size", "400", "--sample.iterations", "1000000"]
        running = self.start(*sample)
        log = self.stopped(running, self.log_says("Iteration  100"), code=76)
        self.assertIn("stopped: in the embedding of the sample", log)
        self.assertIn("Nothing was worth keeping yet", log)
        self.assertFalse(self.kept.exists())


class Umap(Runs):
    RUN = UMAP

    def test_stopped_it_goes_on_to_the_same_bits(self):
        running = self.start(*OFTEN)
        log = self.stopped(running, lambda: len(self.states()) == 2)
        self.assertRegex(log, r"stopped: after \d+ epochs \(SIGUSR2 came\)")
        self.assertLessEqual(len(self.states()), 2)
        self.assertEqual(len(list((self.kept / "neighbors").iterdir())), RANKS)
        done = self.resumed()
        self.assertRegex(done.stderr, r"going on from epoch \d+ ")
        self.assertGreater(self.report()["checkpoint"]["resumed_from"], 0)
        self.assertEqual(self.report()["umap"]["samples"], self.whole_report["umap"]["samples"])
        self.assert_as_uninterrupted()
        self.assertIn("nothing is left to do", self.resumed().stderr)

    def test_killed_and_damaged(self):
        running = self.start(*OFTEN)
        self.wait_for(running, lambda: len(self.states()) == 2)
        os.kill(self.ranks_of(running)[-1], signal.SIGKILL)
        self.assertNotEqual(running.wait(timeout=30), 0)
        *_, before, newest = self.states()
        newest.write_bytes(newest.read_bytes()[:-99])
        done = self.resumed()
        self.assertEqual(done.stderr.count("warning"), 1, done.stderr)
        self.assertIn(f"going on from epoch {int(before.stem[6:])} ", done.stderr)
        self.assert_as_uninterrupted()

    def test_on_other_ranks(self):
        running = self.start(*OFTEN)
        self.stopped(running, lambda: len(self.states()) == 2)
        done = self.resumed(ranks=3)
        self.assertRegex(done.stderr, r"going on from epoch \d+ ")
        self.assertAlmostEqual(self.report()["quality"]["neighbors_kept"],
                               self.whole_report["quality"]["neighbors_kept"], delta=0.01)

    def test_sigusr1_and_the_clock(self):
        running = self.start()
        self.wait_for(running, self.log_says("fuzzy set"))
        running.send_signal(signal.SIGUSR1)
        self.ended(running, 0)
        self.assertGreaterEqual(self.report()["checkpoint"]["written"], 1)
        self.assert_as_uninterrupted()
        done = self.run_program(*UMAP, "--output", self.folder / "timed", "--max-wall-time", "0")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertIn("its time is over", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
