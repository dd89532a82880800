#include "fleetsne/run/problems.hpp"

#include "fleetsne/base/error.hpp"

#include <fmt/format.h>

namespace fleetsne::run {

void Problems::raise() const {
  if (found_.empty()) return;
  if (found_.size() == 1) throw base::UsageError(found_.front());
  std::string all = fmt::format("{} problems with the configuration:", found_.size());
  for (const std::string& problem : found_) all += "\n  - " + problem;
  throw base::UsageError(all);
}

}  // namespace fleetsne::run
