#pragma once

#include "fleetsne/comm/communicator.hpp"

namespace fleetsne::run {

/// How the ranks stand on the machines.
struct Placement {
  int hosts = 1;       ///< different machines
  int ranks_here = 1;  ///< on this rank's machine; alone in differing between ranks
  /// CPUs that no rank may run on, of the machine with the most such.
  int cpus_unused = 0;
  /// CPUs that the rank with the fewest was given: its share of those it shares with others, and no more than
  /// its share of its control groups' quota.
  int cpus_fewest = 1;
  double cpu_quota = 0;  ///< the narrowest that makes a rank's share smaller; 0 if there is none
};

/// A CPU that several ranks of a machine may run on is shared evenly between them, so that bound ranks
/// (mpirun's default for two and more) and unbound ones both count right. Collective.
Placement placement(const comm::Communicator& comm);

}  // namespace fleetsne::run
