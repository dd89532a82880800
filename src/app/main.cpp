#include "fleetsne/app/program.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/environment.hpp"

#include <string>
#include <vector>

int main(int argc, char** argv) {
  const fleetsne::comm::Environment environment(argc, argv);
  const auto comm = fleetsne::comm::Communicator::world();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return fleetsne::app::exit_code_of(comm, [&] { return fleetsne::app::run_program(comm, arguments); });
}
