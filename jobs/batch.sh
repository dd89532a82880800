# shellcheck shell=bash
# What embed.sbatch and sweep.sbatch share: how a job starts the program, stops it in time and goes back into the queue.
# They source it; it sources launcher.sh. Both files stand in the folder of the script that was submitted.
#   FLEETSNE_LAUNCHER    mpirun (default) or srun
#   FLEETSNE_PLACEMENT   mpirun's options that place ranks (default: as many cores for each rank as it has threads)
# shellcheck source=launcher.sh
source "$(dirname "${BASH_SOURCE[0]}")/launcher.sh" || exit 2

ranks=${SLURM_NTASKS:-1} threads=${SLURM_CPUS_PER_TASK:-1}
export OMP_NUM_THREADS=$threads OMP_PLACES=${OMP_PLACES:-cores} OMP_PROC_BIND=${OMP_PROC_BIND:-close}
unset SLURM_EXPORT_ENV # of sbatch --export, after which srun, and mpirun by it, would pass on none of these
# A host that the network has lost is noticed within a minute or so, not after eight.
launcher_export keepalive=30,10,3
# File systems of clusters often have no locks, without which HDF5 would refuse to open a file.
export HDF5_USE_FILE_LOCKING=${HDF5_USE_FILE_LOCKING:-FALSE}

# CPUs of Slurm for each core on this node: 2 where it counts hardware threads.
cpus_per_core() {
  local node cpus=0 cores=0
  node=$(scontrol show node "${SLURMD_NODENAME:-}" --oneliner 2>/dev/null)
  [[ $node =~ \ CPUTot=([0-9]+) ]] && cpus=${BASH_REMATCH[1]}
  [[ $node =~ \ CoresPerSocket=([0-9]+) ]] && cores=${BASH_REMATCH[1]}
  [[ $node =~ \ Sockets=([0-9]+) ]] && cores=$((cores * BASH_REMATCH[1]))
  if [ "$cores" -gt 0 ] && [ "$cpus" -gt "$cores" ]; then echo $((cpus / cores)); else echo 1; fi
}

# Sets launch, the command that starts the ranks.
choose_launcher() {
  case "${FLEETSNE_LAUNCHER:-mpirun}" in
    mpirun)
      local placement=${FLEETSNE_PLACEMENT:-}
      [ -n "$placement" ] || placement=$(launcher_placement "${SLURM_NTASKS_PER_NODE:-}" $((threads / $(cpus_per_core))))
      # shellcheck disable=SC2206 # options, one word each
      launch=(mpirun -n "$ranks" $placement)
      ;;
    srun) launch=(srun "--mpi=${SLURM_MPI_TYPE:-pmix}" --ntasks "$ranks" --cpus-per-task "$threads" --kill-on-bad-exit=1) ;;
    *)
      echo "$(basename "$0"): FLEETSNE_LAUNCHER is ${FLEETSNE_LAUNCHER} (known are mpirun and srun)" >&2
      exit 2
      ;;
  esac
}

# mpirun passes these two on; if it were ended itself, it would kill the ranks seconds later.
running="" stopping=0
pass_on() { [ -z "$running" ] || kill "-$1" "$running" 2>/dev/null; }
trap 'pass_on USR1' USR1
trap 'stopping=1; pass_on USR2' TERM

# Sets job and end, and exports the end, by which the program stops in time even if --signal was changed.
find_job() {
  # The last task of an array has the array's own number, by which all of them would be queued again.
  job=$SLURM_JOB_ID
  [ -z "${SLURM_ARRAY_TASK_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
  end=${SLURM_JOB_END_TIME:-} # seconds since 1970; older versions of Slurm have to be asked
  if [ -z "$end" ]; then
    local at
    at=$(squeue --noheader --jobs "$job" --format %e 2>/dev/null)
    end=$(date -d "${at:-unknown}" +%s 2>/dev/null)
  fi
  [ -z "$end" ] || export SLURM_JOB_END_TIME=$end
}

# run_program COMMAND...: starts it on all ranks and sets code to its exit code; 76 if the job was stopped before that.
# A launcher may end with 0 though it started nothing (srun of Slurm 22.05) or lost a host (mpirun of Open MPI 5), and the
# program prints its result last: without a result 0 is a failure.
run_program() {
  local result
  echo "job $job, start $((${SLURM_RESTART_COUNT:-0} + 1)) on ${SLURM_JOB_NODELIST:-this host}: ${launch[*]} $*"
  code=76
  [ "$stopping" -eq 0 ] || return 0
  result=$(mktemp) || exit 4
  # shellcheck disable=SC2064 # its name of now
  trap "rm -f '$result'" EXIT
  "${launch[@]}" "$@" >"$result" &
  running=$!
  [ "$stopping" -eq 0 ] || pass_on USR2
  while kill -0 "$running" 2>/dev/null; do wait "$running"; done # a signal ends a wait, not the run
  code=0
  wait "$running" || code=$?
  cat "$result"
  if [ "$stopping" -eq 1 ] && [ "$code" -eq 140 ]; then code=76; fi # ended by SIGUSR2 before it listened
  if [ "$code" -eq 0 ] && [ ! -s "$result" ]; then
    echo "$(basename "$0"): ${launch[0]} ended with 0, but the program has printed no result (it was not started," \
      "or its host was lost). The reason is above; the same command submitted again continues" >&2
    code=1
  fi
}

# Whether Slurm has preempted this start and means to leave it at that (PreemptMode=CANCEL); what it queues again by itself
# has one restart more by now.
was_preempted() {
  local said began_at="" preempted_at="" restarts=""
  said=$(scontrol show job "$job" --oneliner 2>/dev/null)
  [[ $said =~ \ StartTime=([0-9T:-]+) ]] && began_at=${BASH_REMATCH[1]}
  [[ $said =~ \ PreemptTime=([0-9T:-]+) ]] && preempted_at=${BASH_REMATCH[1]}
  [[ $said =~ \ Restarts=([0-9]+) ]] && restarts=${BASH_REMATCH[1]}
  [[ -n $preempted_at && ! $preempted_at < $began_at && $restarts == "${SLURM_RESTART_COUNT:-0}" ]]
}

# Prints before it asks, as Slurm ends this script at once if it agrees.
requeue() {
  echo "job $job ${1:+$1 }asks Slurm to be put back into the queue"
  scontrol requeue "$job" ||
    echo "job $job is not put back into the queue, as Slurm refuses; the same command submitted again continues" >&2
}

# Ends the job with code, after it was put back into the queue if there is work left and time to ask for.
end_job() {
  if [ "$code" -ne 0 ] && [ "$stopping" -eq 1 ] && was_preempted; then
    requeue "was preempted and"
  elif [ "$code" -eq 76 ] && [ -n "$end" ] && [ $((end - $(date +%s))) -lt 300 ]; then
    echo "nothing could be kept in the time of this job: ask for more --time"
  elif [ "$code" -eq 75 ] || [ "$code" -eq 76 ]; then
    # A job that scancel ends has SIGTERM from Slurm too, keeps a checkpoint and is not wanted back; Slurm calls it completing.
    local state
    state=$(squeue --noheader --jobs "$job" --format "%T %r" 2>/dev/null)
    if [[ $state == @(COMPLETING|CANCELLED)* && $state != *TimeLimit ]]; then
      echo "Slurm has ended job $job; if Slurm does not queue it again, the same command continues"
    else
      requeue ""
    fi
  fi
  exit "$code"
}
