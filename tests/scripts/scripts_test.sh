#!/bin/bash
# What the scripts do in a machine that lacks packages, seen through stand-ins for dpkg-query, apt-get, sudo, cmake, mpirun.
#   scripts_test.sh ROOT
set -euo pipefail

root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
  echo "FAILED: $1"
  sed 's/^/  | /' "$work/output" "$work/calls"
  failed=1
}
expect_output() { grep -q -- "$1" "$work/output" || fail "expected in the output: $1"; }
expect_call() { grep -q -- "$1" "$work/calls" || fail "expected a call: $1"; }
expect_no_call() { if grep -q -- "$1" "$work/calls"; then fail "unexpected call: $1"; fi; }

# stand_in NAME CODE: a program that records its call and then does CODE.
stand_in() {
  printf '#!/bin/bash\necho "%s $*" >>"%s"\n%s\n' "$1" "$work/calls" "$2" >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}

# start EXPECTED-EXIT-CODE COMMAND...: runs it with the stand-ins before the machine's own programs.
start() {
  local expected=$1 code=0
  shift
  : >"$work/calls"
  PATH="$work/bin:$PATH" "$@" >"$work/output" 2>&1 </dev/null || code=$?
  [ "$code" -eq "$expected" ] || fail "exit code $code, expected $expected: $*"
}

fresh() {
  rm -rf "${work:?}/bin"
  mkdir -p "$work/bin"
  stand_in dpkg-query 'echo installed'
  stand_in apt-get ''
  stand_in apt-cache ''
  stand_in id 'echo 0'
  # shellcheck disable=SC2016  # for the stand-in to expand
  stand_in sudo '"$@"'
}

install=(bash "$root/jobs/install-packages.sh")

fresh # everything is there
start 0 "${install[@]}" --tests
expect_output 'all .* are installed'
expect_no_call 'apt-get'

fresh # two are missing, and named; lists are fetched only if they do not know a package
# shellcheck disable=SC2016
missing='case "$*" in *libfftw3-mpi-dev* | *jq*) exit 1 ;; *) echo installed ;; esac'
stand_in dpkg-query "$missing"
start 0 "${install[@]}"
expect_output 'to install: libfftw3-mpi-dev jq$'
expect_call 'apt-get install .*--no-install-recommends libfftw3-mpi-dev jq$'
expect_no_call 'apt-get update'
expect_no_call 'sudo'

fresh # a package that was removed but left its configuration is missing
stand_in dpkg-query 'echo config-files'
start 0 "${install[@]}"
expect_call 'apt-get install .* g++ '

fresh # no lists yet
stand_in dpkg-query "$missing"
stand_in apt-cache 'exit 100'
start 0 "${install[@]}"
expect_call 'apt-get update'

fresh # lists that are too old: fetched, then tried again, once
stand_in dpkg-query "$missing"
# shellcheck disable=SC2016
stand_in apt-get '[ "$1" = update ] || [ "$(grep -c "apt-get update" "'"$work/calls"'")" -gt 0 ] || exit 100'
start 0 "${install[@]}"
[ "$(grep -c 'apt-get install' "$work/calls")" -eq 2 ] || fail "expected two attempts"

fresh # what cannot be installed fails
stand_in dpkg-query "$missing"
stand_in apt-get 'exit 100'
start 100 "${install[@]}"

fresh # sudo is used by users, not by root
stand_in dpkg-query "$missing"
stand_in id 'echo 1000'
start 0 "${install[@]}"
expect_call 'sudo env DEBIAN_FRONTEND=noninteractive apt-get install'

fresh
start 2 "${install[@]}" --nonsense
expect_output 'unknown argument'
start 0 "${install[@]}" --list
expect_output '^libhdf5-openmpi-dev$'
start 0 "${install[@]}" --list --benchmark
expect_output '^r-cran-rtsne$'

# The benchmark's arguments; what it does with good ones is benchmark_test.sh's.
for wrong in --nonsense '--rows 0' '--runs two' --threads '--perplexity 0' '--programs fleetsne,phate' \
  '--fleetsne no-such-file'; do
  # shellcheck disable=SC2086  # an argument and its value
  start 2 bash "$root/jobs/benchmark.sh" $wrong
  expect_output '^ *--programs LIST'
  expect_no_call '.'
done

# The scaling table's arguments; the rest is scaling_test.sh's.
for wrong in --nonsense '--rows-generated 0' '--rows-timed few' --output '--perplexity 4' '--only tables' '--latency 0' \
  '--data generated,fashion-mnist' '--fleetsne no-such-file'; do
  # shellcheck disable=SC2086  # an argument and its value
  start 2 bash "$root/jobs/scaling.sh" $wrong
  expect_output '^ *--rows-timed N'
  expect_output '^ *--output DIR'
  expect_no_call '.'
done
for wrong in '1 two' '1 0' ''; do
  start 2 bash "$root/jobs/scaling.sh" --ranks "$wrong"
  expect_output '--ranks needs whole numbers'
done
start 2 bash "$root/jobs/scaling.sh" --iterations 30
expect_output '--iterations needs two whole numbers'

# What the archive does not have comes from PyPI, into a virtual environment of the tree, once.
mkdir -p "$work/tree"
cp -r "$root/jobs" "$work/tree/jobs"
fresh
# shellcheck disable=SC2016
stand_in dpkg-query 'case "$*" in *python3-anndata*) exit 1 ;; *) echo installed ;; esac'
# shellcheck disable=SC2016
stand_in python3 'mkdir -p "${@: -1}/bin"; printf "#!/bin/sh\necho pip \$* >>%s\n" '"$work/calls"' >"${@: -1}/bin/pip"; chmod +x "${@: -1}/bin/pip"'
start 0 bash "$work/tree/jobs/install-packages.sh" --tests
expect_call 'apt-get install .* python3-venv$'
expect_call 'pip install --quiet anndata==[0-9.]*$'
start 0 bash "$work/tree/jobs/install-packages.sh" --tests
expect_output 'all .* are installed'
expect_no_call 'pip'
rm -r "$work/tree/build"
stand_in apt-cache 'echo "python3-anndata | 0.8.0-4 | the archive"'
start 0 bash "$work/tree/jobs/install-packages.sh" --tests
expect_call 'apt-get install .* python3-anndata$'
expect_no_call 'pip'

# The quickstart, in a copy of the tree that has only its scripts.
house="$work/house"
mkdir -p "$house"
cp -r "$root/jobs" "$house/jobs"
fresh
stand_in cmake 'mkdir -p build/release; [ -e build/release/fleetsne ] || touch -d "1 hour ago" build/release/fleetsne'
# shellcheck disable=SC2016
stand_in mpirun 'mkdir -p out/fashion-mnist; cd out/fashion-mnist; touch embedding.h5ad embedding.npy embedding.png
  echo "{\"points\":70000,\"ranks\":2,\"exit_code\":0,\"stages\":[{\"name\":\"read\",\"wall_seconds\":1.5},{\"name\":\"optimize\",\"wall_seconds\":2.25}],\"neighbors\":{\"recall\":0.9975},\"optimize\":{\"kl\":2.31}}" >report.json'
start 0 bash "$house/jobs/quickstart.sh"
expect_call 'mpirun -n 2 build/release/fleetsne embed .*train-images-idx3-ubyte.gz .*t10k-images.* --perplexity 50 .*--output out/fashion-mnist --force'
expect_output 'read  *1.5 s'
expect_output 'all stages  *3.75 s'
expect_output 'neighbour recall  *0.9975'
expect_output 'final KL  *2.31'
expect_output 'out/fashion-mnist/embedding.h5ad$'

start 0 bash "$house/jobs/quickstart.sh" # a second time there is nothing left to compute
expect_no_call 'mpirun'
expect_output 'newer than the program'
expect_output 'final KL  *2.31'

start 0 bash "$house/jobs/quickstart.sh" --again
expect_call 'mpirun'

touch -d '1 hour' "$house/build/release/fleetsne" # the program was built anew
start 0 bash "$house/jobs/quickstart.sh"
expect_call 'mpirun'

touch -d '1 hour ago' "$house/build/release/fleetsne" # an earlier run failed
sed -i 's/"exit_code":0/"exit_code":5/' "$house/out/fashion-mnist/report.json"
start 0 bash "$house/jobs/quickstart.sh"
expect_call 'mpirun'

stand_in mpirun 'exit 5'
start 5 bash "$house/jobs/quickstart.sh" --again

# The tests: one build, every test, the exit code of ctest.
mkdir -p "$house/.ci" "$house/tests/fuzz"
echo 'echo fuzzed' >"$house/tests/fuzz/run.sh"
cp "$root/.ci/run" "$house/.ci/run"
cp "$root/tests/run.sh" "$house/tests/run.sh"
stand_in ctest 'echo "100% tests passed"'
CI=true start 0 bash "$house/.ci/run"
expect_call 'cmake --preset dev'
expect_call 'ctest --preset dev'
[ "$(tail -n 1 "$work/output")" = '100% tests passed' ] || fail "ctest's summary is not last"
stand_in ctest 'exit 8'
start 8 bash "$house/.ci/run"

# The batch scripts: what the program is given at each start of a job, and what becomes of the job.
fresh
job=(env -u SLURM_JOB_END_TIME SLURM_JOB_ID=57 SLURM_NTASKS=2)
stand_in scontrol ''
stand_in squeue 'date -d "1 hour" +%FT%T'
embed=(bash "$root/jobs/embed.sbatch" rows.npy --output "$work/out") sweep=(bash "$root/jobs/sweep.sbatch" sweep.cfg --output "$work/out")
stand_in mpirun 'exit 75'
for script in embed sweep; do
  declare -n start_of=$script
  start 75 "${job[@]}" "${start_of[@]}"
  expect_call 'scontrol requeue 57$'
  start 75 "${job[@]}" SLURM_ARRAY_JOB_ID=57 SLURM_ARRAY_TASK_ID=4 "${start_of[@]}" # the last task: the others are none of its business
  expect_call 'scontrol requeue 57_4$'
done
expect_call 'mpirun -n 2 --map-by slot:PE=1 --bind-to core fleetsne sweep sweep.cfg --output .*/out --index 4$'
stand_in scontrol 'echo "Job is not requeueable" >&2; exit 1'
for script in embed sweep; do
  declare -n start_of=$script
  start 75 "${job[@]}" "${start_of[@]}"
  expect_output 'job 57 is not put back into the queue, as Slurm refuses'
done
stand_in scontrol ''
start 75 "${job[@]}" "${embed[@]}" --resume never # the last one wins
expect_call 'mpirun -n 2 .* fleetsne embed --resume auto rows.npy .* --resume never$'
start 75 "${job[@]}" FLEETSNE_COMMAND=plot "${embed[@]}"
expect_call 'mpirun -n 2 .* fleetsne plot rows.npy --output [^ ]*/out$'
for script in embed sweep; do
  declare -n start_of=$script
  stand_in squeue 'echo "COMPLETING None"' # cancelled
  start 75 "${job[@]}" "${start_of[@]}"
  expect_no_call 'scontrol requeue'
  expect_output 'Slurm has ended job 57'
  stand_in squeue 'echo "COMPLETING TimeLimit"'
  start 75 "${job[@]}" "${start_of[@]}"
  expect_call 'scontrol requeue 57$'
done
# Outside of a job: what to ask for, also if this machine itself has not the memory.
outside=(env -u SLURM_JOB_ID "${embed[@]:0:2}" "my rows.npy" --output out --dry-run)
stand_in fleetsne 'echo "RESULT points=9 ranks=1 threads=1 seconds=60.0 peak_memory_bytes=2000000000 available_bytes=9"; exit 2'
start 0 "${outside[@]}"
expect_output '--mem 3001M --time 6 .*embed.sbatch my\\ rows.npy --output out$'
stand_in fleetsne 'exit 3'
start 3 "${outside[@]}"
start 2 env FLEETSNE_COMMAND=affinity "${outside[@]}"
expect_output 'affinity has no --dry-run'
# When the job ends is known to the program.
stand_in squeue 'date -d "1 hour" +%FT%T'
# shellcheck disable=SC2016
stand_in mpirun 'echo "ends at $SLURM_JOB_END_TIME"'
for script in embed sweep; do
  declare -n start_of=$script
  start 0 "${job[@]}" "${start_of[@]}"
  expect_output 'ends at [1-9][0-9]*$'
done
# A launcher that ends with 0 has only started the program if that has printed its result.
stand_in mpirun 'exit 0'
for script in embed sweep; do
  declare -n start_of=$script
  start 1 "${job[@]}" "${start_of[@]}"
  expect_output "$script.sbatch: mpirun ended with 0, but the program has printed no result"
  expect_no_call 'scontrol requeue'
done
# Ranks are placed node by node; where Slurm counts hardware threads, a rank has half as many cores.
stand_in mpirun 'echo done'
start 0 "${job[@]}" SLURM_NTASKS_PER_NODE=4 SLURM_CPUS_PER_TASK=4 "${embed[@]}"
expect_call 'mpirun -n 2 --map-by ppr:4:node:PE=4 --bind-to core fleetsne'
stand_in scontrol 'echo "NodeName=n1 CoresPerSocket=8 CPUAlloc=8 CPUTot=32 Sockets=2 ThreadsPerCore=2 State=MIXED"'
start 0 "${job[@]}" SLURM_NTASKS_PER_NODE=4 SLURM_CPUS_PER_TASK=4 "${embed[@]}"
expect_call 'mpirun -n 2 --map-by ppr:4:node:PE=2 --bind-to core fleetsne'
start 0 "${job[@]}" FLEETSNE_PLACEMENT="--map-by slot --bind-to none" "${embed[@]}"
expect_call 'mpirun -n 2 --map-by slot --bind-to none fleetsne'
stand_in scontrol ''
# In a job the script is a copy in Slurm's folder; what belongs to it is where it was submitted.
mkdir -p "$work/spool" "$work/my jobs"
cp "$root/jobs/embed.sbatch" "$work/spool/slurm_script"
start 2 "${job[@]}" bash "$work/spool/slurm_script" rows.npy --output out
expect_output 'embed.sbatch: batch.sh is not in '
cp "$root"/jobs/{batch.sh,launcher.sh,embed.sbatch} "$work/my jobs"
stand_in scontrol "echo 'JobId=57'; echo '   Command=$work/my jobs/embed.sbatch rows.npy --output /o/x --submit $work/other/x.sbatch'"
start 0 "${job[@]}" bash "$work/spool/slurm_script" rows.npy --output out
stand_in scontrol ''
# Told to end before anything is launched, and before what is launched listens.
for script in embed sweep; do
  declare -n start_of=$script
  # shellcheck disable=SC2016  # what the stand-in expands
  stand_in squeue 'case "$*" in *%e) kill -TERM "$(ps -o ppid= "$PPID" | tr -d " ")" ;; esac; date -d "1 hour" +%FT%T'
  stand_in mpirun 'exit 0'
  start 76 "${job[@]}" "${start_of[@]}"
  expect_no_call mpirun
  expect_call 'scontrol requeue 57$'
  stand_in squeue 'date -d "1 hour" +%FT%T'
  # shellcheck disable=SC2016
  stand_in mpirun 'kill -TERM "$PPID"; exec sleep 10'
  start 76 "${job[@]}" "${start_of[@]}"
  expect_call 'scontrol requeue 57$'
done
# Preempted, mpirun is ended with the job; what Slurm queues again by itself has a restart more, an earlier start's is none of this.
# shellcheck disable=SC2016  # what the stand-in expands
stand_in mpirun 'trap "" USR2; kill -TERM "$PPID"; sleep 0.3; exit 143'
for script in embed sweep; do
  declare -n start_of=$script
  stand_in scontrol 'echo "JobId=57 Restarts=0 StartTime=2026-11-27T10:00:00 PreemptTime=2026-11-27T10:05:00 Nice=0"'
  start 143 "${job[@]}" "${start_of[@]}"
  expect_call 'scontrol requeue 57$'
  for said in 'Restarts=1 StartTime=2026-11-27T10:00:00 PreemptTime=2026-11-27T10:05:00' \
    'Restarts=0 StartTime=2026-11-27T10:00:00 PreemptTime=2026-11-27T09:05:00' \
    'Restarts=0 StartTime=2026-11-27T10:00:00 PreemptTime=None'; do
    stand_in scontrol "echo 'JobId=57 $said Nice=0'"
    start 143 "${job[@]}" "${start_of[@]}"
    expect_no_call 'scontrol requeue'
  done
done
stand_in scontrol ''
stand_in squeue 'date -d "1 hour" +%FT%T'
stand_in mpirun 'exit 5'
start 5 "${job[@]}" "${embed[@]}"
expect_no_call 'scontrol requeue'
stand_in mpirun 'exit 76'
for script in embed sweep; do
  declare -n start_of=$script
  start 76 "${job[@]}" "${start_of[@]}"
  expect_call 'scontrol requeue 57$'
  start 76 "${job[@]}" SLURM_JOB_END_TIME=$(($(date +%s) + 200)) "${start_of[@]}"
  expect_no_call 'scontrol requeue'
  expect_output 'ask for more --time$'
  start 76 "${job[@]}" SLURM_JOB_END_TIME=$(($(date +%s) + 400)) "${start_of[@]}"
  expect_call 'scontrol requeue 57$'
done
stand_in squeue 'date -d "1 minute" +%FT%T'
start 76 "${job[@]}" "${embed[@]}"
expect_no_call 'scontrol requeue'
stand_in squeue '' # and what it does not know is not now
start 76 "${job[@]}" "${embed[@]}"
expect_call 'scontrol requeue 57$'
for again in --force --force=true --output.force; do # begins anew once
  start 76 "${job[@]}" SLURM_RESTART_COUNT=0 "${sweep[@]}" "$again" --retry
  expect_call "mpirun .* $again --retry\$"
  start 76 "${job[@]}" SLURM_RESTART_COUNT=1 "${sweep[@]}" "$again" --retry
  expect_call 'mpirun .*/out --retry$'
  start 76 "${job[@]}" SLURM_RESTART_COUNT=1 "${embed[@]}" "$again" # nothing was kept
  expect_call "mpirun .* $again\$"
  for kept in "$work/out/checkpoint" "$work/out.checkpoint"; do
    mkdir -p "$kept"
    start 76 "${job[@]}" SLURM_RESTART_COUNT=0 "${embed[@]}" "$again"
    expect_call "mpirun .* $again\$"
    start 76 "${job[@]}" SLURM_RESTART_COUNT=1 "${embed[@]}" "$again"
    expect_call 'mpirun .*/out$'
    rmdir "$kept"
  done
done

[ "$failed" -eq 0 ] && echo "all as promised"
exit "$failed"
