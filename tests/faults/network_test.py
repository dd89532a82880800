"""Two ranks on two hosts, which are network namespaces of this machine, and the network between them cut."""
import os
import socket
import subprocess
import sys
import unittest

from faulty import MPIEXEC, OFTEN, PROGRAM, RUN, FaultTest, Running
from launcher import open_mpi, settings

AGENT = """#!/bin/sh
# What mpirun calls to start its daemon on a host: HOST COMMAND...
shift
exec ip netns exec {there} unshare --uts sh -c "hostname {there}; $*"
"""
# Seconds: when the daemons of mpirun begin to ask each other, how often, and how many answers may stay out.
ASK_AFTER, ASK_EVERY, ASKED = 2, 1, 2
ENDS_WITHIN = 20  # seconds, of the cut; 4 of them the above


class Hosts:
    """Two namespaces joined by two cables: 10.77.0.0/24 for mpirun's daemons, 10.78.0.0/24 for the ranks."""

    def __init__(self, agent):
        self.here, self.there = (f"fleetsne{os.getpid()}{side}" for side in "ab")
        self.agent = agent
        agent.write_text(AGENT.format(there=self.there))
        agent.chmod(0o755)

    def __enter__(self):
        try:
            for name in (self.here, self.there):
                self.ip("netns", "add", name)
                self.ip("-n", name, "link", "set", "lo", "up")
            for net, cable in ((77, "orders"), (78, "data")):
                self.ip("link", "add", cable, "netns", self.here, "type", "veth", "peer", "name", cable, "netns", self.there)
                for host, name in enumerate((self.here, self.there)):
                    self.ip("-n", name, "addr", "add", f"10.{net}.0.{host + 1}/24", "dev", cable)
                    self.ip("-n", name, "link", "set", cable, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in (self.here, self.there):
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    @staticmethod
    def ip(*arguments):
        subprocess.run(["ip", *arguments], check=True, capture_output=True)

    def mpirun(self, data_net=77):
        wanted = settings(f"agent={self.agent}", "networks=10.77.0.0/24", f"data-networks=10.{data_net}.0.0/24",
                          f"keepalive={ASK_AFTER},{ASK_EVERY},{ASKED}")
        # Open MPI takes the host that it runs on for its own only by its name.
        return ["ip", "netns", "exec", self.here, "env", *(f"{name}={value}" for name, value in wanted.items()),
                MPIEXEC, "-n", "2", "--map-by", "ppr:1:node", "--host", f"{socket.gethostname()},10.77.0.2"]


class Network(FaultTest):
    def setUp(self):
        super().setUp()
        try:
            self.hosts = self.enterContext(Hosts(self.folder / "agent"))
        except (OSError, subprocess.CalledProcessError) as error:
            self.skipTest(f"no network namespaces can be made here ({error})")

    def start_on_hosts(self, *arguments, **options):
        running = Running(self.folder, *self.hosts.mpirun(**options), PROGRAM, *RUN, *OFTEN, "--output", self.out, *arguments)
        self.addCleanup(running.clear)
        return running

    def cut(self, running, *how):
        self.assertTrue(running.wait_for(lambda: len(list(self.kept.glob("state-*.h5"))) == 2), running.log())
        self.hosts.ip(*how)
        code, seconds = running.end()
        print(f"ended with {code} after {seconds:.1f} s", flush=True)
        # mpirun of Open MPI 5 ends with 0 when it has lost a host, so 0 means a result only where there is one.
        if code == 0:
            self.assertGreaterEqual(open_mpi(MPIEXEC), 5)
        self.assertFalse((self.out / "embedding.h5ad").exists())
        self.assertLess(seconds, ENDS_WITHIN)
        self.assert_all_files_whole(running.log())
        self.assert_inputs_untouched()
        done = self.assert_goes_on_to_the_same()
        self.assertIn("going on from iteration", done.stderr)
        return code

    def test_the_only_network_is_cut(self):
        """mpirun's daemons notice."""
        running = self.start_on_hosts()
        self.cut(running, "-n", self.hosts.here, "link", "set", "orders", "down")
        self.assertRegex(running.log(), "lost communication|lost connection|LOST")

    def test_packets_are_dropped(self):
        running = self.start_on_hosts()
        self.cut(running, "-n", self.hosts.here, "route", "add", "blackhole", "10.77.0.2/32")

    def test_the_network_of_the_data_alone_is_cut(self):
        """The ranks notice, by their patience."""
        running = self.start_on_hosts("--patience", "0.05", data_net=78)
        code = self.cut(running, "-n", self.hosts.here, "link", "set", "data", "down")
        self.assertEqual(code, 4, running.log())
        self.assert_one_message(running.log(), "has waited 0.05 minutes", "--resume auto")


if __name__ == "__main__":
    tried = unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2, exit=False).result
    if not tried.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if len(tried.skipped) == tried.testsRun else 0)  # a skip for ctest
