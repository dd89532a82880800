"""The newest checkpoint damaged at random places."""
import shutil
import sys
import unittest

from faulty import RUN, FaultTest, moments


class Damage(FaultTest):
    def test_at_random_places_the_one_before_is_gone_on_from(self):
        self.stopped_run()
        before, newest = self.states()
        whole, stopped = newest.read_bytes(), self.out
        count, generator = moments(6)
        for number in range(count):
            place = generator.randrange(len(whole))
            cut = number % 2 == 0
            damaged = whole[:place] if cut else whole[:place] + bytes([whole[place] ^ 1 << generator.randrange(8)]) + whole[place + 1:]
            with self.subTest(number=number, place=place, cut=cut):
                self.out = self.folder / f"copy{number}"
                shutil.copytree(stopped, self.out)
                (self.out / "checkpoint" / newest.name).write_bytes(damaged)
                # It goes on for one iteration.
                done = self.run_program(*RUN, "--output", self.out, "--resume", "auto", "--max-wall-time", "0")
                self.assertEqual(done.returncode, 75, done.stderr)
                fell_back = f"going on from iteration {int(before.stem[6:])} " in done.stderr
                if fell_back:
                    self.assertEqual(done.stderr.count("warning"), 1, done.stderr)
                    self.assertIn(newest.name, done.stderr)
                else:  # a byte that has no meaning: nothing is lost
                    self.assertFalse(cut)
                    self.assertIn(f"going on from iteration {int(newest.stem[6:])} ", done.stderr)
                    self.assertNotIn("warning", done.stderr)
                self.assert_inputs_untouched()
                if number == 0:
                    self.assert_goes_on_to_the_same()
                shutil.rmtree(self.out)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
