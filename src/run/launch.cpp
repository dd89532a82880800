#include "fleetsne/run/launch.hpp"

#include "fleetsne/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

namespace fleetsne::run {
namespace {

struct Launcher {
  std::string_view variable;  // the number of processes that it started
  std::string_view name;
};

// The nearest first: mpirun inside a step of srun is what started this process. Of Slurm's variables the
// step's, since a batch script has the job's without having been started by srun.
constexpr std::array launchers{
    Launcher{"OMPI_COMM_WORLD_SIZE", "the mpirun of an Open MPI"},
    Launcher{"MV2_COMM_WORLD_SIZE", "the mpirun of MVAPICH"},
    Launcher{"PMI_SIZE", "the mpirun of MPICH or Intel MPI, or srun with PMI"},
    Launcher{"MPI_LOCALNRANKS", "the mpirun of MPICH or Intel MPI"},
    Launcher{"SLURM_STEP_NUM_TASKS", "srun"},
};

/// What a variable is set to.
std::optional<std::string_view> value_of(const std::vector<std::string>& environment,
                                         std::string_view variable) {
  for (const std::string_view entry : environment)
    if (entry.starts_with(variable) && entry.size() > variable.size() && entry[variable.size()] == '=')
      return entry.substr(variable.size() + 1);
  return std::nullopt;
}

/// The number in a variable; 0 if there is none.
int number_in(const std::vector<std::string>& environment, std::string_view variable) {
  const std::string_view text = value_of(environment, variable).value_or("");
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

bool started_by_launcher(const std::vector<std::string>& environment) {
  return value_of(environment, "PMIX_RANK") || value_of(environment, "PMI_RANK") ||
         std::ranges::any_of(
             launchers, [&](const Launcher& one) { return value_of(environment, one.variable).has_value(); });
}

std::vector<std::string> first_environment() {
  std::ifstream file("/proc/self/environ", std::ios::binary);
  std::vector<std::string> entries;
  for (std::string entry; std::getline(file, entry, '\0');) entries.push_back(entry);
  return entries;
}

void expect_own_launcher(const std::vector<std::string>& environment, int ranks, const std::string& library) {
  if (ranks > 1) return;
  for (const Launcher& launcher : launchers) {
    const int started = number_in(environment, launcher.variable);
    if (started == 1) return;
    if (started > 1)
      throw base::UsageError(
          fmt::format("{} is {}, and MPI has 1 rank here ({} started processes that this program's MPI, {}, "
                      "does not know of: each "
                      "would do all the work and write the same output). Start it with the mpirun of that "
                      "MPI or with srun "
                      "--mpi=pmix; if it is meant to run alone, with mpirun -n 1",
                      launcher.variable, started, launcher.name, library));
  }
}

}  // namespace fleetsne::run
