#include "fleetsne/run/placement.hpp"

#include "fleetsne/run/control_groups.hpp"

#include <omp.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <vector>

namespace fleetsne::run {
namespace {

/// Where one rank runs.
struct Seat {
  std::array<char, 64> host{};  // a Linux host name has at most 64 characters
  cpu_set_t cpus;               // 1,024 CPUs

  std::string_view name() const { return {host.data(), host.size()}; }
};

Seat my_seat() {
  Seat seat{};
  gethostname(seat.host.data(), seat.host.size());
  CPU_ZERO(&seat.cpus);
  if (sched_getaffinity(0, sizeof seat.cpus, &seat.cpus) != 0) CPU_SET(0, &seat.cpus);
  // OMP_PROC_BIND binds this very thread to one place before main begins: the rank has them all.
  for (int place = 0; place < omp_get_num_places(); ++place) {
    std::vector<int> ids(static_cast<std::size_t>(omp_get_place_num_procs(place)));
    omp_get_place_proc_ids(place, ids.data());
    for (const int cpu : ids)
      if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(cpu, &seat.cpus);
  }
  return seat;
}

}  // namespace

Placement placement(const comm::Communicator& comm) {
  const std::vector<Seat> seats = comm.all_gather(my_seat());
  const Seat& mine = seats[static_cast<std::size_t>(comm.rank())];
  double share = 0;
  cpu_set_t used;
  CPU_ZERO(&used);
  for (const Seat& seat : seats)
    if (seat.name() == mine.name()) CPU_OR(&used, &used, &seat.cpus);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mine.cpus)) continue;
    const auto users = std::count_if(seats.begin(), seats.end(), [&](const Seat& other) {
      return other.name() == mine.name() && CPU_ISSET(cpu, &other.cpus);
    });
    share += 1.0 / static_cast<double>(users);
  }
  std::set<std::string_view> hosts;
  for (const Seat& seat : seats) hosts.insert(seat.name());
  const int bound = std::max(1, static_cast<int>(share + 1e-9));
  const int unused = std::max(0, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - CPU_COUNT(&used));
  const auto here = static_cast<int>(std::ranges::count(seats, mine.name(), &Seat::name));
  constexpr double no_quota = std::numeric_limits<double>::infinity();
  double quota = cpu_quota(control_groups("cpu")).value_or(no_quota);
  const double of_rank = std::max(1.0, std::ceil(quota / here - 1e-9));
  const int cpus = of_rank < bound ? static_cast<int>(of_rank) : bound;
  if (cpus == bound) quota = no_quota;
  quota = comm.all_reduce(quota, comm::Reduction::min);
  return {.hosts = static_cast<int>(hosts.size()),
          .ranks_here = here,
          .cpus_unused = comm.all_reduce(unused, comm::Reduction::max),
          .cpus_fewest = comm.all_reduce(cpus, comm::Reduction::min),
          .cpu_quota = std::isfinite(quota) ? quota : 0};
}

}  // namespace fleetsne::run
