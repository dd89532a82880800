"""What `fleetsne info` tells of files.

Usage: info_test.py PROGRAM MPIEXEC RANKS
"""
import json
import pathlib
import signal
import subprocess
import sys
import time
import unittest

import h5py
import numpy as np

from end_to_end import MPIEXEC, PROGRAM, RANKS, EndToEnd

FILES = pathlib.Path(__file__).resolve().parents[1] / "files"
FEW = ["--perplexity", "10", "--iterations", "40", "--early-iterations", "10"]
DEEP = 200_000 * "[" + 200_000 * "]"


class Info(EndToEnd):
    def told(self, *files):
        done = self.run_program("info", "--json", *files)
        self.assert_succeeds(done)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def assert_all_is_told(self, told):
        """What every file that a run writes has to say."""
        self.assertEqual((told["complete"], told["made of"]), (True, ["rows.npy"]), told)
        self.assertEqual(told["parameters"]["run"], {"seed": 0}, told)
        self.assertIn("checksum", told["checked"])
        for name in ("version", "started"):
            self.assertIn(name, told)
        for section in ("output", "plot", "checkpoint", "input"):
            self.assertNotIn(section, told["parameters"])

    def assert_flips_are_noticed(self, file, *datasets):
        """Of each dataset a byte in its middle, in a copy of the file."""
        for dataset in datasets:
            with h5py.File(file) as whole:
                found = whole[dataset].id
                at = found.get_offset() + found.get_storage_size() // 2
            data = bytearray(file.read_bytes())
            data[at] ^= 0x10
            copy = self.folder / f"flipped-{file.name}"
            copy.write_bytes(data)
            with self.subTest(file.name, dataset=dataset):
                self.assert_refused(self.run_program("info", copy, ranks=1), 3, copy.name)

    def test_everything_that_is_written(self):
        self.assert_succeeds(self.run_program("embed", "rows.npy", *FEW, "--neighbors.save", "nn.h5", "--output", self.out))
        self.assert_succeeds(self.run_program("affinity", "rows.npy", "--perplexity", "10", "--output", "a.h5"))
        self.assert_succeeds(self.run_program("embed", "rows.npy", "--method", "umap", "--epochs", "5", "--output", "umap"))
        stopped = self.run_program("embed", "rows.npy", *FEW, "--max-wall-time", "0", "--output", "stopped")
        self.assertEqual(stopped.returncode, 75)
        kept = sorted((self.folder / "stopped/checkpoint").rglob("*.h5"))
        embedding, affinities, neighbors, umap, report, failed, rows = self.told(
            self.out / "embedding.h5ad", "a.h5", "nn.h5", "umap/embedding.h5ad", self.out / "report.json",
            "stopped/report.json", "rows.npy")
        self.assertEqual((embedding["kind"], embedding["method"], embedding["points"], embedding["dimensions"]),
                         ("embedding", "tsne", 210, 2))
        self.assertEqual((embedding["perplexity"], embedding["ranks"], embedding["made of"], embedding["iterations"]),
                         (10, RANKS, ["rows.npy"], 50))
        self.assertEqual((umap["method"], umap["made of"], umap["parameters"]["umap"]["epochs"]), ("umap", ["rows.npy"], 5))
        self.assertEqual(embedding["parameters"]["optimize"]["early_iterations"], 10)
        self.assertEqual((affinities["kind"], affinities["points"], affinities["input"]), ("affinities", 210, ["rows.npy"]))
        self.assertEqual(affinities["input_digest"], embedding["input_digest"])
        self.assertEqual((neighbors["points"], neighbors["neighbours of each"], neighbors["neighbors"]["recall"]), (210, 30, 1))
        self.assertEqual(neighbors["input_digest"], embedding["input_digest"])
        for file in (embedding, affinities, neighbors, umap):
            self.assert_all_is_told(file)
        self.assertEqual(neighbors["parameters"]["neighbors"]["metric"], "euclidean")
        self.assertEqual((report["complete"], report["points"]), (True, 210))
        self.assertEqual((failed["complete"], failed["exit_code"]), (False, 75))
        self.assertEqual((rows["kind"], rows["rows"], rows["columns"]), ("rows", 210, 8))
        self.assertEqual(len(kept), RANKS)
        for rank, search in enumerate(self.told(*kept)):
            self.assertEqual((search["kind"], search["rank"], search["ranks"], search["complete"]),
                             ("unfinished search for neighbours", rank, RANKS, True))
            self.assertEqual(search["input_digest"], embedding["input_digest"])
            self.assert_all_is_told(search)
        self.assert_flips_are_noticed(self.out / "embedding.h5ad", "obsm/X_tsne", "obsm/tsne_gains")
        self.assert_flips_are_noticed(self.folder / "umap/embedding.h5ad", "obsm/X_umap")
        self.assert_flips_are_noticed(self.folder / "nn.h5", "about", "indices", "distances")
        self.assert_flips_are_noticed(self.folder / "a.h5", "tiles", "bytes", "start")
        with h5py.File(kept[-1]) as file:
            parts = [name for name in file if file[name].shape[0] > 0]
        self.assert_flips_are_noticed(kept[-1], *parts[:2])

    def test_what_stands_in_a_checkpoint(self):
        for method, iterations, name in (("tsne", "--iterations", "iteration"), ("umap", "--epochs", "epoch")):
            out = self.folder / method
            kept = out / "checkpoint"
            with open(self.folder / "log", "w") as log:
                running = subprocess.Popen(
                    [MPIEXEC, "-n", str(RANKS), PROGRAM, "embed", "rows.npy", "--method", method, "--perplexity", "10",
                     iterations, "100000", "--init", "sample", "--sample.size", "150",
                     "--sample.early-iterations", "5", "--sample.iterations", "5", "--checkpoint.minutes", "0.0005",
                     "--output", out], cwd=self.folder, stdout=log, stderr=log)
            try:
                deadline = time.monotonic() + 60
                while len(list(kept.glob("state-*.h5"))) < 2:
                    self.assertLess(time.monotonic(), deadline)
                    self.assertIsNone(running.poll(), (self.folder / "log").read_text())
                    time.sleep(0.01)
            finally:
                running.send_signal(signal.SIGUSR2)
            self.assertEqual(running.wait(timeout=60), 75)
            start, *states = self.told(kept / "start.h5", *sorted(kept.glob("state-*.h5")))
            self.assertEqual((start["kind"], start["points"], start["complete"]), ("start", 210, True))
            self.assertEqual(len(states), 2)
            for file in (start, *states):
                self.assert_all_is_told(file)
                self.assertEqual(file["parameters"]["sample"]["size"], 150)
            for state in states:
                self.assertEqual((state["kind"], state["points"], state["complete"]), ("checkpoint", 210, True))
            self.assertGreater(states[1][name], states[0][name])
            self.assert_flips_are_noticed(kept / "start.h5", "positions")
            matrices = ["positions", "steps", "gains"] if method == "tsne" else ["positions"]
            self.assert_flips_are_noticed(max(kept.glob("state-*.h5")), *matrices)

    def test_a_report_of_no_sense_where_a_result_would_be(self):
        run = ["embed", "rows.npy", *FEW, "--resume", "auto", "--force", "--output", self.out]
        self.assert_succeeds(self.run_program(*run))
        report = (self.out / "report.json").read_text()
        (self.out / "report.json").write_text('{"deep": ' + DEEP + "," + report.lstrip()[1:])
        self.assert_succeeds(self.run_program(*run))
        self.assertNotIn("deep", json.loads((self.out / "report.json").read_text()))

    def test_for_readers(self):
        self.assert_succeeds(self.run_program("affinity", "rows.npy", "--perplexity", "10", "--output", "a.h5"))
        done = self.run_program("info", "a.h5", ranks=1)
        self.assert_succeeds(done)
        lines = [line.split() for line in done.stdout.splitlines()]
        self.assertEqual(lines[0], ["kind", "affinities"])
        self.assertIn(["parameters"], lines)
        self.assertIn("perplexity=10.0", next(line for line in lines if line[0] == "[affinity]"))
        done = self.run_program("info", "rows.npy")
        self.assert_succeeds(done)
        self.assertEqual([line.split() for line in done.stdout.splitlines()],
                         [["kind", "rows"], ["columns", "8"], ["format", "NumPy", ".npy", "1.0"], ["rows", "210"]])
        holes = f"{FILES}/zarr/zarr3_codecs_v3.zarr.zip:holes"
        done = self.run_program("info", holes)
        self.assert_succeeds(done)
        self.assertRegex(done.stdout, "(?m)^warning +.*2 of the 6 chunks of holes are not stored")
        (found,) = self.told(holes)
        self.assertEqual((found["format"], len(found["warnings"])), ("zarr v3, zip", 1))

    def test_what_has_no_checksums(self):
        """Neighbours of other programs, and what earlier versions wrote."""
        def neighbors(name, indices, distances):
            with h5py.File(self.folder / name, "w") as file:
                file["indices"], file["distances"] = indices, distances
            return name
        indices = np.arange(630).reshape(210, 3) % 210
        self.assert_succeeds(self.run_program("embed", "rows.npy", *FEW, "--output", self.out))
        with h5py.File(self.out / "embedding.h5ad", "a") as file:
            del file["uns/tsne/digests"]
        foreign, old = self.told(neighbors("nn.h5", indices, np.ones((210, 3), "f4")), self.out / "embedding.h5ad")
        for file in (foreign, old):
            self.assertTrue(file["complete"])
            self.assertIn("no checksums", file["checked"])
        self.assertNotIn("made of", foreign)
        self.assert_refused(self.run_program("info", neighbors("nan.h5", indices, np.full((210, 3), np.nan))), 3, "nan.h5")
        self.assert_refused(self.run_program("info", neighbors("far.h5", indices + 2, np.ones((210, 3)))), 3, "far.h5")

    def test_what_the_report_beside_it_knows(self):
        self.assert_succeeds(self.run_program("embed", "rows.npy", *FEW, "--snapshot.every", "30", "--output", self.out))
        snapshot = min((self.out / "snapshots").glob("*.npy"))
        kinds = {"embedding.npy": "embedding", "embedding.png": "picture", "report.html": "page of a report",
                 snapshot.relative_to(self.out): "embedding"}
        for (name, kind), told in zip(kinds.items(), self.told(*(self.out / name for name in kinds))):
            self.assertEqual((told["kind"], told["complete"], told["points"], told["made of"]), (kind, True, 210, ["rows.npy"]), name)
            self.assertEqual(told["parameters"]["affinity"]["perplexity"], 10)
            self.assertIn("version", told)
        for name in ("embedding.npy", "embedding.png", "report.html"):
            whole = (self.out / name).read_bytes()
            (self.out / name).write_bytes(whole[:-30])
            self.assert_refused(self.run_program("info", self.out / name), 3, name)
            (self.out / name).write_bytes(whole)
        np.save(self.out / "embedding.npy", np.zeros((7, 2), np.float32))
        self.assert_refused(self.run_program("info", self.out / "embedding.npy"), 3, "has 7 rows", "210")
        (self.out / "other.npy").write_bytes((self.folder / "rows.npy").read_bytes())
        (other,) = self.told(self.out / "other.npy")
        self.assertEqual(other["kind"], "rows")

    def test_measures_and_parts_of_sweeps(self):
        (self.folder / "s.cfg").write_text("[input]\nfiles = rows.npy\n[optimize]\niterations = 5\n[grid]\nperplexity = 5\n")
        self.assert_succeeds(self.run_program("sweep", "s.cfg", "--output", "s"))
        self.assert_succeeds(self.run_program("evaluate", "--data", "rows.npy", "--embedding",
                                              "s/rows/perplexity-5/embedding.npy", "--output", "q.json"))
        row, measures = self.told("s/rows/perplexity-5.json", "q.json")
        self.assertEqual((row["state"], row["attempts"], row["complete"]), ("done", 1, True))
        self.assertEqual((measures["kind"], measures["made of"], measures["points"]),
                         ("measures of embeddings", ["s/rows/perplexity-5/embedding.npy"], 210))

    def test_what_is_none(self):
        (self.folder / "notes.txt").write_text("words")
        self.assert_refused(self.run_program("info", "notes.txt"), 3, "notes.txt")
        self.assert_refused(self.run_program("info", "nowhere.h5"), 3, "nowhere.h5")
        self.assert_refused(self.run_program("info"), 2, "no file was given")
        for text in ('{"exit_code": 0, "stages": [], "files": ' + DEEP + "}", '{"exit_code": 0, "stages": ' + DEEP + "}",
                     '{"exit_code": 0, "stages": [], "error": ' + 101 * '{"a":' + "1" + 102 * "}"):
            (self.folder / "report.json").write_text(text)
            self.assert_refused(self.run_program("info", "report.json"), 3, "report.json")
        with open(self.folder / "report.json", "wb") as file:
            file.truncate(1 << 36)
        self.assert_refused(self.run_program("info", "report.json"), 3, "report.json")
        self.assert_succeeds(self.run_program("affinity", "rows.npy", "--perplexity", "10", "--output", "a.h5"))
        whole = (self.folder / "a.h5").read_bytes()
        (self.folder / "cut.h5").write_bytes(whole[:-100])
        self.assert_refused(self.run_program("info", "cut.h5"), 3, "cut.h5")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
