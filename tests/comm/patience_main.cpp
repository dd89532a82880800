// Waits that are shorter than the patience, many of them together longer, and then one for a rank that never
// comes.
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/environment.hpp"
#include "fleetsne/comm/patience.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

int main(int argc, char** argv) {
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
