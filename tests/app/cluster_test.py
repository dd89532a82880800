"""What README's chapter on clusters says of launchers, cores, locks, memory and the log.

Usage: cluster_test.py PROGRAM MPIEXEC RANKS
"""
import fcntl
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import h5py

from end_to_end import MPIEXEC, PATIENCE, PROGRAM, EndToEnd
from launcher import settings

README = (pathlib.Path(__file__).parents[2] / "README.md").read_text()
CORES = len(os.sched_getaffinity(0))
FEW = ["--perplexity", "10", "--early-iterations", "5", "--iterations", "5"]
# What the tests say to mpirun, and a user does not.
OWN = ["OMP_NUM_THREADS", *settings("oversubscribe", "unbound", "yield", "one-host", "temporary=")]


class Cluster(EndToEnd):
    def launch(self, *words, environment=None):
        """mpirun as a user starts it."""
        plain = {name: value for name, value in os.environ.items() if name not in OWN}
        return subprocess.run([MPIEXEC, *map(str, words)], cwd=self.folder, text=True, capture_output=True, timeout=100,
                              env=plain | (environment or {}))

    def test_more_ranks_than_cores_are_refused_unless_wanted(self):
        refused = self.launch("-n", CORES + 1, PROGRAM, "--version")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("not enough slots", refused.stderr + refused.stdout)
        self.assert_succeeds(self.launch("-n", CORES + 1, "--oversubscribe", PROGRAM, "--version"))

    @unittest.skipIf(CORES < 2, "needs two cores")
    def test_threads_are_the_cores_that_the_launcher_gives(self):
        run = [PROGRAM, "generate", "--rows", "100", "--output", "x.npy", "--force"]
        bound = self.launch("-n", 1, *run)
        self.assertIn("1 rank of 1 thread on 1 host", bound.stderr)
        self.assertRegex(bound.stderr, r"CPUs? of a host stay idle .*mpirun --bind-to none gives them all")
        openmp_binds = ["-x", "OMP_PROC_BIND=close", "-x", "OMP_PLACES=cores"]  # the first thread, too, before main
        for options, threads in ((["--bind-to", "none"], CORES), (["--map-by", "slot:PE=2"], 2),
                                 (["--bind-to", "none", *openmp_binds], CORES)):
            done = self.launch("-n", 1, *options, *run)
            self.assertIn(f"1 rank of {threads} threads on 1 host", done.stderr)
            self.assertNotIn("idle", done.stderr if threads == CORES else "")
        crowded = self.launch("-n", 1, *run, "--threads", "2")
        self.assertIn("2 threads a rank share 1 CPU (--threads sets the threads, and the launcher gave a rank 1 CPU)", crowded.stderr)

    def test_files_that_others_have_locked_are_read(self):
        with h5py.File(self.folder / "rows.h5", "w") as file:
            file["rows"] = self.rows
        self.assert_succeeds(self.run_program("affinity", "rows.h5:/rows", "--perplexity", "10", "--output", "aff.h5"))
        with open(self.folder / "rows.h5", "rb") as rows, open(self.folder / "aff.h5", "rb") as affinities:
            for file in (rows, affinities):
                fcntl.flock(file, fcntl.LOCK_EX)
            self.assert_succeeds(self.run_program("embed", "rows.h5:/rows", *FEW, "--output", "a"))
            self.assert_succeeds(self.run_program("embed", "--affinity", "aff.h5", *FEW, "--output", "b"))
            self.assert_succeeds(self.run_program("info", "aff.h5", "a/embedding.h5ad", ranks=1))
            wanted = {"HDF5_USE_FILE_LOCKING": "TRUE"}
            self.assert_refused(self.run_program("embed", "rows.h5:/rows", *FEW, "--output", "c", environment=wanted), 3,
                                "rows.h5", "unable to lock file")

    @unittest.skipIf(PATIENCE > 1, "a build with sanitizers needs memory of its own")
    def test_memory_is_what_a_dry_run_foretold(self):
        self.assert_succeeds(self.run_program("generate", "--rows", "30000", "--output", "many.npy", ranks=1))
        run = ["embed", "many.npy", "--perplexity", "50", "--early-iterations", "1", "--iterations", "1", "--output", self.out]
        foretold = self.run_program(*run, "--dry-run", ranks=1, limit=120)
        self.assert_succeeds(foretold)
        self.assert_succeeds(self.run_program(*run, ranks=1, limit=120))
        took = max(self.report()["peak_memory_bytes"])
        said = int(re.search(r"peak_memory_bytes=(\d+)", foretold.stdout).group(1))
        self.assertLess(abs(took - said), 0.25 * said, (took, said))

    def test_the_log_is_as_readme_explains_it(self):
        chapter = re.search(r"^### What the log says\n(.*?)^### ", README, re.M | re.S).group(1)

        def shape(line):
            return re.sub(r"\d+(\.\d+)?", "0", re.sub(r"\b(rank|thread|host|CPU)s\b", r"\1", line.strip()))
        shown = {shape(line) for line in re.findall(r"^    (.*)$", chapter, re.M)}
        told = [shape(words) for cell in re.findall(r"^\| (`.*?`) \| ", chapter, re.M) for words in re.findall("`(.*?)`", cell)]
        self.assert_succeeds(self.run_program("generate", "--rows", "3000", "--output", "cells.npy", ranks=1))
        done = self.run_program("embed", "cells.npy", "--perplexity", "15", "--backend", "hnsw", "--early-iterations", "10",
                                "--iterations", "50", "--checkpoint.minutes", "0.01", "--output", self.out, limit=200)
        self.assert_succeeds(done)
        said = {shape(line) for line in done.stderr.splitlines()}
        self.assertEqual([line for line in said - shown if not line.startswith(tuple(told))], [])
        self.assertGreater(len(said), 12)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
