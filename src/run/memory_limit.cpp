#include "fleetsne/run/memory_limit.hpp"

#include "fleetsne/run/placement.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>

namespace fleetsne::run {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// The number that a file holds; none if there is no such file, or it says "max".
std::optional<std::int64_t> number_in(const fs::path& file) {
  std::ifstream stream(file);
  std::int64_t value = 0;
  if (stream >> value) return value;
  return {};
}

/// Bytes of files that a group has in memory, active and inactive: they give way when memory is asked for.
std::int64_t cached(const fs::path& statistics, std::string_view prefix) {
  std::ifstream stream(statistics);
  std::string name;
  std::int64_t value = 0, sum = 0;
  while (stream >> name >> value) {
    if (name.starts_with(prefix) && name.ends_with("active_file")) sum += value;
  }
  return sum;
}

/// Bytes that a group leaves; none if it has no limit.
std::optional<std::int64_t> left_in(const ControlGroup& group) {
  const auto most = number_in(group.folder / (group.unified ? "memory.max" : "memory.limit_in_bytes")),
             used = number_in(group.folder / (group.unified ? "memory.current" : "memory.usage_in_bytes"));
  if (!most || !used) return std::nullopt;
  // In version 1, memory.stat counts a group's own files without this prefix.
  const std::int64_t files = cached(group.folder / "memory.stat", group.unified ? "" : "total_");
  return std::max<std::int64_t>(*most - std::max<std::int64_t>(*used - files, 0), 0);
}

std::int64_t address_space() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(limit.rlim_cur);
}

}  // namespace

std::optional<std::int64_t> available_in(const std::string& meminfo) {
  std::istringstream lines(meminfo);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::int64_t kilobytes = 0;
    if (words >> name >> kilobytes && name == "MemAvailable:") return 1024 * kilobytes;
  }
  return {};
}

std::optional<std::int64_t> available_in_groups(const std::vector<ControlGroup>& groups) {
  std::optional<std::int64_t> least;
  for (const ControlGroup& group : groups)
    if (const auto left = left_in(group)) least = std::min(least.value_or(*left), *left);
  return least;
}

std::int64_t available_memory(const comm::Communicator& comm) {
  const auto unknown = std::numeric_limits<std::int64_t>::max();
  const std::int64_t host = available_in(contents("/proc/meminfo")).value_or(unknown);
  const std::int64_t groups = available_in_groups(control_groups("memory")).value_or(unknown);
  const std::int64_t mine = std::min(std::min(host, groups) / placement(comm).ranks_here, address_space());
  return comm.all_reduce(mine, comm::Reduction::min);
}

}  // namespace fleetsne::run
