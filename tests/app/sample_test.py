"""A start from an embedded sample, from outside.

Usage: sample_test.py PROGRAM MPIEXEC RANKS
"""
import sys
import unittest

import numpy as np

from end_to_end import RANKS, EndToEnd

SAMPLE = ["--init", "sample", "--sample.size", "60", "--sample.perplexity", "8", "--sample.iterations", "60",
          "--sample.early-iterations", "60"]


class Sample(EndToEnd):
    def embedded(self, *arguments, ranks=RANKS):
        done = self.run_program("embed", *arguments, "--perplexity", "15", "--threads", "1", "--force",
                                "--output", self.out, ranks=ranks)
        self.assert_succeeds(done)
        return np.load(self.out / "embedding.npy")

    def test_gives_every_point_its_place_to_start_from(self):
        start = self.embedded("rows.npy", *SAMPLE, "--iterations", "0", "--early-iterations", "0")
        self.assertAlmostEqual(start[:, 0].std(), 1e-4, delta=1e-7)
        self.assertLessEqual(len(np.unique(start, axis=0)), 60)
        # The clusters lie far apart, so each has places of its own.
        places = [{tuple(place) for place in start[self.labels == label]} for label in range(3)]
        self.assertFalse(places[0] & places[1] or places[0] & places[2] or places[1] & places[2])
        self.assertEqual([stage["name"] for stage in self.report()["stages"]][1], "sample")

    def test_is_of_the_same_quality_at_any_number_of_ranks_and_with_affinities(self):
        self.assert_succeeds(self.run_program("generate", "--rows", "3000", "--output", "cells.npy"))
        sample = ["--init", "sample", "--sample.size", "400"]
        kl = []
        for ranks in (1, 3, 2):
            embedding = self.embedded("cells.npy", *sample, ranks=ranks)
            kl.append(self.report()["optimize"]["kl"])
        self.assertLess(max(kl) - min(kl), 0.015 * min(kl))
        self.assert_succeeds(self.run_program("affinity", "cells.npy", "--perplexity", "15", "--output", "a.h5"))
        np.testing.assert_array_equal(self.embedded("cells.npy", "--affinity", "a.h5", *sample), embedding)

    def test_what_cannot_be_is_refused(self):
        self.refuse(2, "--sample.size is 211", "210 rows", arguments=["rows.npy", *SAMPLE, "--sample.size", "211"])
        self.refuse(2, "--sample.perplexity 40", "sample of 60", arguments=["rows.npy", *SAMPLE, "--sample.perplexity", "40"])
        self.refuse(2, "--sample.size is 3", arguments=["rows.npy", *SAMPLE, "--sample.size", "3"])
        self.refuse(2, "--dry-run was given with --init sample", arguments=["rows.npy", *SAMPLE, "--dry-run"])
        self.assert_succeeds(self.run_program("affinity", "rows.npy", "--perplexity", "15", "--output", "a.h5"))
        self.refuse(2, "--init sample", "Name the input, too", arguments=["--affinity", "a.h5", *SAMPLE])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
