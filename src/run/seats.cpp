#include "fleetsne/run/seats.hpp"

#include "fleetsne/comm/patience.hpp"
#include "fleetsne/run/placement.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>

namespace fleetsne::run {
namespace {

/// More are a slip of the pen, and OpenMP dies on what the system cannot start.
constexpr int most_threads = 1024;

std::string counted(int count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// What OMP_NUM_THREADS says of the outermost level ("4" or "4,2"), the fewest of all ranks; 0 if a rank has
/// none.
int threads_of_environment(const comm::Communicator& comm) {
  const char* const text = std::getenv("OMP_NUM_THREADS");
  int threads = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), threads);
  if (threads < 0 || threads > most_threads) threads = 0;
  return comm.all_reduce(threads, comm::Reduction::min);
}

/// How many threads a rank gets and why, where it is not simply one for each CPU.
void say_threads(const Placement& place, int threads, const std::string& set_by, base::Log& log) {
  const std::string given =
      place.cpu_quota > 0 ? fmt::format("a control group's quota of {:.4g} CPUs leaves a rank {}",
                                        place.cpu_quota, place.cpus_fewest)
                          : fmt::format("the launcher gave a rank {}", counted(place.cpus_fewest, "CPU"));
  if (threads > place.cpus_fewest)
    log.warn(fmt::format("{} a rank share {} ({} sets the threads, and {}). {}", counted(threads, "thread"),
                         counted(place.cpus_fewest, "CPU"), set_by, given,
                         place.cpu_quota > 0 ? "Use fewer threads, or raise the quota"
                                             : "Start with mpirun --bind-to none, or use fewer threads"));
  else if (threads < place.cpus_fewest && set_by == "OMP_NUM_THREADS")
    log.info(fmt::format("OMP_NUM_THREADS is {}, and {}: --threads {} uses them all", threads, given,
                         place.cpus_fewest));
  else if (place.cpu_quota > 0)
    log.info(given);
  else if (set_by.empty() && place.cpus_unused > 0)
    log.info(
        fmt::format("{} of a host stay idle (the launcher bound the ranks to the others); mpirun --bind-to "
                    "none gives them all",
                    counted(place.cpus_unused, "CPU")));
}

}  // namespace

Seats take_seats(const comm::Communicator& comm, const ExecutionConfig& config, base::Log& log) {
  const Placement place = placement(comm);
  const int of_environment = config.threads > 0 ? 0 : threads_of_environment(comm);
  const std::string set_by = config.threads > 0 ? "--threads" : of_environment > 0 ? "OMP_NUM_THREADS" : "";
  const int set = std::max(config.threads, of_environment);
  const Seats seats{.threads = set > 0 ? set : place.cpus_fewest, .hosts = place.hosts};
  omp_set_num_threads(seats.threads);
  comm::set_patience(60 * config.patience, comm.rank());
  log.info(fmt::format("{} of {} on {}", counted(comm.size(), "rank"), counted(seats.threads, "thread"),
                       counted(seats.hosts, "host")));
  say_threads(place, seats.threads, set_by, log);
  return seats;
}

void check_execution(const ExecutionConfig& config, Problems& problems) {
  problems.require(config.threads >= 0 && config.threads <= most_threads,
                   fmt::format("--threads is {} (a rank has 1 to {}). Give 0 for all that it was given",
                               config.threads, most_threads));
  problems.require(
      config.patience >= 0,
      fmt::format("--patience is {} (a time is not negative). Give 0 to wait for ever", config.patience));
  problems.require(!config.quiet || config.log == LogChoice::automatic,
                   "--quiet was given with --log (a quiet run has no log to style). Leave out one of them");
}

}  // namespace fleetsne::run
