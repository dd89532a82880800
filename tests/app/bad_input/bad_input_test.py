"""Every row of bad_inputs.py, run as users run it: the right exit code, one message that says what is wrong, why, and what
to do, within seconds; then no file is left, none is changed, and no process goes on.

Usage: bad_input_test.py PROGRAM MPIEXEC RANKS [--show] [TEST...]

--show prints the messages.
"""
import concurrent.futures
import contextlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from bad_files import Files  # noqa: E402
from bad_inputs import TABLE  # noqa: E402
from launcher import ENDS_AT_ONCE, settings  # noqa: E402

PROGRAM, MPIEXEC, RANKS = sys.argv[1:4]
SHOW = "--show" in sys.argv
AT_ONCE = 4  # a launch waits more than it works
# mpirun waits a second for ranks that have ended when one has failed; the ranks of this program end together.
for variable in settings("temporary="):
    os.environ.pop(variable, None)  # each launch has its own, see run_program
# Of a launch: some take a second, AT_ONCE side by side; longer in slow builds.
MOST_SECONDS = 30 * float(os.environ.get("FLEETSNE_TEST_TIMEOUT_FACTOR", 1))
NOBODY = 65534
# mpirun, before the program is there; of a disk that others fill for a moment.
NO_ROOM_OF_ITS_OWN = re.compile("A call to mkdir was unable to create the desired directory|PMIX ERROR: OUT-OF-RESOURCE")

# PROBLEM (WHY). WHAT TO DO
FORM = re.compile(r"\S.* \(.+\)[.;:?,] .*\w.*", re.DOTALL)
SEVERAL = re.compile(r"\d+ problems with the configuration:\n  - ")


def output_of(number):
    """What `out` of the table is called in this row, so that rows do not meet."""
    return f"out-{number:03}"


OF_LAUNCHER = re.compile(r"\[[^]]+\] PMIX ERROR: ")  # of Open MPI 5, where a rank ends while it is told of another's end


def message_of(stderr):
    """What follows the first "fleetsne: error: ", without mpiexec's own remarks."""
    lines = [line for line in stderr.partition("fleetsne: error: ")[2].splitlines() if not OF_LAUNCHER.match(line)]
    ends = [i for i, line in enumerate(lines) if line.startswith("-----")]
    return "\n".join(lines[:ends[0]] if ends else lines).strip()


def problems_of(message):
    """Each problem of a message that tells several."""
    if SEVERAL.match(message):
        return SEVERAL.sub("", message).split("\n  - ")
    return message.split("\n")


class BadInput(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.place = pathlib.Path(tempfile.mkdtemp(prefix="fleetsne-bad-")).resolve()
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        cls.place.chmod(0o755)
        cls.folder = cls.place / "work"
        cls.folder.mkdir(mode=0o755)
        cls.program = PROGRAM
        Files(cls.folder, lambda command: cls.run_program("made", command))
        if os.geteuid() == 0:  # the build may lie where only root may look
            cls.program = shutil.copy(PROGRAM, cls.place)
        cls.before = cls.state()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            wanted = [(number, row) for number, row in enumerate(TABLE) if is_wanted(number, row)]
            done = pool.map(lambda entry: cls.run_row(*entry), wanted)
            cls.done = dict(zip((number for number, _ in wanted), done))
        cls.after = cls.state()

    @classmethod
    def run_row(cls, number, row):
        output = output_of(number)
        return cls.run_program(output, re.sub(r"\bout\b", output, row.command), row.user)

    @classmethod
    def run_program(cls, mark, command, user=""):
        """What it ends with, after how long, and which of its processes are there then. What it keeps in the system's
        temporary folder goes to one of its own, of which they have the name in their environment."""
        temporary = cls.place / "tmp" / mark
        temporary.mkdir(parents=True, exist_ok=True)
        temporary.chmod(0o777)
        as_user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if user == "nobody" and os.geteuid() == 0 else {}
        arguments = [MPIEXEC, "-n", RANKS, cls.program, *shlex.split(command)]
        for _ in range(3):
            began = time.monotonic()
            with subprocess.Popen(arguments, cwd=cls.folder, text=True, errors="replace", stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                  env=os.environ | ENDS_AT_ONCE | {"TMPDIR": str(temporary)}, **as_user) as process:
                try:
                    out, err = process.communicate(timeout=2 * MOST_SECONDS)
                except subprocess.TimeoutExpired:
                    out, err = cls.end(process, str(temporary).encode())
            if not NO_ROOM_OF_ITS_OWN.search(err):
                break
        seconds = time.monotonic() - began
        left = list(cls.processes(str(temporary).encode()).values())
        kept = [str(path) for path in temporary.rglob("*") if not path.is_dir()]
        return subprocess.CompletedProcess(arguments, process.returncode, out, err), seconds, left, kept

    @classmethod
    def end(cls, process, mark):
        """Ends a launch: by SIGTERM, which mpiexec passes on; if it ignores that, by SIGKILL, as do the ranks, which have
        groups of their own. What it has written, with a line about that."""
        process.terminate()
        try:
            out, err = process.communicate(timeout=MOST_SECONDS)
            return out, err + "\nit did not end by itself"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            for number in cls.processes(mark):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            out, err = process.communicate()
            return out, err + "\nit did not end by itself, nor by SIGTERM, and was killed"

    @staticmethod
    def processes(mark):
        """Those with this in their environment: their commands by their numbers."""
        found = {}
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes():
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
            except OSError:
                pass  # it has ended, or is somebody else's
        return found

    @classmethod
    def state(cls):
        """Every file of the folder, with what tells that it was touched."""
        found = {}
        for path in cls.folder.rglob("*"):
            status = path.lstat()
            is_folder = path.is_dir() and not path.is_symlink()
            found[str(path.relative_to(cls.folder))] = \
                None if is_folder else (status.st_size, status.st_mtime_ns, status.st_ino, status.st_mode)
        return found

    def check(self, number, row):
        done, seconds, left, kept = self.done[number]
        message = message_of(done.stderr)
        if SHOW:
            print(f"\n{done.returncode} {row.command[:200]}\n{message or done.stderr}")
        self.assertEqual(left, [])
        self.assertEqual(kept, [])
        self.assertEqual(done.returncode, row.code, done.stderr)
        self.assertEqual(done.stderr.count("fleetsne: "), 1, done.stderr)
        for part in row.parts:
            self.assertIn(part, message)
        for problem in problems_of(message):
            self.assertRegex(problem, FORM)
        self.assertEqual(done.stdout, "")
        self.assertLess(seconds, MOST_SECONDS)
        output = output_of(number)
        mine = {name for name in self.after if name.split("/")[0] == output}
        self.assertEqual(mine, {name.replace("out", output, 1) for name in row.leaves})

    def test_nothing_else_is_left_and_nothing_is_changed(self):
        others = {name: status for name, status in self.after.items() if not re.match(r"out-\d", name)}
        changed = {name for name in others.keys() | self.before.keys() if others.get(name, "-") != self.before.get(name, "-")}
        self.assertEqual(changed, set())


def name_of(number, row):
    return f"test_{number:03}_" + re.sub(r"\W+", "_", row.command[:100]).strip("_")


def is_wanted(number, row):
    asked = [argument for argument in sys.argv[4:] if argument != "--show"]
    return not asked or any(f"test_{number:03}" in argument for argument in asked)


assert len(TABLE) >= 60 and len({(row.command, row.user) for row in TABLE}) == len(TABLE)
for at, entry in enumerate(TABLE):
    setattr(BadInput, name_of(at, entry), lambda self, at=at, entry=entry: self.check(at, entry))

if __name__ == "__main__":
    names = [name for name in dir(BadInput) for argument in sys.argv[4:] if name.startswith(argument)]
    unittest.main(argv=[sys.argv[0], *(f"BadInput.{name}" for name in names)], verbosity=2)
