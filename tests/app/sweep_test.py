"""Sweeps: what is shared, what is made again, what fails and is killed, and the page in a browser.

Usage: sweep_test.py PROGRAM MPIEXEC RANKS [TEST]
"""
import csv
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

import numpy as np

import browser
from end_to_end import MPIEXEC, PATIENCE, PROGRAM, RANKS, EndToEnd

BASE = """# what holds for every row
[input]
files = rows.npy
labels = labels.npy
[optimize]
early_iterations = 30
iterations = 40
[quality]
sample = 100
[plot]
size = 120
"""
GRID = BASE + """
[grid]
perplexity = 5, 10
exaggeration = 1, 4
"""
# Steps without a limit, of a rate that leaves the numbers: fails after its data was read.
LOST = "[row.lost]\noptimize.learning-rate = 1e38\noptimize.max-step-norm = 1e38\n"


class Sweep(EndToEnd):
    def setUp(self):
        super().setUp()
        generator = np.random.default_rng(5)
        kinds = np.arange(200) % 4
        np.save(self.folder / "rows.npy", (generator.standard_normal((200, 6)) + 3 * kinds[:, None]).astype(np.float32))
        np.save(self.folder / "labels.npy", kinds.astype(np.int32))
        self.sweep_folder = self.folder / "sweep"

    def write(self, text):
        (self.folder / "sweep.cfg").write_text(text)

    def sweep(self, *arguments, **options):
        return self.run_program("sweep", "sweep.cfg", "--output", "sweep", *arguments, **options)

    def stand_in(self, name, text):
        """A program of Slurm that records its calls."""
        folder = self.folder / "slurm"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\necho {name} >>calls\n{text}\n")
        (folder / name).chmod(0o755)

    def calls(self, name):
        file = self.folder / "calls"
        return file.read_text().split().count(name) if file.exists() else 0

    def sweep_alone(self, *arguments):
        """Without a launcher, for those that it starts itself."""
        began = time.monotonic()
        done = subprocess.run([PROGRAM, "sweep", "sweep.cfg", "--output", "sweep", *arguments], cwd=self.folder, text=True,
                              capture_output=True, timeout=60,
                              env=os.environ | {"PATH": f"{self.folder}/slurm:{os.environ['PATH']}"})
        done.seconds = time.monotonic() - began
        return done

    def assert_failed_with_table(self, done, code, *parts):
        self.assertIn("RESULT row=", done.stdout)
        done.stdout = ""
        self.assert_refused(done, code, *parts)

    def table(self):
        with open(self.sweep_folder / "sweep.csv", newline="") as file:
            return {row["row"]: row for row in csv.DictReader(file)}

    def status(self, name, part="rows"):
        return json.loads((self.sweep_folder / part / f"{name}.json").read_text())

    def wait_until(self, what, name):
        limit = time.monotonic() + 60 * PATIENCE
        while not what():
            self.assertLess(time.monotonic(), limit, f"{name} was never begun")
            time.sleep(0.02)

    def wait_until_begun(self, name):
        file = self.sweep_folder / f"rows/{name}.json"
        self.wait_until(lambda: file.exists() and json.loads(file.read_text())["state"] == "begun", name)

    def processes_of(self, *words):
        """Ranks of the program, of this test's, whose command line has these words."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes().split(b"\0")
                if not os.path.samefile(entry / "cwd", self.folder):
                    continue
            except OSError:
                continue
            if line[0] == PROGRAM.encode() and all(word.encode() in line for word in words):
                found.append(int(entry.name))
        return found

    def test_a_grid_and_a_list(self):
        self.write(GRID + "[row.umap]\nmethod = umap\nneighbors = 10\n[row.seed]\nseed = 7\nperplexity = 10\n")
        done = self.sweep()
        self.assert_succeeds(done)
        names = ["perplexity-5_exaggeration-1", "perplexity-5_exaggeration-4", "perplexity-10_exaggeration-1",
                 "perplexity-10_exaggeration-4", "umap", "seed"]
        table = self.table()
        self.assertEqual(list(table), names)
        self.assertEqual({row["state"] for row in table.values()}, {"done"})
        shared = sorted(path.stem.split("-")[0] for path in (self.sweep_folder / "shared").glob("*.h5"))
        self.assertEqual(shared, ["affinities", "affinities", "neighbors"], "one search, two perplexities")
        for name, row in table.items():
            report = json.loads((self.sweep_folder / "rows" / name / "report.json").read_text())
            self.assertEqual(report["exit_code"], 0)
            self.assertEqual(report["ranks"], RANKS)
            if name != "umap":
                self.assertEqual(float(row["kl"]), report["optimize"]["kl"])
                self.assertEqual(report["neighbors"]["count"], 15 if "perplexity-5" in name else 30)
            for measure, value in report["quality"].items():
                self.assertEqual(float(row[measure]), value)
            self.assertGreater(float(row["seconds"]), 0)
            self.assertGreater(float(row["shared_seconds"]), 0)
        self.assertEqual(table["umap"]["kl"], "")
        self.assertEqual([row["affinity.perplexity"] for row in table.values()], ["5", "5", "10", "10", "", "10"])
        lines = done.stdout.splitlines()
        self.assertEqual(lines[:2], ["sweep/sweep.csv", "sweep/index.html"])
        self.assertEqual([line.split()[1] for line in lines if line.startswith("RESULT")], ["row=" + name for name in names])

    def test_a_row_is_what_embed_makes(self):
        """Where nothing but affinities is shared, to the bit; from neighbours in a file up to the rounding of distances."""
        self.write(BASE + "[grid]\nperplexity = 10\nexaggeration = 1, 2\n")
        self.assert_succeeds(self.sweep())
        self.assertEqual(list((self.sweep_folder / "shared").glob("neighbors*")), [])
        self.write(BASE)
        self.assert_succeeds(self.run_program("embed", "--config", "sweep.cfg", "--perplexity", "10", "--exaggeration", "2",
                                              "--output", "one"))
        np.testing.assert_array_equal(np.load(self.sweep_folder / "rows/perplexity-10_exaggeration-2/embedding.npy"),
                                      np.load(self.folder / "one/embedding.npy"))

    def test_again_does_only_what_is_missing(self):
        self.write(GRID)
        self.assert_succeeds(self.sweep())
        files = {path: path.stat().st_mtime_ns for path in self.sweep_folder.rglob("*") if path.suffix in (".npy", ".h5", ".h5ad")}
        self.assertEqual(len(files), 4 * 2 + 3)
        again = self.sweep()
        self.assert_succeeds(again)
        self.assertIn("nothing is left to do", again.stderr)
        self.write(GRID + "[row.more]\nperplexity = 10\nexaggeration = 2\n")
        shutil.rmtree(self.sweep_folder / "rows/perplexity-5_exaggeration-1")
        plan = self.sweep("--dry-run")
        self.assertEqual(plan.stdout.splitlines()[:-1], ["rows perplexity-5_exaggeration-1", "rows more"])
        self.assert_succeeds(self.sweep())
        self.assertEqual({row["state"] for row in self.table().values()}, {"done"})
        for path, before in files.items():
            if "perplexity-5_exaggeration-1" not in str(path):
                self.assertEqual(path.stat().st_mtime_ns, before, f"{path} was made again")
        self.assertEqual(self.status("more")["attempts"], 1)
        self.assertEqual(self.status("perplexity-5_exaggeration-1")["attempts"], 2)

    def test_rows_stay_done_wherever_the_folder_lies_and_whatever_they_share(self):
        umap = "[row.umap]\nmethod = umap\nneighbors = 10\n"
        self.write(BASE + umap)
        self.assert_succeeds(self.sweep())
        self.assertEqual(list(self.sweep_folder.glob("shared/*")), [])
        self.write(BASE + umap + "[row.tsne]\nperplexity = 5\n")
        self.assert_succeeds(self.sweep())
        self.assertEqual(self.status("umap")["attempts"], 1, "its neighbours are shared now")
        shutil.rmtree(self.sweep_folder / "shared")
        again = self.run_program("sweep", "sweep.cfg", "--output", "../" + self.folder.name + "/sweep/", ranks=1)
        self.assert_succeeds(again)
        self.assertIn("nothing is left to do", again.stderr)
        self.sweep_folder.rename(self.folder / "moved")
        again = self.run_program("sweep", "sweep.cfg", "--output", self.folder / "moved", "--dry-run", ranks=1)
        self.assertIn("RESULT rows=2 to_do=0 done=2", again.stdout)
        (self.folder / "moved/rows/tsne/embedding.npy").unlink()
        again = self.run_program("sweep", "sweep.cfg", "--output", "moved", "--dry-run", ranks=1)
        self.assertIn("RESULT rows=2 to_do=1 done=1", again.stdout)

    def test_a_stopped_row_whose_neighbors_come_to_be_shared_begins_anew(self):
        row = "[row.umap]\nmethod = umap\nneighbors = 10\numap.epochs = 4000\n"
        self.write(BASE + row)
        run = subprocess.Popen([MPIEXEC, "-n", str(RANKS), PROGRAM, "sweep", "sweep.cfg", "--output", "sweep", "--log", "plain"],
                               cwd=self.folder, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while "rows of 6 columns" not in (line := run.stderr.readline()):
            self.assertTrue(line)
        run.send_signal(signal.SIGUSR2)
        log = run.communicate(timeout=60)[1]
        self.assertEqual(run.returncode, 75, log)
        self.write(BASE + row + "[row.tsne]\nperplexity = 5\n")
        done = self.sweep(limit=120)
        self.assert_succeeds(done)
        self.assertIn("begins anew", done.stderr)

    def test_a_row_that_needs_more_neighbors_is_added(self):
        self.write(BASE + "[grid]\nperplexity = 3, 5\n")
        self.assert_succeeds(self.sweep())
        self.write(BASE + "[grid]\nperplexity = 3, 5, 20\n")
        self.assert_succeeds(self.sweep())
        report = json.loads((self.sweep_folder / "rows/perplexity-20/report.json").read_text())
        self.assertEqual(report["neighbors"]["count"], 60)
        self.assertEqual(sorted(path.stem.split("-")[2] for path in self.sweep_folder.glob("shared/neighbors-*.h5")), ["15", "60"])

    def test_a_row_of_other_options_is_not_written_over_unasked(self):
        self.write(BASE + "[row.one]\nperplexity = 5\n[row.two]\nperplexity = 5\nexaggeration = 2\n")
        self.assert_succeeds(self.sweep())
        before = (self.sweep_folder / "rows/one/embedding.npy").read_bytes()
        self.write(BASE + "[row.one]\nperplexity = 10\n[row.two]\nperplexity = 5\nexaggeration = 2\n")
        self.assert_failed_with_table(self.sweep(), 2, "1 of 2 rows failed (one: ", "--force")
        self.assertEqual((self.sweep_folder / "rows/one/embedding.npy").read_bytes(), before)
        self.assert_succeeds(self.sweep("--force"))
        self.assertNotEqual((self.sweep_folder / "rows/one/embedding.npy").read_bytes(), before)
        self.assertEqual(self.status("two")["attempts"], 2)

    def test_by_force_it_begins_anew_once(self):
        self.write(BASE + "[row.first]\nperplexity = 5\n[row.long]\nperplexity = 5\niterations = 6000\n")
        self.assert_succeeds(self.sweep(limit=120))
        made = {path.name: path.stat().st_mtime_ns for path in self.sweep_folder.rglob("*.h5*")}
        run = subprocess.Popen([MPIEXEC, "-n", str(RANKS), PROGRAM, "sweep", "sweep.cfg", "--output", "sweep", "--force", "--log",
                                "plain"], cwd=self.folder, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while "sweep: row long" not in (line := run.stderr.readline()):
            self.assertTrue(line)
        while "Iteration" not in (line := run.stderr.readline()):
            self.assertTrue(line)
        run.send_signal(signal.SIGUSR2)
        log = run.communicate(timeout=60)[1]
        self.assertEqual(run.returncode, 75, log)
        self.assertIn("the same command without --force goes on", log)
        done = self.sweep("--log", "plain", limit=120)
        self.assert_succeeds(done)
        self.assertIn("2 rows: 1 done, 1 to do", done.stderr)
        self.assertIn("going on from", done.stderr)
        for path in self.sweep_folder.rglob("*.h5*"):
            self.assertGreater(path.stat().st_mtime_ns, made.get(path.name, 0), f"{path} is from before")

    def test_two_sweeps_in_one_folder(self):
        self.write(BASE + "[row.long]\nperplexity = 5\niterations = 1000000\n")
        run = subprocess.Popen([PROGRAM, "sweep", "sweep.cfg", "--output", "sweep", "--log", "plain"], cwd=self.folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_until_begun("long")
        self.assert_refused(self.sweep(ranks=1), 2, "another run is writing to sweep (two would spoil")
        run.send_signal(signal.SIGTERM)
        self.assertIn(run.wait(60), (75, 76))

    def test_by_force_nothing_goes_that_is_read(self):
        self.write(BASE + "[row.first]\nperplexity = 5\n")
        self.assert_succeeds(self.sweep())
        first = self.sweep_folder / "rows/first/embedding.npy"
        self.write(BASE + "[row.first]\nperplexity = 5\n[row.next]\nperplexity = 5\ninit.start = file\ninit.file = "
                   "sweep/rows/first/embedding.npy\n")
        self.assert_refused(self.sweep("--force"), 2, "sweep/rows/first/embedding.npy is read and would be written over")
        self.assertTrue(first.exists())

    def test_a_row_that_fails_harms_no_other(self):
        self.write(BASE + LOST + "[row.fine]\nperplexity = 5\n")
        done = self.sweep()
        self.assert_failed_with_table(done, 5, "1 of 2 rows failed (lost: ", "--retry")
        table = self.table()
        self.assertEqual([table["lost"]["state"], table["fine"]["state"]], ["failed", "done"])
        self.assertEqual(table["lost"]["exit_code"], "5")
        again = self.sweep()
        self.assert_failed_with_table(again, 5, "1 of 2 rows failed")
        self.assertIn("--retry", again.stderr)
        self.assertEqual(self.status("lost")["attempts"], 1)
        self.assert_failed_with_table(self.sweep("--retry"), 5, "1 of 2 rows failed")
        self.assertEqual(self.status("lost")["attempts"], 2)
        self.assertEqual(self.status("fine")["attempts"], 1)

    def test_a_row_that_is_killed_harms_no_other(self):
        self.write(BASE + "[row.long]\nperplexity = 5\niterations = 1000000\n[row.fine]\nperplexity = 5\n")
        launch = subprocess.Popen([PROGRAM, "sweep", "sweep.cfg", "--output", "sweep", "--launch", f"{MPIEXEC} -n {RANKS}"],
                                  cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.wait_until_begun("long")
        time.sleep(0.5)
        ranks = self.processes_of("--part", "rows", "--index", "0")
        self.assertEqual(len(ranks), RANKS)
        os.kill(ranks[-1], signal.SIGKILL)
        out, log = launch.communicate(timeout=60)
        self.assertEqual(launch.returncode, 70, log)
        self.assertEqual(log.count("fleetsne: error:"), 1, log)
        table = self.table()
        self.assertEqual([table["long"]["state"], table["fine"]["state"]], ["killed", "done"])
        self.write(BASE + "[row.long]\nperplexity = 5\n[row.fine]\nperplexity = 5\n")
        self.assert_succeeds(self.sweep_alone("--retry", "--launch", f"{MPIEXEC} -n {RANKS}"))
        self.assertEqual(self.table()["long"]["state"], "done")

    def test_a_sweep_that_is_killed_goes_on_with_the_others_first(self):
        self.write(BASE + "[row.long]\nperplexity = 5\niterations = 1000000\n[row.fine]\nperplexity = 5\n")
        run = subprocess.Popen([MPIEXEC, "-n", str(RANKS), PROGRAM, "sweep", "sweep.cfg", "--output", "sweep"], cwd=self.folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_until_begun("long")
        for rank in self.processes_of("sweep"):
            os.kill(rank, signal.SIGKILL)
        run.wait(60)
        self.write(BASE + "[row.long]\nperplexity = 5\n[row.fine]\nperplexity = 5\n")
        plan = self.sweep("--dry-run")
        self.assertEqual(plan.stdout.splitlines()[:-1], ["rows fine", "rows long"])
        self.assert_succeeds(self.sweep())

    def test_the_table_takes_rows_without_an_end_for_killed(self):
        self.write(BASE + "[row.gone]\nperplexity = 5\n[row.fine]\nperplexity = 5\nseed = 1\n")
        self.assert_succeeds(self.sweep("--part", "affinities"))
        self.assert_succeeds(self.sweep("--part", "rows", "--index", "1"))
        state = {"state": "begun", "attempts": 1, "seconds": 0, "exit_code": 0, "error": "", "started": "", "host": "node9"}
        (self.sweep_folder / "rows/gone.json").write_text(json.dumps(state))
        self.assert_failed_with_table(self.sweep("--part", "table"), 70, "1 of 2 rows failed (gone: ", "node9")
        as_job = self.sweep("--submit", "jobs/sweep.sbatch", "--part", "table")  # the words that sbatch is given
        self.assert_failed_with_table(as_job, 70, "1 of 2 rows failed (gone: ")
        self.assertEqual([row["state"] for row in self.table().values()], ["killed", "done"])

    def test_the_table_tells_of_rows_that_nobody_made(self):
        self.write(BASE + "[row.fine]\nperplexity = 5\n[row.waiting]\nperplexity = 5\nseed = 1\n")
        self.assert_succeeds(self.sweep("--part", "affinities"))
        self.assert_succeeds(self.sweep("--part", "rows", "--index", "0"))
        self.assert_failed_with_table(self.sweep("--part", "table"), 4, "1 of 2 rows not made (of waiting: its job has not begun")
        self.assertEqual([row["state"] for row in self.table().values()], ["done", "absent"])
        self.assert_succeeds(self.sweep())

    def test_a_row_without_its_affinities_says_so(self):
        self.write(BASE + "[row.one]\nperplexity = 5\n")
        self.assert_refused(self.sweep("--part", "rows"), 4, "is not there (nothing has made it)")
        self.assertEqual(self.status("one")["state"], "failed")
        self.assert_succeeds(self.sweep("--retry"))

    def test_a_stopped_sweep_goes_on(self):
        rows = "[row.first]\nperplexity = 5\n[row.long]\nperplexity = 5\niterations = 10000\n[row.last]\nperplexity = 5\nseed = 3\n"
        self.write(BASE + rows)
        run = subprocess.Popen([MPIEXEC, "-n", str(RANKS), PROGRAM, "sweep", "sweep.cfg", "--output", "sweep", "--log", "plain"],
                               cwd=self.folder, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        log = ""
        while "Iteration" not in log or not (self.sweep_folder / "rows/long.json").exists():
            line = run.stderr.readline()
            self.assertTrue(line, log)
            log += line
        while "Iteration" not in (line := run.stderr.readline()):
            self.assertTrue(line, log)
        run.send_signal(signal.SIGUSR2)
        log = run.communicate(timeout=60)[1]
        self.assertEqual(run.returncode, 75, log)
        self.assertEqual(log.count("fleetsne: stopped:"), 1, log)
        table = self.table()
        self.assertEqual([table[row]["state"] for row in ("first", "long", "last")], ["done", "stopped", "absent"])
        self.sweep_folder.joinpath("stop").touch()
        again = self.sweep()
        self.assertEqual(again.returncode, 75, again.stderr)
        self.assertIn("sweep/stop is there", again.stderr)
        self.assertFalse((self.sweep_folder / "stop").exists())
        self.assert_succeeds(self.run_program("sweep", "sweep.cfg", "--output", self.sweep_folder, limit=120))
        report = json.loads((self.sweep_folder / "rows/long/report.json").read_text())
        self.assertGreater(report["checkpoint"]["resumed_from"], 0)
        self.assertEqual({row["state"] for row in self.table().values()}, {"done"})
        self.assertEqual(self.status("first")["attempts"], 1)

    def stopped_while_its_launcher_sleeps(self, trap):
        """Exit code and log of a sweep by --launch that is told to stop before its first row has begun."""
        self.write(BASE + "[row.one]\nperplexity = 5\ninput.pca = 3\n[row.two]\nperplexity = 5\n")
        (self.folder / "launch.sh").write_text(f"{trap}\ntouch asleep\nsleep 3\n\"$@\"\n")
        run = subprocess.Popen([PROGRAM, "sweep", "sweep.cfg", "--output", "sweep", "--launch", "sh launch.sh"], cwd=self.folder,
                               text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.wait_until((self.folder / "asleep").exists, "the launcher")
        run.send_signal(signal.SIGUSR2)
        return run.communicate(timeout=60)[1], run.returncode

    def test_a_stop_before_a_row_has_begun(self):
        log, code = self.stopped_while_its_launcher_sleeps("")
        self.assertEqual(code, 75, log)
        self.assertIn("was stopped before it began", log)
        self.assertEqual([row["state"] for row in self.table().values()], ["absent", "absent"])

    def test_a_stop_that_a_row_does_not_hear_stops_before_the_next(self):
        log, code = self.stopped_while_its_launcher_sleeps("trap : USR2")
        self.assertEqual(code, 75, log)
        self.assertIn("stopped: SIGUSR2 came", log)
        self.assertEqual(len(list(self.sweep_folder.glob("shared/*.h5"))), 1, "what ran then was made")

    def test_the_time_is_that_of_the_whole_sweep(self):
        self.write(BASE + "[grid]\nseed = 0, 1, 2, 3\noptimize.iterations = 1000000\n")
        done = self.sweep("--max-wall-time", "6")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertEqual([row["state"] for row in self.table().values()], ["stopped", "absent", "absent", "absent"])

    def test_what_a_sweep_cannot_be(self):
        (self.folder / "rows.npy").rename(self.folder / "moved.npy")
        cases = {
            "has no rows": BASE,
            "unknown option perplexty in [grid] (no option is called so). Did you mean perplexity?": BASE + "[grid]\nperplexty = 3\n",
            "rows cannot differ in output": BASE + "[grid]\noutput = a, b\n",
            "rows cannot differ in threads": BASE + "[grid]\nthreads = 1, 2\n",
            "rows cannot differ in neighbors.save (the sweep keeps neighbours itself). Leave it out":
                BASE + "[row.a]\nneighbors.save = n.h5\n",
            "--neighbors.save was given (a sweep keeps": BASE + "[neighbors]\nsave = n.h5\n[row.a]\nperplexity = 5\n",
            "perplexity stands twice in [grid]": BASE + "[grid]\nperplexity = 3\nperplexity = 4\n",
            "row perplexity-x: affinity.perplexity = x is not a number": BASE + "[grid]\nperplexity = 5, x\n",
            "row perplexity-: affinity.perplexity =  is not a number": BASE + "[grid]\nperplexity = 5,\n",
            "has two rows a": BASE + "[row.a]\nseed = 1\n[row.a]\nseed = 2\n",
            "[row.a/b] has no name that a folder can have": BASE + "[row.a/b]\nseed = 1\n",
            "[row...] has no name": BASE + "[row...]\nseed = 1\n",
            "unknown section [grit]": BASE + "[grit]\nseed = 1\n",
            "more than 10000 rows": BASE + "[grid]\nseed = " + ",".join(map(str, range(101))) + "\ninit.standard-deviation = "
                                    + ",".join(map(str, range(100))) + "\n",
        }
        for part, text in cases.items():
            with self.subTest(part):
                self.write(text)
                self.assert_refused(self.sweep(ranks=1), 2, part)
                self.assertFalse(self.sweep_folder.exists())
        self.write(GRID)
        self.assert_refused(self.sweep(), 3, "rows.npy")
        (self.folder / "moved.npy").rename(self.folder / "rows.npy")
        self.write(BASE + "[grid]\nperplexity = 5, 5000\n")
        self.assert_refused(self.sweep(), 2, "row perplexity-5000: ", "The largest possible here")
        self.write(BASE + "[grid]\nseed = 1, 2, 3\n[row.a]\nperplexity = 5000\n[row.b]\nperplexity = 5000\n")
        self.assert_refused(self.sweep(), 2, "row a and 1 more: ")
        done = self.sweep("--optimize.momentum", "2")
        self.assert_refused(done, 2, "--optimize.momentum")
        self.assertEqual(done.stderr.count("--optimize.momentum"), 1, "once for all rows")
        self.assert_refused(self.sweep("--launch", "mpirun -n 2"), 2, "--launch or --submit was given under mpirun")
        self.assert_refused(self.sweep("--resume", "never"), 2, "--resume was given")
        self.assert_refused(self.run_program("sweep", "sweep.cfg"), 2, "no output directory was given")
        self.assert_refused(self.run_program("sweep", "none.cfg", "--output", "sweep"), 2, "none.cfg cannot be read")
        self.assert_refused(self.run_program("sweep", "--output", "sweep"), 2, "no sweep was given")
        self.write(GRID)
        self.assert_refused(self.sweep("--part", "rows", "--index", "4"), 2, "--index is 4 (there are 4 such parts")
        self.assert_refused(self.sweep_alone("--launch", "/no/such/mpirun"), 2, "has started nothing")
        self.assert_refused(self.sweep_alone("--submit", "none.sbatch", "--at-once", "0"), 2, "--at-once is 0")

    def test_jobs_that_were_submitted_before_one_was_refused_are_known(self):
        self.write(GRID)
        self.stand_in("scontrol", "echo 'MaxArraySize            = 1001'")
        self.stand_in("sbatch", '[ "$(grep -c sbatch calls)" = 1 ] || exit 1\necho "57;cluster"')
        self.stand_in("squeue", "echo 57")
        self.assert_refused(self.sweep_alone("--submit", "jobs/sweep.sbatch"), 2, "sbatch has not taken the 2 of affinities",
                            "end those before: scancel 57")
        self.assertEqual(json.loads((self.sweep_folder / "jobs.json").read_text()), ["57"])
        self.assert_refused(self.sweep_alone("--submit", "jobs/sweep.sbatch"), 2, "has jobs in Slurm already", "scancel 57")
        self.assertEqual(self.calls("sbatch"), 2)

    def test_more_parts_than_an_array_has_numbers(self):
        self.write(GRID)
        self.stand_in("sbatch", "echo 57")
        self.stand_in("scontrol", "echo 'MaxArraySize            = 3'")
        self.assert_refused(self.sweep_alone("--submit", "jobs/sweep.sbatch"), 2, "has a part of number 3 (arrays of this Slurm have "
                            "numbers below 3, its MaxArraySize). Divide")
        self.assertEqual(self.calls("sbatch"), 0)
        self.stand_in("scontrol", "echo 'MaxArraySize            = 4'")
        self.assertEqual(len(self.sweep_alone("--submit", "jobs/sweep.sbatch").stdout.splitlines()), 4)

    def test_the_page_sorts(self):
        self.write(GRID + LOST + "[plot]\ntitle = \"<i>&\"\n")
        self.assertEqual(self.sweep().returncode, 5)
        page = browser.Browser(size=(1300, 900))
        self.addCleanup(page.close)
        for dark in (False, True):
            page.open(self.sweep_folder / "index.html", dark)
            self.assertEqual(page.complaints(), [])
        page.evaluate("[...document.images].forEach(i => i.loading = 'eager')")
        pictures = page.evaluate("Promise.all([...document.images].map(i => i.decode().then(() => i.naturalWidth > 100)))")
        self.assertEqual(pictures, [True] * 4)
        names = "[...document.querySelectorAll('ul.rows h2')].map(h => h.textContent)"
        lines = "[...document.querySelectorAll('tbody tr')].map(l => l.cells[0].textContent)"
        head = "[...document.querySelectorAll('th button')].find(b => b.textContent === 'kl')"
        in_file = list(self.table())
        self.assertEqual(page.evaluate(names), in_file)
        by_kl = sorted(in_file[:4], key=lambda name: float(self.table()[name]["kl"]))
        page.evaluate(head + ".click()")
        self.assertEqual(page.evaluate(names), by_kl + ["lost"], "what has no value comes last")
        self.assertEqual(page.evaluate(lines), by_kl + ["lost"])
        page.evaluate(head + ".click()")
        self.assertEqual(page.evaluate(names), by_kl[::-1] + ["lost"])
        page.evaluate("const order = document.querySelector('#order'); order.value = -1; order.dispatchEvent(new Event('change'))")
        self.assertEqual(page.evaluate(lines), in_file)
        self.assertIn("4 of 5 embeddings are done", page.evaluate("document.body.innerText"))
        self.assertIn("failed: ", page.evaluate("document.querySelector('p.bad').innerText"))
        page.call("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=False)
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
