// Rank 1 runs out of memory outside any agreement while the others wait for it in a collective.
#include "fleetsne/app/program.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/environment.hpp"

#include <cstdlib>
#include <new>

int main(int argc, char** argv) {
  const fleetsne::comm::Environment environment(argc, argv);
  const auto comm = fleetsne::comm::Communicator::world();
  return fleetsne::app::exit_code_of(comm, [&]() -> int {
    if (comm.rank() == 1) throw std::bad_alloc();
    comm.barrier();
    return EXIT_SUCCESS;
  });
}
