#include "fleetsne/app/program.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/environment.hpp"
#include "fleetsne/run/launch.hpp"

#include <string>
#include <vector>

int main(int argc, char** argv) {
  const auto variables = fleetsne::run::first_environment();
  const fleetsne::comm::Environment environment(argc, argv);
  const auto comm = fleetsne::comm::Communicator::world();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return fleetsne::app::exit_code_of(comm, [&] {
    fleetsne::comm::agree(comm, [&] {
      fleetsne::run::expect_own_launcher(variables, comm.size(), fleetsne::comm::mpi_library_version());
    });
    return fleetsne::app::run_program(comm, arguments);
  });
}
