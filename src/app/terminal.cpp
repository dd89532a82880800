#include "fleetsne/app/terminal.hpp"

#include "fleetsne/run/launch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace fleetsne::app {

bool log_is_terminal() {
  if (isatty(STDERR_FILENO) == 1) return true;
  if (!run::started_by_launcher(run::first_environment())) return false;
  // Rank 0's parent is mpirun where both are on one machine; elsewhere it is a daemon without a terminal.
  std::error_code error;
  const auto launcher = std::filesystem::read_symlink(fmt::format("/proc/{}/fd/2", getppid()), error);
  return !error && (launcher.string().starts_with("/dev/pts/") || launcher.string().starts_with("/dev/tty"));
}

}  // namespace fleetsne::app
