#pragma once

namespace fleetsne::comm {

/// In scope while the first thread is in a call that may wait for other ranks. They may be nested.
class Waiting {
 public:
  Waiting();
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
};

/// How long a rank waits for others in one call: then it takes them for lost, says so and ends all ranks with
/// the exit code of an I/O error. Time in which this process is stopped (suspended by Slurm, say) does not
/// count. MPI libraries wait for ever for a rank that the network has lost.
/// @param seconds  0: for ever, as it is before the first call
/// @param rank     of this process; the first speaks for all, others only if it does not
/// @note Not collective. A thread watches the calls that have a Waiting; at the end of the process it goes.
void set_patience(double seconds, int rank);

}  // namespace fleetsne::comm
