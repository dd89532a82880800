"""The arithmetic of jobs/scaling against numbers worked out by hand.    scaling_model_test.py ROOT"""
import math
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(ROOT / "jobs/scaling"))

import fit  # noqa: E402
import model  # noqa: E402
import reports  # noqa: E402
import structures  # noqa: E402

# Rows of 64 floats, so cells of (1 + 3) x 256 = 1024 bytes, of which 1 MiB holds 1024.
STRUCTURES = structures.Structures(
    width=64, neighbors=8, router_cells=16, router_rows=8, router_axes=3, router_bytes=1 << 20, calibration=20,
    round_bytes=1 << 20, least_round=4, most_round=1000, sample_rows=1000, sample_rows_per_rank=100, sample_bytes=1 << 20,
    most_cells=1 << 20, most_columns=1 << 30, cut_digits=10)
RATES = model.Rates(evaluation=1e-6, routing=1e-7, placing=1e-7, affinity_edge=1e-6, edge=1e-8, point=1e-7, cell=1e-9,
                    sharing=2.0)


def laws(**changes):
    given = dict(
        evaluations=fit.PowerLaw(100), routing=fit.PowerLaw(5), more_ranks=fit.PowerLaw(2),
        ghosts=fit.PowerLaw(0.5), cells=fit.PowerLaw(1, 0, 1),
        cover=fit.PowerLaw(0.25), edges_per_point=10, points_imbalance=1.0, edges_imbalance=1.2, ghosts_imbalance=1.5,
        query_bytes=500, affinity_bytes=100, base_memory=1e6, neighbor_memory=1e5, point_memory=100, ghost_memory=10)
    return model.Laws(**{**given, **changes})


def network():
    return model.Network(bandwidth=4e6, latency=1e-3, ranks_per_node=4)  # 1 MB/s for each rank


class Fit(unittest.TestCase):
    def test_three_unknowns(self):
        # x = 1, y = 2, z = 3; the first pivot is 0.
        self.assertEqual(fit.solve([[0, 1, 1], [1, 0, 1], [1, 1, 0]], [5, 4, 3]), [1, 2, 3])
        self.assertIsNone(fit.solve([[1, 2], [2, 4]], [1, 2]))

    def test_line_through_three_points(self):
        # (0, 1), (1, 3), (2, 4): slope 3/2, intercept 7/6.
        intercept, slope = fit.least_squares([[1, 0], [1, 1], [1, 2]], [1, 3, 4])
        self.assertAlmostEqual(intercept, 7 / 6)
        self.assertAlmostEqual(slope, 1.5)

    def test_costs_are_found_and_never_negative(self):
        found, worst = fit.shares([[1.0, 0.0], [1.0, 2.0], [2.0, 1.0]], [3.0, 7.0, 8.0])
        self.assertAlmostEqual(found[0], 3)
        self.assertAlmostEqual(found[1], 2)
        self.assertAlmostEqual(worst, 0)
        # Exact would be 3 and -1. With the first alone, x (1, 1/2) = (1, 1): x = 1.5 / 1.25 = 1.2.
        found, worst = fit.shares([[3.0, 0.0], [3.0, 3.0]], [3.0, 6.0][::-1])
        self.assertEqual(found[1], 0)
        self.assertAlmostEqual(found[0], 1.2)
        self.assertAlmostEqual(worst, 0.4)

    def test_power_law(self):
        law = fit.fit_power_law([(p, n, 3 * p**0.5 * n**-0.25) for p in (2, 4, 8) for n in (16, 256)])
        self.assertAlmostEqual(law.factor, 3)
        self.assertAlmostEqual(law.of_ranks, 0.5)
        self.assertAlmostEqual(law.of_points, -0.25)
        self.assertAlmostEqual(law(16, 65536), 3 * 4 / 16)
        self.assertAlmostEqual(law.worst, 0)

    def test_power_law_of_what_does_not_vary(self):
        law = fit.fit_power_law([(2, 100, 5), (4, 100, 10)])
        self.assertAlmostEqual(law.of_ranks, 1)
        self.assertEqual(law.of_points, 0)
        # Twice the points go with twice the ranks: that is put down to the ranks.
        law = fit.fit_power_law([(2, 100, 5), (4, 200, 10)])
        self.assertAlmostEqual(law.of_ranks, 1)
        self.assertEqual(law.of_points, 0)
        law = fit.fit_power_law([(2, 100, 4), (2, 100, 9)])
        self.assertAlmostEqual(law.factor, 6)  # the geometric mean
        self.assertAlmostEqual(law.worst, 0.5)
        self.assertIsNone(fit.fit_power_law([(2, 100, 0)]))

    def test_exponent_that_is_not_believed(self):
        law = fit.fit_power_law([(2, 100, 4), (2, 400, 9)], most_of_points=0.0)
        self.assertEqual(law.of_points, 0)
        self.assertAlmostEqual(law.factor, 6)


class Structures(unittest.TestCase):
    def test_router(self):
        self.assertEqual([STRUCTURES.cells(ranks) for ranks in (1, 64, 128, 2048)], [16, 16, 8, 1])
        self.assertEqual(STRUCTURES.ranks_of_coarse_router(), 64)
        self.assertEqual(STRUCTURES.cells(4, 100), 3)
        self.assertEqual([STRUCTURES.other_cells(ranks, 1e6) for ranks in (1, 2, 64)], [0, 16, 16 * 63])
        self.assertEqual(STRUCTURES.other_cells(4, 100), 3 * 3)
        self.assertEqual([STRUCTURES.calibration_evaluations(ranks) for ranks in (1, 64)], [0, 20])
        self.assertEqual(STRUCTURES.router_memory(64), 1 << 20)

    def test_rounds(self):
        # A point: 256 bytes of row and 8 answers of 32, so 512 x ranks.
        self.assertEqual([STRUCTURES.round_points(ranks) for ranks in (1, 16, 1024)], [1000, 128, 4])
        self.assertEqual(STRUCTURES.ranks_of_smallest_round(), 512)

    def test_sample_and_cuts(self):
        self.assertEqual([STRUCTURES.sample_memory(ranks) for ranks in (1, 20, 1000)], [256_000, 512_000, 1 << 20])
        self.assertEqual(STRUCTURES.cut_memory(8), 4 * 256 * 8)

    def test_constants_are_those_of_the_sources(self):
        read = structures.read_structures(ROOT, 150)
        self.assertEqual((read.width, read.neighbors), (64, 150))
        for name, value in vars(read).items():
            self.assertGreater(value, 0, name)
        self.assertIn("early : {true, false}", (ROOT / "src/neighbors/routed_search.cpp").read_text())  # ROUTER_PASSES

    def test_spellings(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "a.cpp")
            file.write_text("constexpr std::size_t a = std::size_t{128} << 20;\nconstexpr long b = 64LL << 20, c = 16'384;\n")
            self.assertEqual([structures.constant(folder, "a.cpp", name) for name in "abc"], [1 << 27, 1 << 26, 16384])
            self.assertRaises(SystemExit, structures.constant, folder, "a.cpp", "d")


class Model(unittest.TestCase):
    """4,096 points on 16 ranks: 256 points, 3,072 edges and 192 ghosts on the largest, 4,096 padded cells, 10 iterations."""

    def setUp(self):
        self.model = model.Model(RATES, laws(), STRUCTURES, network())

    def expect(self, stage, **seconds):
        terms = {term.kind: term.seconds for term in self.model.terms(4096, 16, 10) if term.stage == stage}
        for kind in ("work", "bytes", "messages"):
            self.assertAlmostEqual(terms[kind], seconds.get(kind, 0), msg=f"{stage}, {kind}")

    def test_partition(self):
        # 12 levels; 15/16 of 256 rows of 256 bytes, and 10 digits of 2 x 8 cuts of 2,048; 15 ranks, 4 levels of 10 x 2 x 4.
        self.expect("partition", work=256 * 12 * 1e-7, bytes=(61_440 + 327_680) * 1e-6, messages=(15 + 320) * 1e-3)

    def test_neighbours(self):
        # 100 and 20 distances; rounds of 128 points; in each 2 passes of 4 exchanges with 15 ranks, agreed on in 4 steps.
        self.expect("neighbours: search", work=256 * 120e-6, bytes=256 * 2 * 500e-6, messages=2 * 8 * 19e-3)
        # 5 distances from each of the 16 cells of 15 ranks; 15/16 of 256 KiB of all cells come from others.
        self.expect("neighbours: router", work=256 * 1200e-7, bytes=245_760e-6, messages=4e-3)

    def test_affinities_and_attraction(self):
        self.expect("affinities", work=3072e-6, bytes=19_200e-6, messages=30e-3)
        self.expect("attraction", work=10 * 3072 * 1e-8 * 2)

    def test_field(self):
        self.expect("field: points", work=10 * 256 * 1e-7 * 2)
        self.expect("field: transforms", work=10 * 4096 * 12 / 16 * 1e-9 * 2)
        # A quarter of 1,024 cells of 4 bytes, there and back.
        self.expect("field: strips", bytes=10 * 2048e-6, messages=10 * 30e-3)
        # 15/16 of 1/16 of two half spectra (with padding only in one direction): 2 x 8 x 1,024.
        self.expect("field: transposes", bytes=10 * 960e-6, messages=10 * 30e-3)

    def test_halo(self):
        self.expect("halo", bytes=10 * 192 * 8e-6, messages=10 * 15e-3)
        self.expect("reductions", messages=10 * 4 * 2 * 4e-3)

    def test_one_rank_sends_nothing(self):
        for term in self.model.terms(4096, 1, 10):
            self.assertTrue(term.kind == "work" or term.seconds == 0, term)

    def test_bounds(self):
        wide = model.Model(RATES, laws(routing=fit.PowerLaw(9), ghosts=fit.PowerLaw(50), more_ranks=fit.PowerLaw(99), cover=fit.PowerLaw(3)),
                           STRUCTURES, network())
        self.assertEqual(wide.ghosts(4096, 2), 2048)  # all that others have
        self.assertEqual(wide.ghosts(4096, 64), 640)  # all that edges lead to
        self.assertEqual(wide.more_ranks(4096, 4), 3)
        self.assertEqual(wide.routing_evaluations(4096, 16), 2 * 4 * 16 * 15)  # a centre and 3 tips, twice
        self.assertEqual(wide.bytes_per_iteration(4096, 4)["grid"], 2 * 4096)
        huge = model.Model(RATES, laws(cells=fit.PowerLaw(4e6)), STRUCTURES, network())
        self.assertEqual(huge.bytes_per_iteration(4096, 16)["grid"], 2 * 4 * 256 * 256)  # 256 points touch 256 each
        # 1,024 cells are 16 rows of 32 columns and as much padding: 64 ranks are no faster than 16.
        terms = [next(term.seconds for term in wide.terms(1024, ranks, 1) if term.stage == "field: transforms")
                 for ranks in (16, 64)]
        self.assertEqual(terms[0], terms[1])

    def test_memory(self):
        memory = self.model.memory(4096, 16)
        self.assertEqual(memory["base"], 1.4e6)  # 4 ranks on a node
        self.assertEqual(memory["points"], 25_600)
        self.assertEqual(memory["ghosts"], 1920)
        self.assertEqual(memory["router"], 256 * 1024)
        self.assertEqual(memory["sample"], 1600 * 256)
        self.assertEqual(memory["cuts"], 8 * 2048)

    def test_what_breaks(self):
        breaks, fine = self.model.breaks(4096, 16, 10, 1e9)
        self.assertEqual(breaks, sorted(breaks))
        when = {text.split()[0] + " " + text.split()[1]: at for at, text in breaks}
        self.assertEqual(when["routing a"], 16)  # 5 x 16 x 15 x 1e-7 > 100 x 1e-6
        self.assertEqual(when["a round"], 512)
        self.assertEqual(when["the router's"], 64)
        self.assertEqual(when["the partition's"], 64)  # 100 x 41 rows fill it
        self.assertEqual(when["more ranks"], 64)  # than 32 rows
        self.assertIn("at 16 ranks; it fits from 2 ranks on", fine[0])
        self.assertIn("does not fit at any", self.model.breaks(4096, 16, 10, 1e5)[1][0])


class Measured(unittest.TestCase):
    """Rates and laws come back out of runs that were made of them."""

    @staticmethod
    def run_of(name, points, ranks, edges, cells):
        n = points / ranks
        piece = [(edges / ranks * 2e-9 + n * 3e-8 + work / ranks * 1e-9) for work in (0, cells * math.log2(cells))]
        ghosts = 0 if ranks == 1 else int(points * 0.25 * ranks**0.5)
        routed, searched = (5 * 16 * (ranks - 1), 1020) if ranks > 1 else (0, 1000)
        routing_seconds = n * routed * 2e-8
        stages = {"neighbors": (n * searched * 1e-7 + routing_seconds, int(points * 600 * (ranks - 1) * 0.5)),
                  "partition": (n * math.log2(points) * 1e-7, 0),
                  "affinity": (edges / ranks * 1e-7, ghosts * 40), "optimize": (1.0, 0)}
        return name, {
            "points": points, "ranks": ranks, "exit_code": 0,
            "config": {"optimize": {"kl_every": 10, "early_iterations": 10, "iterations": 10}},
            "neighbors": {"count": 8, "distance_evaluations": points * (searched + routed),
                          "routing_evaluations": points * routed, "routing_seconds": routing_seconds,
                          "ranks_searched_mean": 1 + 0.5 * (ranks - 1), "recall": 0.99},
            "imbalance": {"points": 1.0, "edges": 1.1},
            "affinity": {"edges": edges, "bytes_per_edge": 4, "ghosts_total": ghosts, "ghosts_max": ghosts // ranks},
            "optimize": {"bytes_per_rank_iteration": 100.0, "grid": {"rows": 64, "columns": cells // 64},
                         "bytes_per_rank_iteration_by_kind": {"ghosts": 50.0, "grid": 0.5 * cells, "transposes": 2.0},
                         "grid_sharing": "slab" if ranks > 1 else "reduced",
                         "kl_curve": [{"seconds": 10 * seconds} for seconds in piece]},
            "peak_memory_bytes": [1e7 + 1e5 * ranks + 500 * n + 20 * (ghosts // ranks)] * ranks,
            "stages": [{"name": key, "wall_seconds": seconds, "bytes_sent": [sent], "messages": [1]}
                       for key, (seconds, sent) in stages.items()],
        }

    def setUp(self):
        made = [self.run_of(f"counters-{part}-r{ranks}", points, ranks, points * 12, points)
                for part, points in (("generated", 65536), ("generated-eighth", 8192)) for ranks in (1, 2, 4)]
        made += [self.run_of("times-1", 131072, 1, 131072 * 12, 131072), self.run_of("times-2", 131072, 2, 131072 * 12, 131072),
                 self.run_of("times-eighth", 16384, 1, 16384 * 12, 16384), self.run_of("times-few", 16384, 1, 16384 * 3, 16384)]
        self.runs = {name: reports.parse(name, report) for name, report in made}

    def test_rates(self):
        rates = model.fit_rates(*(self.runs[f"times-{name}"] for name in ("1", "2", "eighth", "few")))
        for name, value in (("evaluation", 1e-7), ("routing", 2e-8), ("placing", 1e-7), ("affinity_edge", 1e-7),
                            ("edge", 2e-9), ("point", 3e-8),
                            ("cell", 1e-9), ("sharing", 1.0)):
            self.assertAlmostEqual(getattr(rates, name) / value, 1, places=6, msg=name)

    def test_laws(self):
        found = model.fit_laws(self.runs, STRUCTURES)
        self.assertAlmostEqual(found.evaluations(64, 1e6), 1000, places=3)
        self.assertAlmostEqual(found.routing(64, 1e6), 5, places=3)
        self.assertAlmostEqual(found.ghosts.of_ranks, 0.5, places=3)
        self.assertAlmostEqual(found.ghosts(4, 1e6), 0.5, places=3)
        self.assertAlmostEqual(found.cells(1, 1e6) / 1e6, 1)
        self.assertAlmostEqual(found.cover(4, 1e6), 0.25)  # 0.5 x cells bytes of twice cells
        self.assertAlmostEqual(found.edges_per_point, 12)
        self.assertAlmostEqual(found.query_bytes, 600)
        self.assertAlmostEqual(found.affinity_bytes, 40)
        for name, value in (("base_memory", 1e7), ("neighbor_memory", 1e5), ("point_memory", 500), ("ghost_memory", 20)):
            self.assertAlmostEqual(getattr(found, name) / value, 1, places=2, msg=name)

    def test_grids_that_have_not_settled(self):
        # Half a cell for a point of the largest, more of the smaller.
        self.runs["times-1"].grid, self.runs["times-eighth"].grid = (256, 256), (128, 256)
        law = model.law_of_cells([self.runs["times-1"], self.runs["times-eighth"]])
        self.assertEqual(law(1, 2**20), 2**19)

    def test_series_are_of_one_part(self):
        self.assertEqual([run.points for run in reports.series(self.runs, "generated")], [65536] * 3)
        self.assertEqual([run.ranks for run in reports.series(self.runs, "generated-eighth")], [1, 2, 4])


unittest.main(argv=[sys.argv[0]])
