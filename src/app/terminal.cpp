#include "fleetsne/app/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace fleetsne::app {

bool log_is_terminal() {
  if (isatty(STDERR_FILENO) == 1) return true;
  if (std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr) return false;
  // Rank 0's parent is mpirun where both are on one machine; elsewhere it is a daemon without a terminal.
  std::error_code error;
  const auto launcher = std::filesystem::read_symlink(fmt::format("/proc/{}/fd/2", getppid()), error);
  return !error && (launcher.string().starts_with("/dev/pts/") || launcher.string().starts_with("/dev/tty"));
}

}  // namespace fleetsne::app
