#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/control_groups.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::run {

/// Bytes that the system has left for programs, from the text of /proc/meminfo; none if it does not say.
std::optional<std::int64_t> available_in(const std::string& meminfo);

/// Bytes that control groups of controller "memory" leave, the narrowest of them; none if no group has a
/// limit.
std::optional<std::int64_t> available_in_groups(const std::vector<ControlGroup>& groups);

/// Bytes that a rank can have: what its host, its control groups (Slurm's and a container's limits are such)
/// leave, shared evenly by the ranks of the host, and at most its address-space limit; of the rank that has
/// the least. Collective; the same on every rank.
std::int64_t available_memory(const comm::Communicator& comm);

}  // namespace fleetsne::run
