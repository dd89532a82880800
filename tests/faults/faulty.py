"""Runs that meet a fault, and what must hold of them afterwards.

Usage of each test: NAME_test.py PROGRAM MPIEXEC RANKS [TEST]. FLEETSNE_FAULT_MOMENTS is the number of moments or places of a
longer run, FLEETSNE_FAULT_SEED the seed of another.
"""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "app"))
from end_to_end import MPIEXEC, OFTEN, PROGRAM, RANKS, EndToEnd  # noqa: E402

POINTS = 2000
GONE_WITHIN = 30  # seconds
CHECKPOINTS = ["--checkpoint.minutes", "0.004"]
# Every phase, the search by an index too; snapshots and labels, so that all kinds of files are written.
RUN = ["embed", "cells.npy", "--labels", "cells-labels.npy", "--pca", "20", "--backend", "hnsw", "--perplexity", "10",
       "--early-iterations", "150", "--iterations", "250", "--optimize.kl-every", "50", "--threads", "1",
       "--snapshot.every", "200", *CHECKPOINTS]


def moments(few):
    """How many, and a generator of random numbers for them, whose seed is printed."""
    seed = int(os.environ.get("FLEETSNE_FAULT_SEED", "1"))
    count = int(os.environ.get("FLEETSNE_FAULT_MOMENTS", few))
    print(f"{count} moments, seed {seed}", flush=True)
    return count, random.Random(seed)


def sums(folder):
    """The checksum of every file below it, temporary ones left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_file() and ".partial" not in path.name and path.name != "results-begun":
                found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
        except FileNotFoundError:  # gone meanwhile, in a run that goes on
            continue
    return found


def processes_with(mark):
    """Ids of the processes that have the mark in their environment."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            if state != "Z" and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:  # gone meanwhile
            continue
    return found


def milestones(log):
    """The lines of a log that every run has, without what differs, and how often each has come so far."""
    found = [("", 0)]
    for line in log.splitlines():
        if not line.startswith(("checkpoint", "going on")):
            text = re.split(r"[:,(=]", line)[0]
            found.append((text, 1 + sum(earlier == text for earlier, _ in found)))
    return found


def stands_still(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] in "TZ"
    except OSError:  # gone meanwhile
        return True


def send(processes, sign):
    for process in processes:
        try:
            os.kill(process, sign)
        except ProcessLookupError:
            pass


class Running:
    """A run in the background, all of whose processes can be found."""

    def __init__(self, folder, *command, environment=None):
        self.mark = f"fault-{uuid.uuid4()}"
        self.log_path = folder / f"log-{self.mark}"
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(list(map(str, command)), cwd=folder, stdout=subprocess.DEVNULL, stderr=log,
                                            env=os.environ | {"FLEETSNE_TEST_MARK": self.mark} | (environment or {}))

    def log(self):
        return self.log_path.read_text(errors="replace")

    def processes(self):
        return processes_with(self.mark)

    def ranks(self):
        """Ids of the processes of the program itself."""
        found = []
        for process in self.processes():
            try:
                if os.path.samefile(f"/proc/{process}/exe", PROGRAM):
                    found.append(process)
            except OSError:
                continue
        return sorted(found)

    def wait_for(self, what, limit=300):
        """False if the run has ended before."""
        deadline = time.monotonic() + limit
        while not what():
            if self.process.poll() is not None:
                return False
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not come to that in {limit} s:\n{self.log()}")
            time.sleep(0.002)
        return True

    def hold(self, out, what):
        """Lets the ranks stand still in a moment when `what` holds and nothing below `out` is being written."""
        while self.wait_for(lambda: len(self.ranks()) == int(RANKS) and what()):
            send(self.ranks(), signal.SIGSTOP)
            while not all(map(stands_still, self.ranks())):
                time.sleep(0.001)
            if what() and not list(out.rglob("*.partial")):
                return
            self.go_on()
            time.sleep(0.001)
        raise AssertionError(f"it ended before it came to that:\n{self.log()}")

    def go_on(self):
        send(self.ranks(), signal.SIGCONT)

    def finish(self, limit=300):
        """Exit code of a run that ends by itself."""
        return self.process.wait(timeout=limit)

    def end(self, limit=GONE_WITHIN):
        """Exit code, and seconds from now until it and all processes were gone."""
        began = time.monotonic()
        try:
            code = self.process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it has not ended after {limit} s:\n{self.log()}") from None
        while self.processes():
            if time.monotonic() - began > limit:
                raise AssertionError(f"processes are left after {limit} s: {self.processes()}\n{self.log()}")
            time.sleep(0.02)
        return code, time.monotonic() - began

    def clear(self):
        for process in [*self.processes(), self.process.pid]:
            try:
                if self.process.poll() is None or process != self.process.pid:
                    os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()


class FaultTest(EndToEnd):
    """`shared` has the input and the result of a run without a fault; every test a folder with links to the input."""

    RUN = RUN
    OUTPUT = ""  # the file in the output folder that --output names, if it names one
    needs_whole = True

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="fleetsne-faults-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        generate = [MPIEXEC, "-n", "1", PROGRAM, "generate", "--rows", str(POINTS), "--output", cls.shared / "cells.npy"]
        subprocess.run(generate, check=True, capture_output=True)
        cls.input_sums = {name: hashlib.sha256((cls.shared / name).read_bytes()).hexdigest()
                          for name in ("cells.npy", "cells-labels.npy")}
        if cls.needs_whole:
            cls.run_whole()

    @classmethod
    def run_whole(cls):
        (cls.shared / "whole").mkdir()
        running = Running(cls.shared, MPIEXEC, "-n", RANKS, PROGRAM, *cls.RUN, "--output", cls.shared / "whole" / cls.OUTPUT)
        seen, last = [("", 0)], time.monotonic()
        cls.phases = []  # what the log says when it begins, how often it has said so then, and the seconds it takes
        while running.process.poll() is None:
            if (fresh := milestones(running.log())) != seen:
                cls.phases.append((*seen[-1], time.monotonic() - last))
                seen, last = fresh, time.monotonic()
            time.sleep(0.002)
        cls.phases.append((*seen[-1], time.monotonic() - last))
        if running.process.returncode != 0:
            raise AssertionError(running.log())
        cls.whole = cls.result_in(cls.shared / "whole")
        cls.files = sorted(sums(cls.shared / "whole"))

    def setUp(self):
        super().setUp()
        for name in self.input_sums:
            os.symlink(self.shared / name, self.folder / name)
        self.write_to(self.out)

    def write_to(self, folder):
        """The next runs write there."""
        self.out = folder
        self.kept = folder / (f"{self.OUTPUT}.checkpoint" if self.OUTPUT else "checkpoint")

    @classmethod
    def result_in(cls, folder):
        return np.load(folder / "embedding.npy")

    def has_result(self):
        return (self.out / "report.json").exists() and self.report()["exit_code"] == 0

    def start(self, *arguments, ranks=RANKS):
        running = Running(self.folder, MPIEXEC, "-n", ranks, PROGRAM, *self.RUN, "--output", self.out / self.OUTPUT, *arguments)
        self.addCleanup(running.clear)
        return running

    def stopped_run(self):
        """Makes `out` the folder of a run that was stopped, with two checkpoints."""
        running = self.start(*OFTEN)
        self.assertTrue(running.wait_for(lambda: len(self.states()) == 2), running.log())
        running.process.send_signal(signal.SIGUSR2)
        self.assertEqual(running.end()[0], 75, running.log())

    def assert_one_message(self, log, *parts):
        self.assertEqual(log.count("fleetsne: error:"), 1, log)
        for part in parts:
            self.assertIn(part, log)

    def states(self):
        return sorted(self.kept.glob("state-*.h5"))

    def assert_inputs_untouched(self):
        for name, wanted in self.input_sums.items():
            self.assertEqual(hashlib.sha256((self.shared / name).read_bytes()).hexdigest(), wanted)

    def assert_all_files_whole(self, log=""):
        """What bears a name that others look for is complete."""
        hdf5 = []
        for path in self.out.rglob("*") if self.out.exists() else []:
            if not path.is_file() or ".partial" in path.name or path.name == "results-begun":
                continue
            if path.suffix == ".npy":
                self.assertEqual(np.load(path).shape, (POINTS, 2), path)
            elif path.suffix in (".h5", ".h5ad"):
                hdf5.append(path)
            elif path.suffix == ".png":
                self.assertTrue(path.read_bytes().endswith(b"IEND\xaeB`\x82"), path)
            elif path.suffix == ".json":
                json.loads(path.read_text())
            elif path.suffix == ".html":
                self.assertTrue(path.read_text().rstrip().endswith("</html>"), path)
            else:
                self.fail(f"{path} is of no kind that is known\n{log}")
        if hdf5:
            told = subprocess.run([PROGRAM, "info", "--json", *hdf5], text=True, capture_output=True)
            self.assertEqual(told.returncode, 0, told.stderr)
            self.assertEqual([json.loads(line)["complete"] for line in told.stdout.splitlines()], [True] * len(hdf5))

    def assert_goes_on_to_the_same(self, *arguments):
        done = self.run_program(*self.RUN, "--output", self.out / self.OUTPUT, "--resume", "auto", "--checkpoint.minutes", "0",
                                *arguments, limit=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        np.testing.assert_array_equal(self.result_in(self.out), self.whole)
        self.assertEqual(sorted(str(path.relative_to(self.out)) for path in self.out.rglob("*") if path.is_file()), self.files)
        return done
