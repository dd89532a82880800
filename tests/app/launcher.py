"""What the tests ask of mpirun, under the names that each launcher has for it (jobs/launcher.sh)."""
import functools
import pathlib
import re
import subprocess

SCRIPT = pathlib.Path(__file__).parents[2] / "jobs/launcher.sh"


@functools.cache
def _lines(wanted):
    return subprocess.run(["bash", SCRIPT, *wanted], check=True, capture_output=True, text=True).stdout.splitlines()


def settings(*wanted):
    """The variables for these settings, by name."""
    return dict(line.split("=", 1) for line in _lines(wanted))


@functools.cache
def open_mpi(mpiexec):
    """The major version of the Open MPI that it belongs to; 0 for another MPI's."""
    said = subprocess.run([mpiexec, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\(Open MPI\) (\d+)", said)
    return int(found.group(1)) if found else 0


# Once a rank has failed: mpirun waits a second for ranks that have ended, and the ranks of this program end together.
ENDS_AT_ONCE = settings("kill-after=0")
