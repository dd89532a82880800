"""fleetsne plot from outside: pictures and animations as plain Python reads them.

Usage: plot_test.py PROGRAM MPIEXEC RANKS
"""
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import zlib

import h5py
import numpy as np

from launcher import ENDS_AT_ONCE

PROGRAM, MPIEXEC, RANKS = sys.argv[1], sys.argv[2], int(sys.argv[3])
PATIENCE = float(os.environ.get("FLEETSNE_TEST_TIMEOUT_FACTOR", 1))  # more in slow builds
N = 3000


def chunks(data):
    """The chunks of a PNG, sums checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, found = 8, []
    while at < len(data):
        (length,), kind = struct.unpack(">I", data[at:at + 4]), data[at + 4:at + 8]
        body = data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + body)
        found.append((kind.decode(), body))
        at += 12 + length
    return found


def pixels(compressed, width, height):
    """8-bit RGB rows, filters undone."""
    raw = np.frombuffer(zlib.decompress(compressed), np.uint8).reshape(height, 1 + 3 * width)
    result = np.zeros((height, 3 * width), np.uint8)
    for y, line in enumerate(raw):
        kind, values = line[0], line[1:].astype(np.int64)
        above = result[y - 1].astype(np.int64) if y else np.zeros(3 * width, np.int64)
        if kind in (0, 2):
            result[y] = (values + (above if kind == 2 else 0)) % 256
            continue
        left, corner, row = [0, 0, 0], [0, 0, 0], []
        for x in range(3 * width):
            a, b, c = left[x % 3], int(above[x]), corner[x % 3]
            if kind == 1:
                guess = a
            elif kind == 3:
                guess = (a + b) // 2
            else:
                pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
                guess = a if pa <= pb and pa <= pc else b if pb <= pc else c
            left[x % 3] = (int(values[x]) + guess) % 256
            corner[x % 3] = b
            row.append(left[x % 3])
        result[y] = row
    return result.reshape(height, width, 3)


class Plot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="fleetsne-plot-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        generator = np.random.default_rng(2)
        cls.labels = (np.arange(N) % 3).astype(np.int32)
        centers = np.array([[-10, 0], [10, 0], [0, 12]])
        cls.plane = (centers[cls.labels] + generator.standard_normal((N, 2))).astype(np.float32)
        np.save(cls.folder / "plane.npy", cls.plane)
        np.save(cls.folder / "labels.npy", cls.labels)
        for iteration, scale in ((0, 0.01), (50, 0.5), (100, 1)):
            np.save(cls.folder / f"snapshot_{iteration:04}.npy", scale * cls.plane)
        with h5py.File(cls.folder / "cells.h5ad", "w") as file:
            file["obsm/X_tsne"] = cls.plane
            file["obs/depth"] = cls.plane[:, 0].astype(np.float64)
            file["obs/kind/codes"] = cls.labels.astype(np.int8)
            file["obs/kind/categories"] = np.array(["alpha", "beta", "gamma"], h5py.string_dtype())

    def run_program(self, *arguments, ranks=RANKS):
        return subprocess.run([MPIEXEC, "-n", str(ranks), PROGRAM, "plot", *map(str, arguments)], cwd=self.folder,
                              text=True, capture_output=True, timeout=60 * PATIENCE, env=os.environ | ENDS_AT_ONCE)

    def draw(self, *arguments, ranks=RANKS, output="picture.png"):
        done = self.run_program(*arguments, "--output", output, "--force", "--size", 200, ranks=ranks)
        self.assertEqual(done.returncode, 0, done.stderr)
        return (self.folder / output).read_bytes(), done

    def image(self, *arguments):
        found = chunks(self.draw(*arguments)[0])
        width, height = struct.unpack(">II", dict(found)["IHDR"][:8])
        return pixels(b"".join(body for kind, body in found if kind == "IDAT"), width, height)

    def refuse(self, code, *parts, arguments):
        before = sorted(self.folder.iterdir())
        done = self.run_program(*arguments, ranks=RANKS if code == 3 else 1)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("fleetsne: error:"), 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertEqual(before, sorted(self.folder.iterdir()))

    def test_the_same_bytes_at_any_rank_count(self):
        arguments = ("cells.h5ad", "--labels", "cells.h5ad:obs/kind", "--values", "cells.h5ad:obs/depth", "--axes",
                     "--background", "black", "--rotation", 20, "--title", "Cells")
        several, done = self.draw(*arguments)
        self.assertEqual(several, self.draw(*arguments, ranks=1)[0])
        self.assertRegex(done.stdout, r"RESULT points=3000 embeddings=1 window=-?[\d.]+,")

    def test_points_are_where_they_are(self):
        # One panel of 200 pixels without title: the header holds the count alone. Colours are found by their columns.
        image = self.image("plane.npy", "--labels", "labels.npy", "--panels", "colored").astype(int)
        blue = np.argwhere((image[:, :, 2] > image[:, :, 0] + 90) & (image[:, :, 1] > 60))
        green = np.argwhere((image[:, :, 1] > image[:, :, 0] + 90) & (image[:, :, 1] > image[:, :, 2] + 20))
        points = lambda found: np.median(found[found[:, 1] < 200], axis=0)
        self.assertLess(points(blue)[1], points(green)[1])
        self.assertGreater(points(blue)[0], points(green)[0], "label 2 is at the top")
        turned = self.image("plane.npy", "--labels", "labels.npy", "--panels", "colored", "--rotation", 180).astype(int)
        blue = np.argwhere((turned[:, :, 2] > turned[:, :, 0] + 90) & (turned[:, :, 1] > 60))
        self.assertGreater(points(blue)[1], 100)

    def test_a_window_has_its_shape(self):
        wide = self.image("plane.npy", "--window", "-20,20,-5,5")
        tall = self.image("plane.npy", "--window=-5,5,-20,20")
        self.assertGreater(wide.shape[1] - tall.shape[1], 140)
        self.assertGreater(tall.shape[0] - wide.shape[0], 140)

    def test_an_animation_has_a_frame_for_each_snapshot(self):
        snapshots = sorted(self.folder.glob("snapshot_*.npy"))
        done = self.run_program(*snapshots, "--labels", "labels.npy", "--animation", "film.png", "--size", 150)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = chunks((self.folder / "film.png").read_bytes())
        kinds = [kind for kind, _ in found]
        self.assertEqual(struct.unpack(">II", dict(found)["acTL"]), (3, 0))
        self.assertEqual(kinds.count("fcTL"), 3)
        numbers = [struct.unpack(">I", body[:4])[0] for kind, body in found if kind in ("fcTL", "fdAT")]
        self.assertEqual(numbers, list(range(len(numbers))))
        width, height = struct.unpack(">II", dict(found)["IHDR"][:8])
        frames, current = [], None
        for kind, body in found:
            if kind == "fcTL":
                frames.append(b"")
            elif kind in ("IDAT", "fdAT"):
                frames[-1] += body if kind == "IDAT" else body[4:]
        drawn = [(pixels(frame, width, height)[40:, :150] < 250).any(axis=2).sum() for frame in frames]
        self.assertLess(3 * drawn[0], drawn[1], "frames share the window: the first is a dot")
        self.assertLess(drawn[1], drawn[2])

    def test_names_of_any_script_and_length(self):
        long = "effector memory CD8-positive, alpha-beta T cell"
        names = [long, long + ", terminally differentiated", "CD8\u9633\u6027T\u7ec6\u80de", "\u062e\u0644\u064a\u0629 CD8 12",
                 "", "a\nb", "<b>&", "W" * 300, "nowhere \U0010fff0"]
        with h5py.File(self.folder / "names.h5ad", "w") as file:
            file["obsm/X_tsne"] = self.plane
            file["obs/kind/codes"] = (np.arange(N) % len(names)).astype(np.int8)
            file["obs/kind/categories"] = np.array(names, h5py.string_dtype())
        arguments = ("names.h5ad", "--labels", "names.h5ad:obs/kind", "--title", "x" * 300)
        several, done = self.draw(*arguments)
        self.assertEqual(several, self.draw(*arguments, ranks=1)[0])
        self.assertRegex(done.stderr, r"warning: \d+ characters? .*U\+10FFF0.* \(no installed font has (it|them)\)")

    def test_without_any_font_there_is_a_picture_and_a_warning(self):
        (self.folder / "fonts.conf").write_text("<fontconfig><dir>/no/such/folder</dir></fontconfig>")
        with unittest.mock.patch.dict(os.environ, FONTCONFIG_FILE=str(self.folder / "fonts.conf")):
            _, done = self.draw("plane.npy", "--labels", "labels.npy")
        self.assertIn("warning: the picture has no text", done.stderr)

    def test_large_numbers_keep_their_differences(self):
        depth = np.arange(N) % 5
        np.save(self.folder / "small.npy", depth.astype(np.float32))
        for name, numbers in (("seconds", 1.7e9 + depth), ("nanoseconds", 10**9 * (1_700_000_000 + depth.astype(np.int64)))):
            np.save(self.folder / f"{name}.npy", numbers)
            panel = [self.image("plane.npy", "--values", file, "--panels", "colored")[40:, :200]
                     for file in ("small.npy", f"{name}.npy")]
            np.testing.assert_array_equal(*panel, err_msg=name)
        np.save(self.folder / "one.npy", np.full(N, 7.0))
        self.assertIn("warning: all points have the same number", self.draw("plane.npy", "--values", "one.npy")[1].stderr)

    def test_what_cannot_be_drawn(self):
        np.save(self.folder / "three.npy", np.zeros((N, 3), np.float32))
        np.save(self.folder / "short.npy", self.plane[:-1])
        bad = self.plane.copy()
        bad[7, 0] = np.inf
        np.save(self.folder / "inf.npy", bad)
        out = ["--output", "new.png"]
        self.refuse(3, "three.npy has 3 columns", arguments=["plane.npy", "three.npy", "short.npy", *out])
        self.refuse(3, "short.npy has 2999 rows", arguments=["plane.npy", "short.npy", *out])
        self.refuse(3, "inf.npy has infinity", "row 7, column 0", arguments=["inf.npy", *out])
        self.refuse(3, "3000 labels for 2999 rows",
                    arguments=["short.npy", "--labels", "labels.npy", *out])
        self.refuse(3, "has 3 numbers for", arguments=["plane.npy", "--values", "cells.h5ad:obs/kind/categories", *out])
        self.refuse(2, "no output file", arguments=["plane.npy"])
        self.refuse(2, "--window is 1,2,3", arguments=["plane.npy", "--window", "1,2,3", *out])
        self.refuse(2, "labels.npy is there already", arguments=["plane.npy", "--output", "labels.npy"])


unittest.main(argv=sys.argv[:1])
