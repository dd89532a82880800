"""The batch scripts, submitted to a private Slurm cluster of two nodes.

Usage: slurm_test.py PROGRAM MPIEXEC RANKS [TEST]
"""
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "app"))
import cluster  # noqa: E402
from end_to_end import FILES, PROGRAM, EndToEnd  # noqa: E402
from launcher import settings  # noqa: E402

JOBS = pathlib.Path(__file__).parents[2] / "jobs"
# Two nodes of two CPUs each are one machine of perhaps two: ranks share cores, and none is bound.
CROWDED = {"FLEETSNE": PROGRAM, "FLEETSNE_PLACEMENT": "--map-by slot:OVERSUBSCRIBE --bind-to none", "OMP_PROC_BIND": "false"}
RUN = ["cells.npy", "--perplexity", "15", "--early-iterations", "50", "--optimize.kl-every", "50", "--log", "plain"]


@unittest.skipIf(cluster.MISSING, f"not installed: {cluster.MISSING}")
class Jobs(EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.slurm = cls.enterClassContext(cluster.Cluster())

    def setUp(self):
        super().setUp()
        self.assert_succeeds(self.run_program("generate", "--rows", "4000", "--output", "cells.npy", ranks=1))

    def submit(self, *arguments, options=("--ntasks-per-node", "2"), script="embed.sbatch", environment=None):
        return self.slurm.submit(*options, JOBS / script, *arguments, "--output", self.out, cwd=self.folder,
                                 environment=CROWDED | (environment or {}))

    def log(self, job):
        path = self.folder / f"fleetsne-{job}.log"
        return path.read_text() if path.exists() else ""

    def all_logs(self):
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')}" for path in sorted(self.folder.rglob("*.log")))

    def wait_for_log(self, job, text):
        self.slurm.until(lambda: text in self.log(job), f"'{text}' in the log of job {job}")

    def ended(self, job):
        state = self.slurm.wait(job)
        self.assertEqual(state, ("COMPLETED", 0), self.log(job))
        return json.loads((self.out / "report.json").read_text())

    def processes(self):
        """The folders in /proc of the program's processes in this test's folder."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.path.samefile(process / "exe", PROGRAM) and os.path.samefile(process / "cwd", self.folder):
                    found.append(process)
            except OSError:  # gone meanwhile
                continue
        return found

    def assert_nothing_runs(self):
        """No process of the program is in the test's folder any more."""
        self.slurm.until(lambda: not self.processes(), "the end of all processes", limit=30)

    def test_two_nodes_by_mpirun_and_again(self):
        job = self.submit(*RUN, "--iterations", "100", options=["--nodes", "2", "--ntasks-per-node", "1"])
        report = self.ended(job)
        self.assertEqual(report["ranks"], 2)
        self.assertIn("node[1-2]", self.log(job))
        before = (self.out / "embedding.h5ad").read_bytes()
        again = self.submit(*RUN, "--iterations", "100", options=["--nodes", "2", "--ntasks-per-node", "1"])
        self.assertEqual(self.slurm.wait(again), ("COMPLETED", 0), self.log(again))
        self.assertIn("nothing is left to do", self.log(again))
        self.assertEqual((self.out / "embedding.h5ad").read_bytes(), before)

    def test_outside_of_a_job_it_says_what_to_ask_for(self):
        done = subprocess.run(["bash", JOBS / "embed.sbatch", "cells.npy", "--perplexity", "15", "--output", "out"],
                              cwd=self.folder, text=True, capture_output=True, env=os.environ | CROWDED, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout.splitlines()[-1], r"^  sbatch --ntasks-per-node 1 --cpus-per-task \d+ --mem [1-9]\d*M "
                         r"--time [1-9]\d* .*embed.sbatch cells.npy --perplexity 15 --output out$")
        self.assertFalse((self.folder / "out").exists())

    def test_by_srun(self):
        job = self.submit(*RUN, "--iterations", "50", environment={"FLEETSNE_LAUNCHER": "srun"})
        report = self.ended(job)
        self.assertEqual(report["ranks"], 2)
        self.assertIn("srun --mpi=pmix --ntasks 2", self.log(job))

    @unittest.skipIf(os.cpu_count() < 2, "needs two cores")
    def test_threads_are_bound_to_cores(self):
        """As the script has it, without what this machine's tests need otherwise."""
        plain = {name: None for name in os.environ if name.startswith(("OMPI_MCA", "PRTE_MCA", "OMP_", "HWLOC", "SLURM_"))} | {"FLEETSNE": PROGRAM}
        few = "--export=PATH,HOME,FLEETSNE,FLEETSNE_LAUNCHER," + ",".join(settings("root"))
        for launcher, options in (("mpirun", []), ("srun", []), ("mpirun", [few]), ("srun", [few])):
            with self.subTest(launcher, options=options):
                job = self.slurm.submit("--ntasks-per-node", "1", "--cpus-per-task", "2", *options,
                                        JOBS / "embed.sbatch", *RUN, "--iterations", "100000", "--output", f"{launcher}{len(options)}",
                                        cwd=self.folder, environment=plain | {"FLEETSNE_LAUNCHER": launcher})
                try:
                    self.wait_for_log(job, "Iteration   50")
                    (rank,) = self.processes()
                    cores = [re.search(r"Cpus_allowed_list:\s*(\S+)", (thread / "status").read_text()).group(1)
                             for thread in (rank / "task").iterdir()]
                finally:
                    self.slurm.run("scancel", job)
                    self.slurm.wait(job)
                self.assertIn("1 rank of 2 threads", self.log(job))
                self.assertGreaterEqual(len(set(cores)), 2, cores)
                self.assert_nothing_runs()

    def test_srun_that_launches_nothing(self):
        """In Slurm 22.05 a folder that a killed step has left is enough, and srun itself ends with 0."""
        job = self.submit(*RUN, options=["--hold", "--ntasks-per-node", "2"], environment={"FLEETSNE_LAUNCHER": "srun"})
        (self.slurm.folder / f"spmix_appdir_{os.getuid()}_{job}.0").mkdir()
        self.assertEqual(self.slurm.run("scontrol", "release", job).returncode, 0)
        ended = self.slurm.wait(job)
        if ended == ("COMPLETED", 0):  # Slurm 24.11 takes no notice of it
            self.assertEqual(self.report()["exit_code"], 0)
            return
        self.assertEqual(ended, ("FAILED", 1), self.log(job))
        self.assertIn("srun ended with 0, but the program has printed no result", self.log(job))

    def test_srun_without_pmix(self):
        job = self.submit(*RUN, environment={"FLEETSNE_LAUNCHER": "srun", "SLURM_MPI_TYPE": "none"})
        self.assertEqual(self.slurm.wait(job)[0], "FAILED")
        # Open MPI 4 refuses by itself; with Open MPI 5 each process is a run of its own, which the program refuses.
        self.assertRegex(self.log(job), "OMPI was not built with SLURM's PMI support|SLURM_STEP_NUM_TASKS is 2, and MPI has 1 rank")
        self.assertFalse(self.out.exists())

    def test_a_job_told_to_end_is_queued_again_and_goes_on(self):
        job = self.submit(*RUN, "--iterations", "1500")
        self.wait_for_log(job, "Iteration  100")
        self.assertEqual(self.slurm.run("scancel", "--batch", "--signal=TERM", job).returncode, 0)
        self.wait_for_log(job, "asks Slurm to be put back into the queue")
        report = self.ended(job)
        self.assertIn("start 2", self.log(job))
        self.assertGreater(report["checkpoint"]["resumed_from"], 50)
        self.assertEqual(report["optimize"]["iterations"], 1550)
        self.assertEqual(sorted(os.listdir(self.out)), FILES)
        self.assert_succeeds(self.run_program("embed", *RUN, "--iterations", "1500", "--output", "whole", limit=300))
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), np.load(self.folder / "whole/embedding.npy"))

    def test_a_job_that_is_cancelled_stays_so(self):
        """By srun the ranks have the signal, too, and time to keep a checkpoint."""
        for launcher in ("mpirun", "srun"):
            job = self.submit(*RUN, "--iterations", "100000", "--force", environment={"FLEETSNE_LAUNCHER": launcher})
            self.wait_for_log(job, "Iteration  100")
            self.assertEqual(self.slurm.run("scancel", job).returncode, 0)
            self.assertEqual(self.slurm.wait(job)[0], "CANCELLED", self.log(job))
            self.assertNotIn("start 2", self.log(job))
        self.assertIn(f"Slurm has ended job {job}", self.log(job))
        self.assertTrue(list((self.out / "checkpoint").glob("state-*.h5")))

    def test_a_checkpoint_on_demand(self):
        job = self.submit(*RUN, "--iterations", "1200")
        self.wait_for_log(job, "Iteration   50")
        self.assertEqual(self.slurm.run("scancel", "--batch", "--signal=USR1", job).returncode, 0)
        self.wait_for_log(job, "checkpoint at iteration")
        self.assertGreaterEqual(self.ended(job)["checkpoint"]["written"], 1)

    def test_a_node_set_down(self):
        job = self.submit(*RUN, "--iterations", "1500", "--checkpoint.minutes", "0.01",
                          options=["--nodes", "1", "--ntasks-per-node", "2"])
        self.wait_for_log(job, "checkpoint at iteration")
        node = self.slurm.job(job)["NodeList"]
        down = self.slurm.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
        self.assertEqual(down.returncode, 0, down.stderr)
        try:
            report = self.ended(job)
        finally:
            self.slurm.run("scontrol", "update", f"nodename={node}", "state=resume")
        self.assertIn("resumed_from", report["checkpoint"])
        self.assertEqual(report["optimize"]["iterations"], 1550)
        self.assert_nothing_runs()
        self.assert_succeeds(self.run_program("embed", *RUN, "--iterations", "1500", "--output", "whole", limit=300))
        np.testing.assert_array_equal(np.load(self.out / "embedding.npy"), np.load(self.folder / "whole/embedding.npy"))

    def test_a_sweep_as_arrays_of_jobs_and_as_one(self):
        (self.folder / "sweep.cfg").write_text("[input]\nfiles = cells.npy\n[optimize]\nearly-iterations = 20\niterations = 30\n"
                                               "[plot]\nsize = 100\n[grid]\nperplexity = 5, 15\nexaggeration = 1, 2\n")
        sweep = [PROGRAM, "sweep", "sweep.cfg", "--output", "sweep", "--submit", JOBS / "sweep.sbatch"]
        done = self.slurm.run(*sweep, "--at-once", "2", "--submit-options", "--ntasks-per-node 2",
                              cwd=self.folder, environment=CROWDED)
        self.assertEqual(done.returncode, 0, done.stderr)
        jobs = [int(line.split()[1].rstrip(":")) for line in done.stdout.splitlines()]
        self.assertEqual([line.split(": ")[1] for line in done.stdout.splitlines()],
                         ["1 of neighbours", "2 of affinities", "4 rows of 4", "the table"])
        twice = self.slurm.run(*sweep, cwd=self.folder, environment=CROWDED)
        self.assertEqual(twice.returncode, 2, twice.stderr)
        self.assertIn("has jobs in Slurm already", twice.stderr)
        self.assertEqual(self.slurm.wait(jobs[-1]), ("COMPLETED", 0), self.all_logs())
        with open(self.folder / "sweep/sweep.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["state"], row["ranks"], row["attempts"]) for row in rows], [("done", "2", "1")] * 4)
        again = self.slurm.run(*sweep, cwd=self.folder, environment=CROWDED)
        self.assertEqual((again.returncode, again.stdout), (0, ""), again.stderr)
        self.assertIn("nothing is left to do", again.stderr)
        shutil.rmtree(self.folder / "sweep/rows/perplexity-5_exaggeration-2")
        job = self.slurm.submit("--ntasks-per-node", "2", JOBS / "sweep.sbatch", "sweep.cfg", "--output", "sweep",
                                cwd=self.folder, environment=CROWDED)
        self.assertEqual(self.slurm.wait(job), ("COMPLETED", 0), self.log(job))
        self.assertIn("4 rows: 3 done, 1 to do", self.log(job))

    def test_a_job_that_is_preempted(self):
        """By Slurm's REQUEUE, and by its CANCEL, after which the script itself asks for it."""
        for partition, launcher in (("main", "mpirun"), ("spare", "mpirun"), ("spare", "srun")):
            with self.subTest(partition=partition, launcher=launcher):
                job = self.submit(*RUN, "--iterations", "100000", "--checkpoint.minutes", "0.01", "--force",
                                  environment={"FLEETSNE_LAUNCHER": launcher},
                                  options=["--partition", partition, "--ntasks-per-node", "2"])
                self.wait_for_log(job, "checkpoint at iteration")
                urgent = self.slurm.submit("--partition=urgent", "--nodes=2", "--ntasks-per-node=2", "--wrap", "true",
                                           "--output=urgent.log", cwd=self.folder)
                self.assertEqual(self.slurm.wait(urgent), ("COMPLETED", 0))
                def again():  # and well under way: cancelled while it begins, a step may hang in PMIx
                    return self.slurm.ended(job) or "Iteration" in self.log(job).partition("start 2")[2]
                self.slurm.until(again, "the job's second start")
                self.assertIn("going on from iteration", self.log(job).partition("start 2")[2])
                self.assertEqual("was preempted" in self.log(job), partition == "spare", self.log(job))
                self.assertEqual(self.slurm.job(job)["Restarts"], "1")
                self.slurm.run("scancel", job)
                self.assertEqual(self.slurm.wait(job)[0], "CANCELLED", self.log(job))

    @unittest.skipUnless(os.environ.get("FLEETSNE_SLURM_LIMIT"), "takes some minutes: FLEETSNE_SLURM_LIMIT=1")
    def test_a_job_whose_time_ends(self):
        """Slurm itself sends what --signal asks for, a minute or more before the end."""
        for launcher in ("mpirun", "srun"):
            with self.subTest(launcher):
                shutil.rmtree(self.out, ignore_errors=True)
                job = self.submit(*RUN, "--iterations", "1000000", environment={"FLEETSNE_LAUNCHER": launcher},
                                  options=["--ntasks-per-node", "2", "--time", "2", "--signal", "B:TERM@60"])
                self.slurm.until(lambda: "asks Slurm to be put back into the queue" in self.log(job), "the end of the job's time", limit=150)
                self.assertIn("SIGUSR2 came", self.log(job))
                def again():  # and well under way: cancelled while it begins, a step may hang in PMIx
                    return self.slurm.ended(job) or "Iteration" in self.log(job).partition("start 2")[2]
                self.slurm.until(again, "the job's second start")
                self.assertIn("going on from iteration", self.log(job).partition("start 2")[2])
                self.slurm.run("scancel", job)
                self.assertEqual(self.slurm.wait(job)[0], "CANCELLED", self.log(job))

    def test_bad_input_ends_with_its_code(self):
        job = self.submit("nowhere.npy")
        self.assertEqual(self.slurm.wait(job), ("FAILED", 3), self.log(job))
        self.assertIn("nowhere.npy", self.log(job))
        self.assertFalse(self.out.exists())

    def notebook(self, *launcher):
        """Submits it with configs for less data; what it says of each part, and its last line."""
        configs = self.folder / "configs"
        if not configs.exists():
            shutil.copytree(JOBS.parent / "configs/notebook", configs, ignore=shutil.ignore_patterns("*.png"))
            for config in configs.glob("*.cfg"):
                text = re.sub("iterations = .*", "iterations = 20", config.read_text().replace("25000", "1800"))
                if "[stage." not in text:
                    text = text.replace("[optimize]", "[optimize]\nearly-iterations = 10\niterations = 20")
                config.write_text(text)
        done = self.slurm.run(*launcher, JOBS / "notebook.sbatch", "--ntasks-per-node", "1", "--", "cells.npy", "--labels",
                              "cells-labels.npy", "--output", "notebook", cwd=self.folder,
                              environment=CROWDED | {"FLEETSNE_CONFIGS": str(configs)})
        self.assertEqual(done.returncode, 0, done.stderr)
        *parts, last = done.stdout.splitlines()
        return dict(part.split(": ", 1) for part in parts), last

    def test_the_notebook_by_one_command(self):
        self.assert_succeeds(self.run_program("generate", "--rows", "2000", "--output", "cells.npy", "--force", ranks=1))
        parts, last = self.notebook("bash")
        names = ["aff50", "aff500", "standard", "ex4", "p500", "p500-ex4", "staged", "umap", "picture", "judge"]
        self.assertEqual(list(parts), names)
        self.assertTrue(last.startswith("10 jobs submitted, 10 to end"), last)
        jobs = {name: int(re.search(r"job (\d+)", said).group(1)) for name, said in parts.items()}
        self.assertEqual(parts["ex4"], f"job {jobs['ex4']}, after {jobs['aff50']}")
        again, last = self.notebook("bash")  # nothing is submitted twice
        self.assertEqual(again["judge"], f"job {jobs['judge']} of an earlier call")
        self.assertTrue(last.startswith("0 jobs submitted"), last)
        for name, job in jobs.items():
            log = self.folder / f"notebook/{name}.log"
            self.assertEqual(self.slurm.wait(job), ("COMPLETED", 0), log.read_text() if log.exists() else name)
        judged = json.loads((self.folder / "notebook/quality.json").read_text())["embeddings"]
        self.assertEqual([one["name"] for one in judged], names[2:8])
        for picture in ("standard.png", "all.png"):
            self.assertEqual((self.folder / "notebook" / picture).read_bytes()[:4], b"\x89PNG")
        done, last = self.notebook("bash")
        self.assertEqual((set(done.values()), last), ({"is there"}, "nothing is left to do: all is in notebook"))

        # Of what is lost, that and what is made of it comes anew; from a node it is said in the same words.
        shutil.rmtree(self.folder / "notebook/umap")
        (self.folder / "notebook/quality.json").unlink()
        job = self.slurm.submit("--output", "planner.log", JOBS / "notebook.sbatch", "--ntasks-per-node", "1", "--",
                                "cells.npy", "--output", "notebook", cwd=self.folder, environment=CROWDED)
        self.assertEqual(self.slurm.wait(job), ("COMPLETED", 0), (self.folder / "planner.log").read_text())
        said = (self.folder / "planner.log").read_text()
        umap, judge = (int(re.search(rf"^{name}: job (\d+)", said, re.M).group(1)) for name in ("umap", "judge"))
        self.assertIn(f"judge: job {judge}, after {umap}\n2 jobs submitted, 2 to end", said)
        self.assertEqual(self.slurm.wait(judge), ("COMPLETED", 0))

    def test_the_notebook_says_what_is_missing(self):
        for arguments, part in ((["cells.npy"], "no output folder"), (["--output", "x"], "no input"),
                                (["cells.npy", "--output"], "has no value"), (["cells.npy", "--outptu", "x"], "unknown option")):
            done = self.slurm.run("bash", JOBS / "notebook.sbatch", *arguments, cwd=self.folder)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn(part, done.stderr)
        self.assertFalse((self.folder / "x").exists())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
