#include "fleetsne/run/problems.hpp"

#include "fleetsne/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fleetsne::run {
namespace {

constexpr std::size_t most_told = 50;  // a file that is none may have one in every line

}  // namespace

void Problems::raise() const {
  if (found_.empty()) return;
  if (found_.size() == 1) throw base::UsageError(found_.front());
  std::string all = fmt::format("{} problems with the configuration:", found_.size());
  for (std::size_t i = 0; i < std::min(found_.size(), most_told); ++i) all += "\n  - " + found_[i];
  if (found_.size() > most_told)
    all += fmt::format("\n  - {} more are not told (these are the first {}). Mend them, and try again",
                       found_.size() - most_told, most_told);
  throw base::UsageError(all);
}

}  // namespace fleetsne::run
