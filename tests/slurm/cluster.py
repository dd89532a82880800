"""A Slurm cluster of two nodes on this machine, for tests: munged, slurmctld and two slurmd of its own, in one folder.

It touches nothing of the system's own configuration, and leaves nothing running.
"""
import os
import pathlib
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time

PATIENCE = float(os.environ.get("FLEETSNE_TEST_TIMEOUT_FACTOR", 1))  # of builds with sanitizers
MISSING = [name for name in ("munged", "slurmctld", "slurmd", "sbatch")
           if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin") is None]


def free_ports(count):
    """Below those that the system gives to whoever asks for any."""
    ports = []
    for port in random.Random(os.getpid()).sample(range(20000, 32000), 1000):
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            break
    return ports


class Cluster:
    """Use as a context. `run` runs a Slurm command, `submit` a job, `wait` waits for its end."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fleetsne-slurm-"))
        os.chmod(self.folder, 0o755)
        self.daemons = []
        self.queued = {}  # jobs that wait for their time to begin, since when
        try:
            self._start_munge()
            self._write_config()
            for daemon in (["slurmctld", "-D"], ["slurmd", "-D", "-N", "node1"], ["slurmd", "-D", "-N", "node2"]):
                self._daemon(daemon[0], [*daemon, "-f", self.folder / "slurm.conf"])
            self.until(lambda: self.run("sinfo", "-h", "-o", "%D %T").stdout.split() == ["2", "idle"], "two idle nodes")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if len(self.daemons) == 4:
            self._end_jobs()
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(timeout=15)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_jobs(self):
        """A test that fails may leave jobs, which would outlive the daemons."""
        try:
            self.run("scancel", "--me")
            deadline = time.monotonic() + 30
            while self.run("squeue", "-h").stdout.strip() and time.monotonic() < deadline:
                time.sleep(0.2)
        except (OSError, subprocess.SubprocessError):
            pass  # there is no controller to ask

    def _daemon(self, name, command):
        path = os.environ["PATH"] + ":/usr/sbin"
        with open(self.folder / f"{name}.{len(self.daemons)}.out", "wb") as log:
            self.daemons.append(subprocess.Popen([shutil.which(command[0], path=path), *map(str, command[1:])], stdout=log,
                                                 stderr=subprocess.STDOUT, env=os.environ | {"PATH": path}))

    def _start_munge(self):
        munge = self.folder / "munge"
        munge.mkdir(mode=0o755)
        (munge / "key").write_bytes(os.urandom(1024))
        os.chmod(munge / "key", 0o600)
        self._daemon("munged", ["munged", "--foreground", "--force", f"--key-file={munge}/key", f"--socket={munge}/socket",
                                f"--pid-file={munge}/pid", f"--seed-file={munge}/seed", f"--log-file={munge}/log",
                                "--num-threads=2"])
        self.until((munge / "socket").exists, "munged's socket")

    def _write_config(self):
        control, first, second = free_ports(3)
        folder, user = self.folder, pwd.getpwuid(os.getuid()).pw_name
        (folder / "state").mkdir()
        (folder / "mpi.conf").write_text(f"PMIxCliTmpDirBase={folder}\n")  # jobs of two clusters have the same numbers
        (folder / "slurm.conf").write_text(f"""
ClusterName=fleetsne
SlurmctldHost={socket.gethostname()}(127.0.0.1)
SlurmctldPort={control}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdTimeout=15
KillWait=20
MinJobAge=600
JobRequeue=1
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0
NodeName=node1 NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 Port={first} CPUs=2 State=UNKNOWN
NodeName=node2 NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 Port={second} CPUs=2 State=UNKNOWN
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=spare Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=CANCEL
PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=9
""")

    def until(self, what, called, limit=180):
        deadline = time.monotonic() + limit * PATIENCE
        while not what():
            for daemon in self.daemons:
                if daemon.poll() is not None:
                    raise RuntimeError(f"{daemon.args[0]} ended with {daemon.returncode}:\n{self.logs()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{called} did not come in {limit} s:\n{self.logs()}")
            time.sleep(0.2)

    def logs(self):
        files = [*self.folder.glob("*.log"), *self.folder.glob("*.out"), *self.folder.glob("munge/log"), *self._open_jobs()]
        return "\n".join(f"== {file.name}\n{file.read_text(errors='replace')[-3500:]}" for file in files)

    def _open_jobs(self):
        """Logs of the jobs that have not ended."""
        try:
            jobs = [self.job(number) for number in self.run("squeue", "-h", "-o", "%A").stdout.split()]
        except (OSError, subprocess.SubprocessError):
            return []  # there is no controller to ask
        logs = {pathlib.Path(job["StdOut"]) for job in jobs if "StdOut" in job}
        return [log for log in sorted(logs) if log.exists()]

    def run(self, *command, **options):
        """With `environment` beside that of the test; what is None there is left out."""
        wanted = os.environ | {"SLURM_CONF": str(self.folder / "slurm.conf")} | options.pop("environment", {})
        environment = {name: value for name, value in wanted.items() if value is not None}
        return subprocess.run([str(part) for part in command], text=True, capture_output=True, env=environment, timeout=60,
                              **options)

    def submit(self, *arguments, **options):
        done = self.run("sbatch", "--parsable", *arguments, **options)
        if done.returncode != 0:
            raise RuntimeError(f"sbatch: {done.stderr}")
        return int(done.stdout.split(";")[0])

    def job(self, number):
        """What Slurm says of a job, as a dictionary."""
        said = self.run("scontrol", "show", "job", number, "--oneliner").stdout
        return dict(pair.split("=", 1) for pair in said.split() if "=" in pair)

    def ended(self, number):
        """Whether it has, for good. Of a job that is queued again, its wait for the time to begin is cut short."""
        job = self.job(number)
        if job.get("Reason") == "BeginTime":  # queued again: Slurm lets two minutes pass, 6 s do for its credentials
            self.queued.setdefault(number, time.monotonic())
            if time.monotonic() - self.queued[number] > 6:
                self.run("scontrol", "update", f"jobid={number}", "StartTime=now")
                del self.queued[number]
        return job.get("JobState") in ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY")

    def wait(self, number, limit=300):
        """The job's state and exit code when it has ended for good."""
        self.until(lambda: self.ended(number), f"the end of job {number}", limit)
        found = self.job(number)
        return found["JobState"], int(found["ExitCode"].split(":")[0])
