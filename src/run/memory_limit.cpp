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

/// What a group and those that it lies in leave, `limit` and `usage` being the names of its files, and
/// `prefix` how memory.stat calls what is not its own alone.
std::optional<std::int64_t> left_in(const fs::path& root, fs::path group, const char* limit,
                                    const char* usage, std::string_view prefix) {
  std::optional<std::int64_t> least;
  for (;; group = group.parent_path()) {
    const fs::path folder = root / group.relative_path();
    const auto most = number_in(folder / limit), used = number_in(folder / usage);
    if (most && used) {
      const std::int64_t held = std::max<std::int64_t>(*used - cached(folder / "memory.stat", prefix), 0);
      const std::int64_t left = std::max<std::int64_t>(*most - held, 0);
      least = std::min(least.value_or(left), left);
    }
    if (!group.has_relative_path()) return least;
  }
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

std::optional<std::int64_t> available_in_groups(const std::string& own_groups, const std::string& root) {
  std::optional<std::int64_t> least;
  std::istringstream lines(own_groups);
  for (std::string line; std::getline(lines, line);) {
    // number:controllers:path, without controllers for v2.
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1),
                      path = line.substr(second + 1);
    std::optional<std::int64_t> left;
    if (controllers.empty()) left = left_in(root, path, "memory.max", "memory.current", "");
    if (controllers == "memory")
      left = left_in(fs::path(root) / "memory", path, "memory.limit_in_bytes", "memory.usage_in_bytes",
                     "total_");
    if (left) least = std::min(least.value_or(*left), *left);
  }
  return least;
}

std::int64_t available_memory(const comm::Communicator& comm) {
  const auto unknown = std::numeric_limits<std::int64_t>::max();
  const std::int64_t host = available_in(contents("/proc/meminfo")).value_or(unknown);
  const std::int64_t groups =
      available_in_groups(contents("/proc/self/cgroup"), "/sys/fs/cgroup").value_or(unknown);
  const std::int64_t mine = std::min(std::min(host, groups) / placement(comm).ranks_here, address_space());
  return comm.all_reduce(mine, comm::Reduction::min);
}

}  // namespace fleetsne::run
