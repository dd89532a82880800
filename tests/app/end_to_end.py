"""The program from outside: what users type, what they get, and what is left behind.

Usage: end_to_end.py PROGRAM MPIEXEC RANKS TEST_CLASS
"""
import json
import os
import pathlib
import pty
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy as np

from launcher import ENDS_AT_ONCE

PROGRAM, MPIEXEC, RANKS = sys.argv[1], sys.argv[2], int(sys.argv[3])
# More in builds that are slow, such as the asan preset's.
PATIENCE = float(os.environ.get("FLEETSNE_TEST_TIMEOUT_FACTOR", 1))
FEW_ITERATIONS = ["--iterations", "20", "--early-iterations", "20", "--optimize.kl-every", "10"]
# A checkpoint at every occasion: the first ones are there at once, and the run goes on for long.
OFTEN = ["--checkpoint.minutes", "0.00001"]
FILES = ["embedding.h5ad", "embedding.npy", "embedding.png", "report.html", "report.json"]


def stage_names(report):
    return [stage["name"] for stage in report["stages"]]


class EndToEnd(unittest.TestCase):
    """A folder with small inputs for every test; `out` in it does not exist yet."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fleetsne-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.out = self.folder / "out"
        generator = np.random.default_rng(1)
        self.labels = np.repeat(np.arange(3), 70).astype(np.uint8)
        centers = 10 * generator.standard_normal((3, 8))
        self.rows = (centers[self.labels] + generator.standard_normal((210, 8))).astype(np.float32)
        np.save(self.folder / "rows.npy", self.rows)
        np.save(self.folder / "labels.npy", self.labels)

    def run_program(self, *arguments, ranks=RANKS, limit=60, environment=None, program=PROGRAM, user=()):
        began = time.monotonic()
        done = subprocess.run([*user, MPIEXEC, "-n", str(ranks), program, *map(str, arguments)], cwd=self.folder,
                              text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=limit * PATIENCE, env=os.environ | ENDS_AT_ONCE | (environment or {}))
        done.seconds = time.monotonic() - began
        return done

    def embed(self, *arguments, **options):
        return self.run_program("embed", *arguments, "--output", self.out, *FEW_ITERATIONS, **options)

    def mount_small(self, folder, size):
        """Makes `folder` a file system of so little room. False where none can be mounted."""
        folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
                                 capture_output=True).returncode == 0
        if mounted:
            self.addCleanup(subprocess.run, ["umount", "-l", folder])
        return mounted

    def assert_succeeds(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("fleetsne: error", done.stderr)

    def assert_refused(self, done, code, *parts):
        """One message with these parts, this exit code, quickly."""
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("fleetsne: error:"), 1, done.stderr)
        self.assertEqual(done.stdout, "")
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertLess(done.seconds, 30 * PATIENCE)

    def assert_nothing_left(self, before):
        self.assertEqual(before, self.listing())

    def listing(self):
        return sorted(str(path) for path in self.folder.rglob("*"))

    def refuse(self, code, *parts, arguments, **options):
        before = self.listing()
        done = self.embed(*arguments, **options)
        self.assert_refused(done, code, *parts)
        self.assert_nothing_left(before)
        return done

    def report(self):
        return json.loads((self.out / "report.json").read_text())


class Accepted(EndToEnd):
    """What looks odd but is no error."""

    def embed_rows(self, rows, *arguments):
        np.save(self.folder / "odd.npy", rows.astype(np.float32))
        self.assert_succeeds(self.embed("odd.npy", *arguments))
        embedding = np.load(self.out / "embedding.npy")
        self.assertEqual(embedding.shape, (len(rows), 2))
        self.assertTrue(np.isfinite(embedding).all())

    def test_constant_columns(self):
        self.embed_rows(np.hstack([self.rows, np.full((210, 3), 7)]))

    def test_all_columns_constant(self):
        self.embed_rows(np.full((210, 5), 3), "--perplexity", "10")

    def test_exact_duplicates(self):
        self.embed_rows(np.repeat(self.rows[:30], 7, axis=0))

    def test_more_neighbors_than_distinct_points(self):
        self.embed_rows(np.repeat(self.rows[:4], 50, axis=0), "--perplexity", "20")

    def test_one_column(self):
        self.embed_rows(self.rows[:, :1])
        self.assertGreater(np.load(self.out / "embedding.npy").std(axis=0).min(), 0)

    def test_the_smallest_picture(self):
        self.embed_rows(self.rows, "--plot.size", "100")

    def test_as_few_rows_as_there_can_be(self):
        self.embed_rows(self.rows[:4], "--perplexity", "1")

    def test_more_threads_than_rows_can_use(self):
        self.embed_rows(self.rows[:12], "--perplexity", "2", "--threads", "8")

    def test_backends_metrics_starts_and_repulsions(self):
        for option in (["--backend", "hnsw"], ["--metric", "cosine"], ["--init", "random"], ["--init", "columns"],
                       ["--optimize.repulsion", "grid"], ["--optimize.repulsion", "exact"], ["--pca", "3"],
                       ["--early-iterations", "0"], ["--learning-rate", "n/12"], ["--affinity.kind", "uniform"],
                       ["--affinity.kind", "uniform", "--neighbors", "3"]):
            with self.subTest(option):
                self.embed_rows(self.rows, *option, "--force")


class Result(EndToEnd):
    def test_files_and_report(self):
        done = self.embed("rows.npy", "--labels", "labels.npy", "--perplexity", "10")
        self.assert_succeeds(done)
        self.assertEqual(sorted(os.listdir(self.out)), FILES)
        self.assertIn(str(self.out / "embedding.png"), done.stdout)
        self.assertRegex(done.stdout, r"RESULT points=210 .*kl=[0-9.]+ recall=[0-9.]+")
        report = json.loads((self.out / "report.json").read_text())
        self.check_report(report)
        embedding = np.load(self.out / "embedding.npy")
        self.assertEqual(embedding.dtype, np.float32)
        with h5py.File(self.out / "embedding.h5ad") as file:
            np.testing.assert_array_equal(file["obsm/X_tsne"][:], embedding)
        # In the input's order: the three clusters that lie far apart in the input do so here.
        means = np.array([embedding[self.labels == c].mean(axis=0) for c in range(3)])
        nearest = np.argmin(((embedding[:, None] - means) ** 2).sum(axis=2), axis=1)
        self.assertGreater((nearest == self.labels).mean(), 0.95)

    def check_report(self, report):
        self.assertEqual(report["ranks"], RANKS)
        self.assertEqual(report["points"], 210)
        self.assertEqual(report["exit_code"], 0)
        self.assertNotIn("error", report)
        self.assertGreaterEqual(report["threads"], 1)
        self.assertEqual(report["config"]["affinity"]["perplexity"], 10)
        self.assertRegex(report["version"], r"^\d+\.\d+\.\d+")
        self.assertEqual(stage_names(report),
                         ["read", "labels", "init", "partition", "neighbors", "affinity", "optimize", "write"])
        for stage in report["stages"]:
            for key in ("wall_seconds", "user_seconds", "system_seconds"):
                self.assertGreaterEqual(stage[key], 0)
            for key in ("bytes_sent", "bytes_received", "messages"):
                self.assertEqual(len(stage[key]), RANKS)
        self.assertEqual(len(report["peak_memory_bytes"]), RANKS)
        self.assertGreaterEqual(report["neighbors"]["recall"], 0.99)
        for key in ("distance_evaluations", "ranks_searched_mean", "ranks_searched_max"):
            self.assertGreater(report["neighbors"][key], 0)
        for key in ("routing_evaluations", "routing_seconds"):
            self.assertEqual(report["neighbors"][key], 0)  # 210 points are searched by brute force
        self.assertGreaterEqual(report["affinity"]["edges"], 210 * 30)
        self.assertGreater(report["affinity"]["bytes_per_edge"], 3)
        self.assertEqual(report["affinity"]["value_bits"], 16)
        self.assertGreater(report["optimize"]["kl"], 0)
        self.assertEqual([point["iteration"] for point in report["optimize"]["kl_curve"]], [10, 20, 30, 40])
        for key in ("bytes_per_rank_iteration", "ghosts_max"):
            self.assertGreaterEqual(report["optimize"][key], 0)
        self.assertEqual(set(report["optimize"]["bytes_per_rank_iteration_by_kind"]), {"ghosts", "grid", "transposes"})
        self.assertIn("rows", report["optimize"]["grid"])
        for key in ("points", "edges"):
            self.assertGreaterEqual(report["imbalance"][key], 1)

    def test_every_stage_in_its_order(self):
        np.save(self.folder / "start.npy", self.rows[:, :2])
        self.assert_succeeds(self.embed("rows.npy", "--labels", "labels.npy", "--init", "file", "--init-file", "start.npy",
                                        "--pca", "3", "--metric", "cosine"))
        self.assertEqual(stage_names(self.report()),
                         ["read", "labels", "read_init", "reduce", "init", "normalize", "partition", "neighbors",
                          "affinity", "optimize", "write"])

    def test_seconds_are_those_of_the_whole_run(self):
        done = self.embed("rows.npy")
        self.assert_succeeds(done)
        seconds = self.report()["wall_seconds"]
        self.assertIn(f"seconds={seconds:.2f}", done.stdout)
        self.assertLess(seconds, done.seconds)
        self.assertGreaterEqual(seconds, max(stage["wall_seconds"] for stage in self.report()["stages"]))

    def test_the_start_is_made_of_the_rows_as_they_were_given(self):
        for metric in ("euclidean", "cosine"):
            with self.subTest(metric):
                self.assert_succeeds(self.run_program(
                    "embed", "rows.npy", "--output", self.out, "--force", "--init", "columns", "--metric", metric,
                    "--iterations", "0", "--early-iterations", "0"))
                columns = self.rows[:, :2] - self.rows[:, :2].mean(axis=0)
                np.testing.assert_allclose(np.load(self.out / "embedding.npy"), columns * (1e-4 / columns[:, 0].std()),
                                           rtol=1e-3, atol=1e-8)

    def test_bytes_that_are_no_utf8_lose_no_run(self):
        odd = os.fsdecode(b"caf\xe9")
        for name in ("rows", "labels"):
            shutil.copy(self.folder / f"{name}.npy", self.folder / f"{odd}-{name}.npy")
        self.out = self.folder / odd
        self.assert_succeeds(self.embed(f"{odd}-rows.npy", "--labels", f"{odd}-labels.npy", "--title", odd))
        self.assertEqual(sorted(os.listdir(self.out)), FILES)
        self.assertEqual(self.report()["config"]["plot"]["title"], "caf\ufffd")
        self.assertEqual(self.report()["config"]["input"]["files"], ["caf\ufffd-rows.npy"])

    def test_names_of_anndata_rows_are_kept(self):
        with h5py.File(self.folder / "cells.h5ad", "w") as file:
            file["obsm/X_pca"] = self.rows
            file["obs/names"] = [f"cell {i}" for i in range(210)]
            file["obs"].attrs["_index"] = "names"
        self.assert_succeeds(self.embed("rows.npy", "cells.h5ad"))
        with h5py.File(self.out / "embedding.h5ad") as file:
            names = file["obs/_index"].asstr()[:]
        self.assertEqual(list(names[[0, 209, 210, 419]]), ["0", "209", "cell 0", "cell 209"])

    def test_failed_run_by_force_is_no_success(self):
        self.assert_succeeds(self.embed("rows.npy"))
        first = np.load(self.out / "embedding.npy")
        done = self.embed("rows.npy", "--force", "--learning-rate", "1e300", "--optimize.max-step-norm", "1e300")
        self.assert_refused(done, 5)
        self.assertEqual(self.report()["exit_code"], 5)
        self.assertEqual(self.report()["files"], [])
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), first)

    def test_failed_writing_by_force_is_no_success(self):
        self.assert_succeeds(self.embed("rows.npy"))
        (self.out / "embedding.png").unlink()
        (self.out / "embedding.png" / "in the way").mkdir(parents=True)
        self.assert_refused(self.embed("rows.npy", "--force"), 4, "embedding.png")
        report = self.report()
        self.assertEqual(report["exit_code"], 4)
        self.assertEqual([pathlib.Path(file).name for file in report["files"]], ["embedding.h5ad", "embedding.npy"])

    def test_refused_run_by_force_leaves_the_earlier_one(self):
        self.assert_succeeds(self.embed("rows.npy"))
        before = {file: (self.out / file).read_bytes() for file in FILES}
        self.assert_refused(self.embed("rows.npy", "--force", "--labels", "nowhere.npy"), 3)
        self.assertEqual({file: (self.out / file).read_bytes() for file in FILES}, before)

    def test_input_that_fails_after_reading_leaves_a_report(self):
        rows = self.rows.copy()
        rows[11] = 0  # has no direction
        np.save(self.folder / "zero.npy", rows)
        done = self.embed("zero.npy", "--metric", "cosine")
        self.assert_refused(done, 3, "11")
        self.assertEqual(sorted(os.listdir(self.out)), ["report.html", "report.json"])
        self.assertEqual(self.report()["exit_code"], 3)
        self.assertIn(self.report()["error"], done.stderr)
        self.assertEqual(stage_names(self.report()), ["read"])

    def test_log_that_cannot_be_written_ends_no_run(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "embed", "rows.npy", "--output", self.out, *FEW_ITERATIONS], cwd=self.folder,
                                  text=True, stdout=subprocess.PIPE, stderr=full, timeout=60 * PATIENCE)
        self.assertEqual(done.returncode, 0)
        self.assertIn("RESULT ", done.stdout)
        self.assertEqual(sorted(os.listdir(self.out)), FILES)

    def test_result_that_cannot_be_printed_is_an_error(self):
        for arguments in (["embed", "rows.npy", "--output", self.out, *FEW_ITERATIONS], ["--version"], ["--help"]):
            with self.subTest(arguments[0]), open("/dev/full", "w") as full:
                done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, text=True, stdout=full,
                                      stderr=subprocess.PIPE, timeout=60 * PATIENCE)
                self.assertEqual(done.returncode, 4)
                self.assertIn("fleetsne: error: the standard output cannot be written (No space left", done.stderr)
        self.assertEqual(sorted(os.listdir(self.out)), FILES)

    def test_force_writes_over_a_result(self):
        self.assert_succeeds(self.embed("rows.npy"))
        first = np.load(self.out / "embedding.npy")
        self.assert_refused(self.embed("rows.npy", "--perplexity", "5"), 2, "--force")
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), first)
        self.assert_succeeds(self.embed("rows.npy", "--perplexity", "5", "--force"))
        self.assertFalse((np.load(self.out / "embedding.npy") == first).all())
        self.assertEqual(sorted(os.listdir(self.out)), FILES)

    def test_same_run_twice_gives_the_same_bytes(self):
        self.assert_succeeds(self.embed("rows.npy", "--threads", "2"))
        first = (self.out / "embedding.npy").read_bytes()
        self.assert_succeeds(self.embed("rows.npy", "--threads", "2", "--force"))
        self.assertEqual((self.out / "embedding.npy").read_bytes(), first)

    def test_every_kind_of_file_makes_the_same_embedding(self):
        rows = self.rows.astype("<f4")
        lengths = np.full((len(rows), 1), rows.shape[1], dtype="<i4")
        np.hstack([lengths.view("<f4"), rows]).tofile(self.folder / "rows.fvecs")
        (self.folder / "rows.fbin").write_bytes(struct.pack("<2I", *rows.shape) + rows.tobytes())
        with h5py.File(self.folder / "ann.hdf5", "w") as file:
            file["train"], file["test"] = rows, rows[:7]
        self.assert_succeeds(self.embed("rows.npy"))
        expected = (self.out / "embedding.npy").read_bytes()
        for name in ["rows.fvecs", "rows.fbin", "ann.hdf5"]:
            self.assert_succeeds(self.embed(name, "--force"))
            self.assertEqual((self.out / "embedding.npy").read_bytes(), expected, name)

    def test_the_distance_that_an_ann_benchmarks_file_names(self):
        for distance, metric, told in (("angular", "euclidean", "angular distance, and --metric is euclidean. If the file is right, "
                                        "give --metric cosine"), ("angular", "cosine", ""), ("euclidean", "euclidean", ""),
                                       ("jaccard", "cosine", "There is no --metric for it"), ("else", "cosine", "")):
            with self.subTest(distance=distance, metric=metric):
                with h5py.File(self.folder / "ann.hdf5", "w") as file:
                    file["train"], file["test"] = self.rows, self.rows[:7]
                    file.attrs["distance"] = distance
                done = self.embed("ann.hdf5", "--metric", metric, "--force")
                self.assert_succeeds(done)
                self.assertEqual(done.stderr.count("warning: the input says"), 1 if told else 0, done.stderr)
                self.assertIn(told, done.stderr)

    def test_start_from_an_earlier_embedding(self):
        self.assert_succeeds(self.embed("rows.npy"))
        earlier = self.out / "embedding.npy"
        self.out = self.folder / "continued"
        self.assert_succeeds(self.embed("rows.npy", "--init", "file", "--init-file", earlier))

    def test_dumped_config_makes_the_same_run(self):
        arguments = ["rows.npy", "--labels", "labels.npy", "--perplexity", "12", "--learning-rate", "n/12"]
        dumped = self.embed(*arguments, "--dump-config")
        self.assert_succeeds(dumped)
        self.assertFalse(self.out.exists())
        (self.folder / "run.cfg").write_text(dumped.stdout)
        again = self.run_program("embed", "--config", "run.cfg", "--dump-config")
        self.assert_succeeds(again)
        self.assertEqual(again.stdout, dumped.stdout)
        self.assert_succeeds(self.embed(*arguments))
        first = (self.out / "embedding.npy").read_bytes()
        self.assert_succeeds(self.run_program("embed", "--config", "run.cfg", "--force"))
        self.assertEqual((self.out / "embedding.npy").read_bytes(), first)

    def test_dry_run_tells_memory_and_time_and_leaves_nothing(self):
        before = self.listing()
        for ranks in (1, RANKS):
            done = self.embed("rows.npy", "--perplexity", "10", "--dry-run", ranks=ranks)
            self.assert_succeeds(done)
            stages = [line.split()[0] for line in done.stdout.splitlines()[:-2]]
            self.assertEqual(stages, ["read", "init", "partition", "neighbors", "affinity", "optimize", "write"])
            result = dict(word.split("=") for word in done.stdout.splitlines()[-1].split()[1:])
            self.assertEqual(result["ranks"], str(ranks))
            self.assertGreater(float(result["seconds"]), 0)
            self.assertGreater(int(result["peak_memory_bytes"]), 10_000_000)
            self.assertGreater(int(result["available_bytes"]), int(result["peak_memory_bytes"]))
        self.assertEqual(self.listing(), before)

    def test_dry_run_finds_what_a_run_would_refuse(self):
        self.refuse(3, "nothing.npy", arguments=["nothing.npy", "--dry-run"])
        self.refuse(2, "--perplexity", arguments=["rows.npy", "--perplexity", "100000", "--dry-run"])

    def test_dry_run_refuses_what_no_memory_can_hold(self):
        rows, columns = 5_000_000_000, 50  # 250 gigabytes: a hole after the header
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows}, {columns}), }}".ljust(117) + "\n"
        with open(self.folder / "hole.npy", "wb") as file:
            file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
            file.truncate(10 + len(header) + rows * columns)
        self.refuse(2, f"do not fit {RANKS} ranks", "GiB a rank, and a rank can have", "Start ", "ranks or more",
                    arguments=["hole.npy", "--dry-run"])

    def test_failure_after_reading_leaves_a_report(self):
        done = self.embed("rows.npy", "--learning-rate", "1e300", "--optimize.max-step-norm", "1e300")
        self.assert_refused(done, 5)
        self.assertEqual(sorted(os.listdir(self.out)), ["report.html", "report.json"])
        report = json.loads((self.out / "report.json").read_text())
        self.assertEqual(report["exit_code"], 5)
        self.assertIn(report["error"], done.stderr)
        self.assertEqual(report["stages"][-1]["name"], "optimize")
        self.assertIn("neighbors", report)
        # Such a report is no result that needs --force.
        self.assert_succeeds(self.embed("rows.npy"))

    def test_quiet_says_nothing_but_the_result(self):
        done = self.embed("rows.npy", "--quiet")
        self.assert_succeeds(done)
        self.assertEqual(done.stderr, "")
        self.assertIn("RESULT ", done.stdout)

    def run_on_terminal(self, *arguments, ranks=RANKS):
        """What a person sees: the program's stderr is a terminal."""
        terminal, end = pty.openpty()
        with subprocess.Popen([MPIEXEC, "-n", str(ranks), PROGRAM, *map(str, arguments)], cwd=self.folder,
                              stdout=subprocess.DEVNULL, stderr=end) as process:
            os.close(end)
            shown = b""
            try:
                while piece := os.read(terminal, 65536):
                    shown += piece
            except OSError:  # the last who wrote to it is gone
                pass
            os.close(terminal)
            code = process.wait(60)
        return code, shown.decode()

    def test_terminal_shows_bars_with_the_time_left(self):
        # One rank and thread, and many neighbours: these phases take longer than the 0.2 s after which a bar is drawn.
        np.save(self.folder / "many.npy", np.random.default_rng(2).standard_normal((12000, 100)).astype(np.float32))
        code, shown = self.run_on_terminal("embed", "many.npy", "--output", self.out, "--backend", "hnsw", "--threads", "1",
                                           "--perplexity", "400", "--iterations", "100", "--early-iterations", "0", ranks=1)
        self.assertEqual(code, 0, shown)
        for phase in ("neighbours", "iterations"):
            with self.subTest(phase):
                self.assertRegex(shown, r"\r\x1b\[K" + phase + r" \[#*\.*\] +\d+ %  (\d+:\d\d|\?) left")
                self.assertRegex(shown, r"(\n|\r\x1b\[K)" + phase + r": \d+\.\d\d s\r\n")

    def test_error_does_not_stick_to_a_bar(self):
        np.save(self.folder / "many.npy", np.random.default_rng(2).standard_normal((6000, 20)).astype(np.float32))
        code, shown = self.run_on_terminal("embed", "many.npy", "--output", self.out, "--backend", "hnsw",
                                           "--learning-rate", "1e300", "--optimize.max-step-norm", "1e300")
        self.assertEqual(code, 5, shown)
        self.assertRegex(shown, r"(\n|\r\x1b\[K)fleetsne: error:")

    def test_plain_log_has_no_control_characters(self):
        done = self.embed("rows.npy")
        self.assertNotRegex(done.stderr, r"[\r\x1b]")
        self.assertIn(f"{RANKS} rank", done.stderr)

    def test_threads_come_from_the_option(self):
        self.assert_succeeds(self.embed("rows.npy", "--threads", "2"))
        self.assertEqual(json.loads((self.out / "report.json").read_text())["threads"], 2)


class Generated(EndToEnd):
    """fleetsne generate, and what embed makes of it."""
    SMALL = ["generate", "--rows", "3000", "--columns", "20", "--clusters", "12", "--seed", "4"]

    def test_generated_rows_are_embedded(self):
        done = self.run_program(*self.SMALL, "--output", "made/cells.npy")
        self.assert_succeeds(done)
        self.assertIn("made/cells-labels.npy", done.stdout)
        self.assertRegex(done.stdout, rf"RESULT rows=3000 columns=20 clusters=12 ranks={RANKS} threads=\d+ seconds=[0-9.]+")
        self.assertEqual(sorted(os.listdir(self.folder / "made")), ["cells-labels.npy", "cells.npy"])
        rows, labels = np.load(self.folder / "made/cells.npy"), np.load(self.folder / "made/cells-labels.npy")
        self.assertEqual((rows.shape, rows.dtype), ((3000, 20), np.float32))
        self.assertEqual((labels.shape, labels.dtype), ((3000,), np.int32))
        self.assertTrue(np.isfinite(rows).all())
        self.assertLessEqual(set(labels), set(range(12)))
        self.assert_succeeds(self.embed("made/cells.npy", "--labels", "made/cells-labels.npy"))
        self.assertEqual(self.report()["points"], 3000)

    def test_ranks_and_threads_make_the_same_bytes(self):
        made = []
        for ranks, threads in ((1, 1), (1, 2), (2, 1), (3, 2), (4, 1)):
            self.assert_succeeds(self.run_program(*self.SMALL, "--threads", threads, "--output", "cells.npy", "--force",
                                                  ranks=ranks))
            made.append([(self.folder / name).read_bytes() for name in ("cells.npy", "cells-labels.npy")])
        self.assertTrue(all(files == made[0] for files in made))

    def test_dumped_config_makes_the_same_rows(self):
        dumped = self.run_program(*self.SMALL, "--output", "cells.npy", "--dump-config")
        self.assert_succeeds(dumped)
        (self.folder / "cells.cfg").write_text(dumped.stdout)
        self.assert_succeeds(self.run_program(*self.SMALL, "--output", "cells.npy"))
        self.assert_succeeds(self.run_program("generate", "--config", "cells.cfg", "--output", "again.npy"))
        self.assertEqual((self.folder / "again.npy").read_bytes(), (self.folder / "cells.npy").read_bytes())

    def test_bad_options(self):
        for parts, arguments in (
                (["--output"], []),
                (["--rows is 0"], ["--rows", "0", "--output", "x.npy"]),
                (["2 problems", "--noise is 2", "--clusters is 0"],
                 ["--noise", "2", "--clusters", "0", "--output", "x.npy"]),
                (["x.txt", ".npy"], ["--output", "x.txt"]),
                (["Did you mean --rows?"], ["--row", "5", "--output", "x.npy"]),
                (["stands alone"], ["x.npy", "--output", "y.npy"]),
                (["rows.npy", "--force"], ["--output", "rows.npy"])):
            with self.subTest(parts):
                before = self.listing()
                self.assert_refused(self.run_program("generate", *arguments), 2, *parts)
                self.assert_nothing_left(before)

    def test_disk_without_room_is_told_at_once_and_nothing_is_left(self):
        before = self.listing()
        self.assert_refused(self.run_program("generate", "--rows", "100000000000", "--output", "huge/x.npy"), 4,
                            "huge/x")
        self.assert_nothing_left(before)


class Information(EndToEnd):
    def test_version_and_every_report_name_the_libraries(self):
        done = self.run_program("--version")
        self.assert_succeeds(done)
        lines = dict(line.split(" ", 1) for line in done.stdout.splitlines())
        self.assertRegex(lines.pop("fleetsne"), r"^\d+\.\d+\.\d+$")
        self.assertTrue(lines.pop("built").startswith("for the CPU "))
        self.assertEqual(sorted(lines), ["boost", "compiler", "eigen", "fftw", "fmt", "hdf5", "hnswlib", "mpi", "openmp"])
        for name, version in lines.items():
            self.assertRegex(version, r"\d+\.\d+", name)
        few = ["--perplexity", "5", *FEW_ITERATIONS]
        for name, command in (("out/report.json", ["embed", "rows.npy", *few, "--output", "out"]),
                              ("new/report.json", ["transform", "rows.npy", "--into", "out/embedding.h5ad", "--output", "new"]),
                              ("umap/report.json", ["embed", "rows.npy", "--method", "umap", "--epochs", "3", "--output", "umap"]),
                              ("judged.json", ["evaluate", "--data", "rows.npy", "--embedding", "out/embedding.npy",
                                               "--output", "judged.json"])):
            self.assert_succeeds(self.run_program(*command))
            self.assertEqual(json.loads((self.folder / name).read_text())["libraries"], lines, name)
        self.assert_succeeds(self.run_program("affinity", "rows.npy", "--perplexity", "5", "--output", "aff.h5"))
        with h5py.File(self.folder / "aff.h5") as stored:
            self.assertEqual(json.loads(bytes(stored["about"][:]))["about"]["libraries"], lines)
        for file, group in (("out", "tsne"), ("new", "tsne"), ("umap", "umap")):
            with h5py.File(self.folder / file / "embedding.h5ad") as stored:
                said = {name: text.asstr()[()] for name, text in stored["uns"][group]["libraries"].items()}
                self.assertEqual(said, lines, file)
        refused = self.run_program("embed", "rows.npy", *few, "--output", "failed", "--max-wall-time", "0")
        self.assertEqual(refused.returncode, 75)
        self.assertEqual(json.loads((self.folder / "failed/report.json").read_text())["libraries"], lines)

    def test_help_shows_examples_first(self):
        for arguments in (["--help"], ["help"], ["embed", "--help"], ["help", "embed"], ["embed", "-h"],
                          ["generate", "--help"], ["help", "generate"]):
            with self.subTest(arguments):
                done = self.run_program(*arguments)
                self.assert_succeeds(done)
                self.assertEqual(done.stdout.count("Examples:"), 1)
                self.assertEqual(done.stderr, "")

    def test_runs_without_a_launcher(self):
        done = subprocess.run([PROGRAM, "embed", "rows.npy", "--output", self.out, *FEW_ITERATIONS], cwd=self.folder,
                              text=True, capture_output=True, timeout=60 * PATIENCE)
        self.assert_succeeds(done)
        self.assertEqual(sorted(os.listdir(self.out)), FILES)

    def test_no_command(self):
        self.assert_refused(self.run_program(), 2, "no command")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
