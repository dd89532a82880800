"""Labels, values and names of rows in files that other programs wrote (tests/files/make/elements.py), from outside.

Usage: elements_test.py PROGRAM MPIEXEC RANKS [TEST]
"""
import json
import pathlib
import sys
import unittest

import anndata
import numpy as np
import pandas as pd

from end_to_end import EndToEnd

FILES = pathlib.Path(__file__).parents[1] / "files" / "elements"
ROWS = 30


def clusters():
    return [None if i % 10 == 9 else ["zebra", "ape", "cow"][i % 3] for i in range(ROWS)]


class Elements(EndToEnd):
    def embedded(self, rows, *arguments, perplexity=5):
        """The columns of obs after a run, with None where a label is missing."""
        self.assert_succeeds(self.run_program("embed", rows, *arguments, "--perplexity", perplexity, "--early-iterations", 5,
                                              "--iterations", 5, "--output", self.out, "--force"))
        obs = anndata.read_h5ad(self.out / "embedding.h5ad").obs
        return obs.astype(object).where(obs.notna(), None)

    def warnings(self):
        return self.report()["warnings"]

    def test_labels_come_out_as_they_went_in(self):
        factor = [None if i % 10 == 9 else ["ctrl", "stim"][i % 2] for i in range(ROWS)]
        np.save(self.folder / "texts.npy", np.array([text or "" for text in clusters()]))
        np.save(self.folder / "floats.npy", np.where(np.arange(ROWS) % 10 == 9, np.nan, np.arange(ROWS) % 3 + 1.0))
        numbers = [None if i % 10 == 9 else str(i % 3 + 1) for i in range(ROWS)]
        rows = FILES / "factors.h5:rows"
        cases = {FILES / "factors.h5:factor": factor, FILES / "factors.h5:seurat": clusters(), "texts.npy": clusters(),
                 "floats.npy": numbers}
        for labels, expected in cases.items():
            with self.subTest(labels):
                obs = self.embedded(rows, "--labels", labels)
                self.assertEqual(list(obs.iloc[:, 0]), expected)
        modern = FILES / "anndata13.h5ad"
        obs = self.embedded(modern, "--labels", f"{modern}:obs/cluster")
        self.assertEqual(list(obs["cluster"]), clusters())
        self.assertEqual(list(obs.index), [f"cell-{i}" for i in range(ROWS)])
        self.assertEqual(self.warnings(), [])

    def test_a_factor_of_r(self):
        np.save(self.folder / "six.npy", self.rows[:6])
        obs = self.embedded("six.npy", "--labels", FILES / "hdf5r.h5:clusters", perplexity=1)
        self.assertEqual(list(obs["clusters"]), ["stim", "stim", "ctrl", "ctrl", "stim", "ctrl"])

    def test_warnings_about_names_are_in_the_report(self):
        self.embedded(FILES / "index_missing.h5ad")
        self.assertTrue(any("3 of 30 rows" in text and "have no name" in text for text in self.warnings()), self.warnings())
        done = self.run_program("evaluate", "--data", FILES / "index_missing.h5ad", "--embedding", "out/embedding.npy",
                                "--output", "judged.json", "--neighbors", 5)
        self.assert_succeeds(done)
        judged = json.loads((self.folder / "judged.json").read_text())["warnings"]
        self.assertTrue(any("have no name" in text for text in judged), judged)
        for text in judged:
            self.assertIn(f"warning: {text}", done.stderr)
        self.embedded(FILES / "twice.h5ad")
        self.assertTrue(any("30 of 30 rows have a name that another row has" in text for text in self.warnings()))

    def test_times_have_a_scale_of_dates(self):
        days = np.datetime64("2024-03-01") + np.arange(ROWS)
        days[:3] = np.datetime64("NaT")
        np.save(self.folder / "plane.npy", self.rows[:ROWS, :2])
        for unit in ("D", "ms", "ns"):
            np.save(self.folder / f"{unit}.npy", days.astype(f"datetime64[{unit}]"))
        pd.DataFrame({"day": days}).to_csv(self.folder / "days.csv", index=False)
        seconds = days.astype("datetime64[s]").astype(np.float64)
        seconds[:3] = np.nan
        np.save(self.folder / "seconds.npy", seconds)
        pictures = {}
        for values in ("D.npy", "ms.npy", "ns.npy", "days.csv", "seconds.npy"):
            self.assert_succeeds(self.run_program("plot", "plane.npy", "--values", values, "--title", "time", "--size", 200,
                                                  "--panels", "colored", "--output", "times.png", "--force"))
            pictures[values] = (self.folder / "times.png").read_bytes()
        self.assertEqual(pictures["D.npy"], pictures["ms.npy"])
        self.assertEqual(pictures["D.npy"], pictures["ns.npy"])
        self.assertNotEqual(pictures["D.npy"], pictures["seconds.npy"], "numbers have a scale of numbers")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
