"""The page of a run's report, and an animation, as a browser shows them.

Usage: report_page_test.py PROGRAM MPIEXEC RANKS
"""
import base64
import html.parser
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy as np

import browser

PROGRAM, MPIEXEC, RANKS = sys.argv[1], sys.argv[2], int(sys.argv[3])
PATIENCE = float(os.environ.get("FLEETSNE_TEST_TIMEOUT_FACTOR", 1))  # more in slow builds
TITLE = "Cells <b>&amp; \"more\"</b> αβ"
VOID = {"meta", "link", "img"}


class Balance(html.parser.HTMLParser):
    """Every element is closed in order, and no attribute is repeated."""

    def __init__(self):
        super().__init__()
        self.open, self.problems = [], []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(names) != len(set(names)):
            self.problems.append(f"repeated attribute in {tag}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> out of place")


class ReportPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="fleetsne-page-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        generator = np.random.default_rng(3)
        np.save(cls.folder / "rows.npy", generator.standard_normal((300, 6)).astype(np.float32))
        np.save(cls.folder / "labels.npy", (np.arange(300) % 4).astype(np.int32))
        cls.run_program("embed", "rows.npy", "--labels", "labels.npy", "--perplexity", 10, "--iterations", 40,
                        "--early-iterations", 40, "--optimize.kl-every", 10, "--quality", 200, "--title", TITLE, "--output", "out")
        for iteration in (0, 40, 80):
            scale = 1 + iteration
            np.save(cls.folder / f"snapshot_{iteration}.npy", scale * generator.standard_normal((300, 2)))
        cls.run_program("plot", *(f"snapshot_{i}.npy" for i in (0, 40, 80)), "--animation", "film.png", "--size", 120)
        cls.page = cls.folder / "out/report.html"
        cls.report = json.loads((cls.folder / "out/report.json").read_text())
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def run_program(cls, *arguments):
        subprocess.run([MPIEXEC, "-n", str(RANKS), PROGRAM, *map(str, arguments)], cwd=cls.folder, check=True,
                       capture_output=True, timeout=60 * PATIENCE, env=os.environ)

    def test_elements_are_closed_in_order(self):
        balance = Balance()
        balance.feed(self.page.read_text())
        self.assertEqual(balance.problems + balance.open, [])

    def test_nothing_is_missing_and_nobody_complains(self):
        for dark in (False, True):
            self.browser.open(self.page, dark)
            self.assertEqual(self.browser.complaints(), [])
            self.assertEqual(self.browser.requests(), [], "the page needs nothing beside it")
        width = struct.unpack(">I", (self.folder / "out/embedding.png").read_bytes()[16:20])[0]
        self.assertEqual(self.browser.evaluate("[...document.images].map(i => i.complete && i.naturalWidth)"), [width])
        self.assertEqual(self.browser.evaluate("document.title"), TITLE)
        self.assertEqual(self.browser.evaluate("document.querySelector('h1').textContent"), TITLE)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('svg circle').length"),
                         len(self.report["optimize"]["kl_curve"]))
        text = self.browser.evaluate("document.body.innerText")
        for part in ("Time of the stages", f"{self.report['optimize']['kl']:.4f}", "fleetsne embed rows.npy", "hnswlib",
                     self.report["started"], "early exaggeration"):
            self.assertIn(part, text)
        self.assertEqual(set(self.report["quality"]), {"neighbors_kept", "classes_kept", "distance_correlation",
                                                       "label_accuracy", "trustworthiness"})
        for name, value in self.report["quality"].items():
            self.assertIn(f"{value:.4f}\n{name.replace('_', ' ')}", text)
        stages = self.browser.evaluate("[...document.querySelectorAll('td.bar')].map(t => t.parentNode.cells[0].innerText)")
        self.assertEqual(stages, [stage["name"] for stage in self.report["stages"]])
        bars = self.browser.evaluate("[...document.querySelectorAll('td.bar i')].map(i => i.getBoundingClientRect().width)")
        self.assertEqual(bars.index(max(bars)), int(np.argmax([s["wall_seconds"] for s in self.report["stages"]])))

    def test_light_and_dark_and_narrow(self):
        papers = []
        for dark in (False, True):
            self.browser.open(self.page, dark)
            papers.append(self.browser.evaluate("getComputedStyle(document.body).backgroundColor"))
        self.assertEqual(papers, ["rgb(255, 255, 255)", "rgb(20, 22, 26)"])
        self.browser.call("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=False)
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), 390)
        self.browser.call("Emulation.clearDeviceMetricsOverride")
        self.browser.screenshot(self.folder / "page.png")
        self.assertGreater((self.folder / "page.png").stat().st_size, 20000)

    def test_the_browser_plays_every_frame_of_an_animation(self):
        film = base64.b64encode((self.folder / "film.png").read_bytes()).decode()
        self.browser.open(self.page)
        found = self.browser.evaluate("""(async () => {
            const bytes = Uint8Array.from(atob('%s'), c => c.charCodeAt(0));
            const decoder = new ImageDecoder({data: bytes, type: 'image/png'});
            await decoder.tracks.ready;
            const track = decoder.tracks.selectedTrack, times = [];
            for (let i = 0; i < track.frameCount; ++i)
              times.push((await decoder.decode({frameIndex: i})).image.duration);
            return [track.animated, track.repetitionCount === Infinity, times];
        })()""" % film)
        self.assertEqual(found, [True, True, [200000, 200000, 2000000]])


unittest.main(argv=sys.argv[:1])
