"""The man pages and the completion of bash, which come from the table of options as --help does.

Usage: manual_test.py PROGRAM MPIEXEC RANKS
"""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv[1]
ASK = r"""
source "$1" && shift
position=$1 && shift
COMP_WORDS=("$@") COMP_CWORD=$position
_fleetsne
printf '%s\n' "${COMPREPLY[@]}"
"""


def said(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, text=True, capture_output=True, timeout=60).stdout


COMMANDS = said("help", "--commands").split()
HELP = {command: said(command, "--help") for command in COMMANDS}


def spellings(command):
    """Every name of every option, as help has them."""
    heads = re.findall(r"^  (-.*)$", HELP[command].split("\nOptions:\n")[1], re.M)
    return sorted(re.findall(r"(?<!\S)--?[a-z][a-z.-]*", " ".join(heads)))


class Manual(unittest.TestCase):
    def rendered(self, *command):
        """As man shows it, which finds no fault with it."""
        with tempfile.NamedTemporaryFile("w", suffix=".1") as page:
            page.write(said("help", "--man", *command))
            page.flush()
            done = subprocess.run(["man", "--warnings=w", "--local-file", page.name], text=True, capture_output=True, timeout=60,
                                  env=os.environ | {"MANWIDTH": "500", "MANPAGER": "cat", "LC_ALL": "C.UTF-8"})
            if shutil.which("mandoc"):
                linted = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page.name], text=True, capture_output=True)
                faults = [line for line in linted.stdout.splitlines() if "missing date" not in line]  # a build has none
                self.assertEqual(faults, [])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_a_page_for_each_command_has_all_that_help_has(self):
        for command in COMMANDS:
            with self.subTest(command):
                page = self.rendered(command)
                words = set(re.findall(r"(?<!\S)--?[a-z][a-z.-]*(?=[\s,])", page))
                self.assertEqual(sorted(set(spellings(command)) - words), [])
                spaced = " ".join(page.split())
                for paragraph in HELP[command].split("\nOptions:\n")[0].split("\n\n"):
                    text = " ".join(re.sub("^Usage:", "", paragraph).replace("Examples:", "").split())
                    self.assertIn(text, spaced)
                for section in re.findall(r"^\[.*\]$", HELP[command], re.M):
                    self.assertRegex(page, rf"(?m)^ *{re.escape(section)}$")
                self.assertIn("75 stopped early with a checkpoint", spaced)

    def test_the_first_page_names_commands_and_exit_codes(self):
        page = " ".join(self.rendered().split())
        for command in COMMANDS:
            self.assertIn(f"fleetsne-{command}(1)", page)
        house = pathlib.Path(__file__).parents[2]
        promised = re.search(r"^Exit codes: (.*?)\.\n\n", (house / "README.md").read_text(), re.M | re.S).group(1)
        for code in re.findall(r"\d+", promised):
            self.assertRegex(page, rf"EXIT STATUS.* {code} ")

    def test_what_cannot_be_printed_is_refused(self):
        for arguments, part in ((["--man", "embde"], "Did you mean embed?"), (["--completion", "fish"], "bash is the only"),
                                (["--completion"], "bash is the only"), (["--nonsense"], "unknown command")):
            with self.subTest(arguments):
                done = subprocess.run([PROGRAM, "help", *arguments], text=True, capture_output=True, timeout=60)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(part, done.stderr)


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="fleetsne-completion-")))
        cls.script = cls.folder / "completion.bash"
        cls.script.write_text(said("help", "--completion", "bash"))

    def replies(self, *words, at=None):
        """What bash is told when it asks for the last word, or that at the position."""
        asked = subprocess.run(["bash", "--norc", "-c", ASK, "bash", self.script, str(len(words) - 1 if at is None else at), *words],
                               text=True, capture_output=True, timeout=20)
        self.assertEqual((asked.returncode, asked.stderr), (0, ""))
        return asked.stdout.split()

    def test_shellcheck_finds_no_fault_with_it(self):
        checked = subprocess.run(["shellcheck", "--shell=bash", "--enable=quote-safe-variables", self.script], text=True,
                                 capture_output=True, timeout=60)
        self.assertEqual((checked.returncode, checked.stdout), (0, ""))

    def test_commands(self):
        self.assertEqual(sorted(self.replies("fleetsne", "")), sorted([*COMMANDS, "help", "--help", "--version"]))
        self.assertEqual(self.replies("fleetsne", "emb"), ["embed"])
        self.assertEqual(self.replies("build/release/fleetsne", "gen"), ["generate"])
        self.assertEqual(self.replies("mpirun", "-n", "4", "./fleetsne", "gen"), ["generate"])
        self.assertEqual(self.replies("fleetsne", "help", "pl"), ["plot"])
        self.assertEqual(self.replies("fleetsne", "help", "--man", "pl"), ["plot"])
        self.assertEqual(self.replies("fleetsne", "help", "--completion", ""), ["bash"])

    def test_every_option_of_every_command(self):
        for command in COMMANDS:
            first = self.replies("fleetsne", command, "--")
            found = {name for name in first if not name.endswith(".")}
            for section in set(first) - found:
                found.update(self.replies("fleetsne", command, section))
            self.assertEqual(sorted(found | {"-h"}), sorted({*spellings(command), "-h"}), command)

    def test_names_by_section(self):
        self.assertEqual(self.replies("fleetsne", "embed", "--perp"), ["--perplexity"])
        self.assertEqual(self.replies("fleetsne", "embed", "--quality.")[0], "--quality.sample")
        self.assertIn("--optimize.", self.replies("fleetsne", "embed", "--o"))
        self.assertIn("--optimize.momentum", self.replies("mpirun", "-n", "2", "fleetsne", "embed", "rows.npy", "--opt"))
        self.assertEqual(self.replies("fleetsne", "embed", "--dry"), ["--dry-run"])
        self.assertEqual(self.replies("fleetsne", "plot", "--dry"), [])

    def test_values(self):
        for words, expected in (
                (["embed", "--method", ""], ["tsne", "umap"]),
                (["embed", "--method", "=", "u"], ["umap"]),  # as bash splits --method=u
                (["embed", "--method", "="], ["tsne", "umap"]),
                (["embed", "--neighbors.metric", "c"], ["cosine", "correlation"]),
                (["embed", "--init", "s"], ["sample", "spectral"]),
                (["affinity", "--affinity.kind", "m"], ["multiscale", "mixture"]),
                (["embed", "--learning-rate", ""], ["auto", "n/12"]),
                (["embed", "--resume", ""], ["auto", "never"]),
                (["transform", "--start", "w"], ["weighted-mean"]),
                (["embed", "--perplexity", ""], []),
                (["embed", "--force", "--met"], ["--method", "--metric"])):
            with self.subTest(words):
                self.assertEqual(self.replies("fleetsne", *words), expected)

    def test_choices_are_those_of_the_program(self):
        for command in COMMANDS:
            for name, choices in re.findall(r"^  (?:--[a-z-]+, )?(--\S+) ([a-z-]+(?:\|[a-z0-9-]+)+)$", HELP[command], re.M):
                self.assertEqual(self.replies("fleetsne", command, name, ""), choices.split("|"), (command, name))

    def test_tab_in_a_shell(self):
        """A real bash on a terminal, its TAB pressed: also names of files, with blanks, which bash itself completes."""
        for name in ("rows.npy", "a b.npy", "results"):
            (self.folder / name).mkdir() if name == "results" else (self.folder / name).touch()
        for typed, expected in (("fleetsne emb", "fleetsne embed "),
                                ("fleetsne embed ro", "fleetsne embed rows.npy "),
                                ("fleetsne embed a", "fleetsne embed a\\ b.npy "),
                                ("fleetsne embed rows.npy --output re", "fleetsne embed rows.npy --output results/"),
                                ("fleetsne embed --config=ro", "fleetsne embed --config=rows.npy "),
                                ("fleetsne embed --method=u", "fleetsne embed --method=umap "),
                                ("mpirun -n 2 fleetsne embed ro", "mpirun -n 2 fleetsne embed rows.npy "),
                                ("mpirun -n 2 ro", "mpirun -n 2 rows.npy ")):
            with self.subTest(typed):
                self.assertEqual(self.completed(typed), expected)

    def completed(self, typed):
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], {"PATH": os.environ["PATH"], "TERM": "dumb", "PS1": "$ "})
        shown = ""

        def until(pattern):
            nonlocal shown
            deadline = time.monotonic() + 20
            while not re.search(pattern, shown):
                self.assertLess(time.monotonic(), deadline, shown)
                if select.select([terminal], [], [], 0.2)[0]:
                    shown += os.read(terminal, 4096).decode(errors="replace")
            return re.search(pattern, shown)
        try:
            os.write(terminal, b"source completion.bash; bind -x '\"\\C-e\": printf \"<%s>\\\\n\" \"$READLINE_LINE\"'; echo rea''dy\n")
            until(r"ready\r\n\$ ")
            os.write(terminal, typed.encode() + b"\t\x05")
            return until(r"<(.*)>\r\n").group(1)
        finally:
            os.write(terminal, b"\x15exit\n")
            os.close(terminal)
            os.waitpid(child, 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
