#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// The control groups of Linux that this process is in; Slurm's limits and a container's are such.
namespace fleetsne::run {

struct ControlGroup {
  std::filesystem::path folder;
  bool unified = true;  ///< version 2; else 1, whose files have other names
};

/// The groups that a controller ("memory", "cpu") acts by, each followed by those that it lies in up to the
/// root.
/// @param own_groups  the text of /proc/self/cgroup
/// @param root        usually /sys/fs/cgroup
std::vector<ControlGroup> control_groups(const std::string& own_groups, const std::string& root,
                                         const std::string& controller);

/// Groups of this very process.
std::vector<ControlGroup> control_groups(const std::string& controller);

/// CPUs' worth of time that the narrowest of the groups of controller "cpu" leaves; none if there is no
/// quota.
std::optional<double> cpu_quota(const std::vector<ControlGroup>& groups);

}  // namespace fleetsne::run
