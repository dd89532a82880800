#include "fleetsne/run/control_groups.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace fleetsne::run {
namespace {

namespace fs = std::filesystem;

/// Whether "cpu,cpuacct" has "cpu".
bool lists(const std::string& controllers, const std::string& controller) {
  return ("," + controllers + ",").find("," + controller + ",") != std::string::npos;
}

/// Two numbers in one file (version 2) or in two; none if there are no such files, or the first is "max" or
/// -1.
std::optional<double> quota_of(const ControlGroup& group) {
  double quota = 0, period = 0;
  bool found = false;
  if (group.unified) {
    std::ifstream both(group.folder / "cpu.max");
    found = static_cast<bool>(both >> quota >> period);
  } else {
    std::ifstream first(group.folder / "cpu.cfs_quota_us"), second(group.folder / "cpu.cfs_period_us");
    found = static_cast<bool>(first >> quota) && static_cast<bool>(second >> period);
  }
  return found && quota > 0 && period > 0 ? std::optional(quota / period) : std::nullopt;
}

}  // namespace

std::vector<ControlGroup> control_groups(const std::string& own_groups, const std::string& root,
                                         const std::string& controller) {
  std::vector<ControlGroup> groups;
  std::istringstream lines(own_groups);
  for (std::string line; std::getline(lines, line);) {
    // number:controllers:path, without controllers for version 2.
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool unified = controllers.empty();
    if (!unified && !lists(controllers, controller)) continue;
    const fs::path top = unified ? fs::path(root) : fs::path(root) / controller;
    for (fs::path group = line.substr(second + 1);; group = group.parent_path()) {
      groups.push_back({top / group.relative_path(), unified});
      if (!group.has_relative_path()) break;
    }
  }
  return groups;
}

std::vector<ControlGroup> control_groups(const std::string& controller) {
  std::ifstream stream("/proc/self/cgroup");
  std::ostringstream text;
  text << stream.rdbuf();
  return control_groups(text.str(), "/sys/fs/cgroup", controller);
}

std::optional<double> cpu_quota(const std::vector<ControlGroup>& groups) {
  std::optional<double> narrowest;
  for (const ControlGroup& group : groups)
    if (const auto quota = quota_of(group)) narrowest = std::min(narrowest.value_or(*quota), *quota);
  return narrowest;
}

}  // namespace fleetsne::run
