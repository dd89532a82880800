"""Runs that are killed or told to end, at random moments of every phase."""
import collections
import os
import shutil
import signal
import sys
import time
import unittest

import h5py
import numpy as np

from faulty import CHECKPOINTS, OFTEN, FaultTest, milestones, moments, send, sums

STOPPED, NOTHING_KEPT = 75, 76


def one_of(running, generator):
    return [generator.choice(running.ranks() or [running.process.pid])]


def kill_one(running, generator):
    send(one_of(running, generator), signal.SIGKILL)


def kill_mpirun(running, generator):
    running.process.kill()


def kill_all(running, generator):
    send(running.processes(), signal.SIGKILL)


def end_mpirun(running, generator):
    running.process.terminate()


def stop(running, generator):
    running.process.send_signal(signal.SIGUSR2)


def end_one(running, generator):
    send(one_of(running, generator), signal.SIGTERM)


def many_signals(running, generator):
    for _ in range(5):
        running.process.send_signal(signal.SIGUSR1)
        time.sleep(0.01)
    running.process.send_signal(signal.SIGUSR2)


# With the exit codes that they may lead to: of a process that was killed, the launcher's for a rank that was, of a run that
# was stopped, and of one that was at its end already. A signal before the program, or mpirun, listens ends it.
KILLED, BY_SIGNAL = -signal.SIGKILL, 128
FAULTS = {
    kill_one: {KILLED, BY_SIGNAL + signal.SIGKILL},
    kill_mpirun: {KILLED},
    kill_all: {KILLED},
    end_mpirun: {1, STOPPED, NOTHING_KEPT, BY_SIGNAL + signal.SIGTERM, BY_SIGNAL + signal.SIGKILL, -signal.SIGTERM},
    stop: {STOPPED, NOTHING_KEPT, BY_SIGNAL + signal.SIGUSR2, -signal.SIGUSR2},
    end_one: {STOPPED, NOTHING_KEPT, BY_SIGNAL + signal.SIGTERM, -signal.SIGTERM},
    many_signals: {STOPPED, NOTHING_KEPT, BY_SIGNAL + signal.SIGUSR1, BY_SIGNAL + signal.SIGUSR2, -signal.SIGUSR1, -signal.SIGUSR2},
}


class AtRandomMoments:
    """Of a FaultTest."""
    FEW = len(FAULTS)

    def test_at_random_moments(self):
        count, generator = moments(self.FEW)
        met, slowest = collections.Counter(), 0
        faults = list(FAULTS)
        for number in range(count):
            fault = faults[2 * number % len(faults)]  # of few, too, some kill and some stop
            begin, count_then, length = generator.choice(self.phases)  # as the lines of the log part them
            delay = generator.uniform(0, length)
            with self.subTest(number=number, fault=fault.__name__, after=begin, delay=delay):
                self.write_to(self.folder / f"out{number}")
                self.out.mkdir()
                running = self.start()
                running.wait_for(lambda: (begin, count_then) in milestones(running.log()))
                time.sleep(delay)
                earlier = sums(self.kept)
                fault(running, generator)
                code, seconds = running.end()
                slowest = max(slowest, seconds)
                last = running.log().split("\n--------")[0].splitlines()
                print(f"{number}: {fault.__name__} {delay:.3f} s after '{begin}': {code}, gone after {seconds:.2f} s",
                      flush=True)
                met[fault.__name__, code] += 1
                self.assertIn(code, FAULTS[fault] | {0})
                # Checkpoints give way to newer ones, and are never changed.
                now = sums(self.kept)
                self.assertEqual({name: now[name] for name in earlier if name in now},
                                 {name: total for name, total in earlier.items() if name in now}, last)
                # mpirun, told to end, may say so of a run that had just ended well.
                self.assertTrue(not earlier or now or self.has_result(), last)
                self.assert_all_files_whole(running.log())
                self.assert_inputs_untouched()
                self.assert_goes_on_to_the_same()
                shutil.rmtree(self.out)
        in_time = sum(times for (_, code), times in met.items() if code != 0)
        self.assertGreaterEqual(in_time, max(1, count // 4), "the faults came after the runs' ends")
        print(f"{dict(met)}; all processes gone after {slowest:.2f} s at most")


class Kill(AtRandomMoments, FaultTest):
    def test_signals_while_a_checkpoint_is_written(self):
        for signs in ([signal.SIGUSR2], [signal.SIGUSR1, signal.SIGTERM, signal.SIGTERM]):
            with self.subTest(signs):
                self.write_to(self.folder / f"out{len(signs)}")
                running = self.start(*OFTEN)
                self.assertTrue(running.wait_for(lambda: self.states()), running.log())
                ranks = running.ranks()
                # The ranks stand still in the middle of it while the signals come.
                for _ in range(1000):
                    self.assertTrue(running.wait_for(lambda: list(self.kept.glob(".state-*.partial"))), running.log())
                    send(ranks, signal.SIGSTOP)
                    if list(self.kept.glob(".state-*.partial")):
                        break
                    send(ranks, signal.SIGCONT)
                else:
                    self.fail("no checkpoint was met while it was written")
                for sign in signs:
                    send(ranks, sign)
                send(ranks, signal.SIGCONT)
                self.assertEqual(running.finish(), STOPPED, running.log())
                self.assertEqual(running.log().count("fleetsne: stopped:"), 1, running.log())
                self.assertEqual(len(self.states()), 2)
                self.assertEqual(list(self.kept.glob("*.partial")), [])
                self.assert_all_files_whole()
                self.assert_goes_on_to_the_same()


class KillUmap(AtRandomMoments, FaultTest):
    FEW = 4
    RUN = ["embed", "cells.npy", "--method", "umap", "--backend", "hnsw", "--neighbors", "30", "--init", "spectral",
           "--epochs", "150", "--threads", "1", *CHECKPOINTS]


class KillAffinity(AtRandomMoments, FaultTest):
    FEW = 4
    RUN = ["affinity", "cells.npy", "--backend", "hnsw", "--perplexity", "100", "--threads", "1", *CHECKPOINTS]
    OUTPUT = "affinity.h5"

    @classmethod
    def result_in(cls, folder):
        """The bytes of all that is in it but `about`, which names the input's path and the time."""
        with h5py.File(folder / cls.OUTPUT) as file:
            return np.frombuffer(b"".join(file[name][()].tobytes() for name in sorted(file) if name != "about"), np.uint8)

    def has_result(self):
        return (self.out / self.OUTPUT).exists()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
