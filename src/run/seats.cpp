#include "fleetsne/run/seats.hpp"

#include "fleetsne/comm/patience.hpp"
#include "fleetsne/run/placement.hpp"

#include <fmt/format.h>
#include <omp.h>

namespace fleetsne::run {
namespace {

/// More are a slip of the pen, and OpenMP dies on what the system cannot start.
constexpr int most_threads = 1024;

}  // namespace

Seats take_seats(const comm::Communicator& comm, const ExecutionConfig& config, base::Log& log) {
  const Placement place = placement(comm);
  const Seats seats{.threads = config.threads > 0 ? config.threads : place.cpus_fewest, .hosts = place.hosts};
  omp_set_num_threads(seats.threads);
  comm::set_patience(60 * config.patience, comm.rank());
  log.info(fmt::format("{} rank{} of {} thread{} on {} host{}", comm.size(), comm.size() == 1 ? "" : "s",
                       seats.threads, seats.threads == 1 ? "" : "s", seats.hosts,
                       seats.hosts == 1 ? "" : "s"));
  if (seats.threads > place.cpus_fewest)
    log.warn(fmt::format(
        "{} threads a rank share {} CPU{} (that is what the launcher gave). Start with mpirun --bind-to "
        "none, or fewer threads",
        seats.threads, place.cpus_fewest, place.cpus_fewest == 1 ? "" : "s"));
  else if (config.threads == 0 && place.cpus_unused > 0)
    log.info(fmt::format(
        "{} CPU{} of a host stay idle (the launcher bound the ranks to the others); mpirun --bind-to none "
        "gives them all",
        place.cpus_unused, place.cpus_unused == 1 ? "" : "s"));
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
