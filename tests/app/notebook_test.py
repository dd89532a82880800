"""Every cell of openTSNE's notebook on large data sets, as README's table spells it, on 3,000 images.

Usage: notebook_test.py PROGRAM MPIEXEC RANKS
"""
import gzip
import json
import pathlib
import re
import shlex
import shutil
import sys
import unittest

import anndata
import numpy as np
import pandas

from end_to_end import RANKS, EndToEnd

HOUSE = pathlib.Path(__file__).parents[2]
IMAGES = pathlib.Path("/usr/share/datasets/fashion-mnist")
POINTS = 3000
# What becomes smaller with the data: perplexity 500 would take half of them for neighbours of each.
SMALLER = {"aff500.h5": ["--perplexity", "200"], "staged": ["--sample.size", "600", "--sample.perplexity", "60"]}


def commands():
    """Those of the table, in its order, without the launcher that it calls A."""
    text = (HOUSE / "README.md").read_text()
    table = re.search(r"^\| cell \| command \|.*?(?=\n\n)", text, re.M | re.S).group(0)
    spelled = [cell for line in table.splitlines()[2:] for cell in re.findall("`([^`]+)`", line.split(" | ")[1])]
    return [shlex.split(command)[1:] for command in spelled]


class Notebook(EndToEnd):
    def setUp(self):
        super().setUp()
        def read(part, skip):
            with gzip.open(IMAGES / f"t10k-{part}-ubyte.gz") as file:
                return np.frombuffer(file.read(), np.uint8, offset=skip)
        images = read("images-idx3", 16).reshape(-1, 784)[:POINTS].astype(np.float32)
        images -= images.mean(0)
        _, axes = np.linalg.eigh(images.T @ images)
        kinds = pandas.Categorical([f"kind {label}" for label in read("labels-idx1", 8)[:POINTS]])
        cells = anndata.AnnData(images, obs=pandas.DataFrame({"cell_type": kinds}, index=map(str, range(POINTS))))
        cells.obsm["X_pca"] = images @ axes[:, :-51:-1]
        cells.write_h5ad(self.folder / "cells.h5ad")
        for config in (HOUSE / "configs/notebook").iterdir():
            shutil.copy(config, self.folder)

    def test_every_cell(self):
        done = {}
        for command in commands():
            name = command[command.index("--output") + 1]
            ranks = 1 if command[0] == "plot" else RANKS
            with self.subTest(name):
                self.assert_succeeds(self.run_program(*command, *SMALLER.get(name, []), ranks=ranks, limit=120))
                if (self.folder / name / "report.json").exists():
                    done[name] = json.loads((self.folder / name / "report.json").read_text())
                elif name.endswith(".png"):
                    self.assertEqual((self.folder / name).read_bytes()[:4], b"\x89PNG")
        self.assertEqual(sorted(done), ["ex4", "p500", "p500-ex4", "staged", "standard", "umap"])
        kl = {name: report["optimize"]["kl"] for name, report in done.items() if name != "umap"}
        self.assertLess(kl["standard"], kl["ex4"])  # exaggeration is not what KL asks for
        self.assertLess(kl["p500"], kl["p500-ex4"])
        self.assertEqual([stage["iterations"] for stage in done["staged"]["optimize"]["stages"]], [500, 250, 250, 250])
        self.assertEqual(len(list((self.folder / "staged/snapshots").glob("*.png"))), 4)
        judged = json.loads((self.folder / "quality.json").read_text())["embeddings"]
        self.assertEqual(len(judged), 6)
        for one in judged:
            self.assertGreater(one["label_accuracy"], 0.6, one)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
