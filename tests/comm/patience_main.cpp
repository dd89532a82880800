// Waits that are shorter than the patience, many of them together longer, and then one for a rank that never
// comes. With an argument MPI_Abort does not return either.
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/environment.hpp"
#include "fleetsne/comm/patience.hpp"

#include <mpi.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

namespace {
bool stuck = false;
}

/// In place of the library's, which calls it PMPI_Abort.
extern "C" int MPI_Abort(MPI_Comm comm, int code) {
  while (stuck) ::usleep(1000);
  return PMPI_Abort(comm, code);
}

int main(int argc, char** argv) {
  stuck = argc > 1;
  const fleetsne::comm::Environment environment(argc, argv);
  const auto comm = fleetsne::comm::Communicator::world();
  fleetsne::comm::set_patience(2, comm.rank());
  for (int wait = 0; wait < 4; ++wait) {
    if (comm.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(800));
    comm.barrier();
  }
  if (comm.rank() == 0) std::fputs("short waits are waited\n", stderr);
  if (comm.rank() == 1) ::pause();
  comm.barrier();
  return 0;
}
