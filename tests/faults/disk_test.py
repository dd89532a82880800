"""Disks that fill up, and an output folder that is removed, while a run goes on."""
import os
import shutil
import signal
import sys
import unittest

import numpy as np

from faulty import OFTEN, FaultTest, send, sums

PAGE = 4096


def pages(size):
    return (size + PAGE - 1) // PAGE * PAGE


class Disk(FaultTest):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        if not self.mount_small(self.disk, "16m"):
            self.skipTest("no file system can be mounted here")

    def leave(self, room, folder=None):
        """Fills the disk up to so many bytes."""
        ballast = self.disk / "ballast"
        ballast.write_bytes(b"")
        left = os.statvfs(self.disk)
        os.truncate(ballast, 0)
        with open(ballast, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, left.f_bavail * left.f_frsize - pages(room))
        return ballast

    def test_while_the_result_is_written(self):
        self.stopped_run()
        stopped = self.out
        # embedding.npy is never the first without: the room that the larger embedding.h5ad asks for at first does for it.
        written = ["embedding.h5ad", "embedding.png", "report.html", "report.json"]
        sizes = [(self.shared / "whole" / name).stat().st_size for name in written]
        before = pages((self.shared / "whole/embedding.npy").stat().st_size)
        for number, name in enumerate(written):
            with self.subTest(name):
                # Room for those before it and half of it: as much as it takes until this one is the first without.
                size = sizes[number]
                room = size // 2 if number == 0 else max(before + min(size // 2, size - PAGE), pages(2 * sizes[0]))
                for attempt in range(20):
                    self.out = self.disk / name
                    self.kept = self.out / "checkpoint"
                    shutil.copytree(stopped, self.out, ignore=shutil.ignore_patterns("report.*", "snapshots"))
                    kept = sums(self.kept)
                    ballast = self.leave(room)
                    running = self.start("--resume", "auto", "--checkpoint.minutes", "0", "--snapshot.every", "0")
                    code, log = running.finish(), running.log()
                    named = [at for at, other in enumerate(written) if f"{other} cannot be written" in log]
                    if named == [number]:
                        break
                    step = pages(size // 8)
                    room += step if named and named[0] < number else -step
                    ballast.unlink()
                    shutil.rmtree(self.out)
                print(f"{name}: {attempt + 1} attempts", flush=True)
                self.assertEqual(code, 4, log)
                self.assert_one_message(log, f"{name} cannot be written")
                self.assertEqual(sums(self.kept), kept)
                self.assert_all_files_whole()
                self.assertEqual([path for path in self.out.rglob("*.partial")], [])
                for earlier in written[:number]:
                    self.assertTrue((self.out / earlier).exists(), earlier)
                self.assertFalse((self.out / name).exists() and number < 2)
                ballast.unlink()
                self.assert_goes_on_to_the_same()
                shutil.rmtree(self.out)
                before += pages(size)
        self.assert_inputs_untouched()

    def test_while_checkpoints_are_written_the_run_goes_on(self):
        """They alone are on the full disk."""
        self.out.mkdir()
        self.kept.symlink_to(self.disk)
        ballast = self.leave(2 * PAGE)
        running = self.start("--resume", "auto")  # otherwise the link would go with what is in it
        self.assertEqual(running.finish(), 0, running.log())
        self.assertNotIn("fleetsne: error:", running.log())
        self.assertIn("The run goes on", running.log())
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), self.whole)
        report = self.report()
        self.assertGreater(report["checkpoint"]["failed"], 0)
        self.assertEqual(report["checkpoint"]["written"], 0)
        self.assertEqual(os.listdir(self.disk), ["ballast"])
        # With a good one there it stays; a run that is told to stop and cannot keep anything says so.
        ballast.unlink()
        self.out = self.folder / "stopped"
        self.kept = self.out / "checkpoint"
        self.out.mkdir()
        self.kept.symlink_to(self.disk)
        running = self.start("--resume", "auto", *OFTEN)
        running.hold(self.disk, lambda: len(self.states()) == 2)
        ballast = self.leave(0)
        send(running.ranks(), signal.SIGUSR2)
        running.go_on()
        self.assertEqual(running.finish(), 4, running.log())
        self.assert_one_message(running.log(), "state-", "cannot be written")
        self.assert_all_files_whole()
        self.assertGreaterEqual(len(self.states()), 1)
        ballast.unlink()
        for part in self.disk.glob(".*.partial"):
            self.fail(f"{part} is left")
        done = self.assert_goes_on_to_the_same()
        self.assertIn("going on from iteration", done.stderr)

    def test_while_other_files_are_written(self):
        for name, arguments in (
                ("affinities.h5", ["affinity", "cells.npy", "--perplexity", "10", "--output", "disk/affinities.h5"]),
                ("neighbors.h5", ["affinity", "cells.npy", "--perplexity", "10", "--output", "a.h5", "--neighbors.save",
                                  "disk/neighbors.h5"]),
                ("points.png", ["plot", self.shared / "whole/embedding.npy", "--output", "disk/points.png"]),
                ("snapshots", [*self.plain_run(), "--output", "disk/out", "--checkpoint.minutes", "0", "--snapshot.every", "5"])):
            with self.subTest(name):
                self.leave(5 * PAGE)
                self.assert_refused(self.run_program(*arguments), 4, name)
                left = [path.name for path in self.disk.rglob("*") if path.is_file()]
                self.assertEqual([file for file in left if file not in ("ballast", "results-begun") and not file.startswith("iteration-")
                                  and not file.startswith("report.")], [])

    def plain_run(self):
        return ["embed", "cells.npy", "--perplexity", "10", "--iterations", "50", "--early-iterations", "0", "--threads", "1"]


class Removed(FaultTest):
    def test_an_output_folder_that_is_removed_is_made_again(self):
        """By what comes first, a snapshot or a checkpoint."""
        for first, options, away in (
                ("snapshot", ["--checkpoint.minutes", "0"], lambda: shutil.rmtree(self.out)),
                ("checkpoint", [*OFTEN, "--snapshot.every", "0"], lambda: os.rename(self.out, self.folder / "elsewhere"))):
            with self.subTest(first):
                self.write_to(self.folder / f"out-{first}")
                running = self.start(*options)
                running.hold(self.out, lambda: "Iteration   50" in running.log() if first == "snapshot" else self.states())
                away()
                running.go_on()
                self.assertEqual(running.finish(), 0, running.log())
                self.assertNotIn("fleetsne: error:", running.log())
                self.assertIn("was gone and has been made again", running.log())
                np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), self.whole)
                self.assert_all_files_whole()
                self.assertFalse(self.kept.exists())

    def test_one_that_cannot_be_made_again_is_one_error(self):
        running = self.start(*OFTEN)
        running.hold(self.out, self.states)
        os.rename(self.out, self.folder / "elsewhere")
        self.out.write_text("a file")
        running.go_on()
        self.assertEqual(running.finish(), 4, running.log())
        self.assert_one_message(running.log(), str(self.out))
        self.assertEqual(self.out.read_text(), "a file")
        self.assert_inputs_untouched()
        # What was kept before can be gone on from.
        self.out.unlink()
        os.rename(self.folder / "elsewhere", self.out)
        self.assert_goes_on_to_the_same()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
