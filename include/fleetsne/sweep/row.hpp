#pragma once

#include "fleetsne/run/config.hpp"
#include "fleetsne/run/report.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::sweep {

/// One embedding of a sweep.
struct Row {
  std::string name;
  /// What is its own: dotted names of options and their values, as the sweep's file spells them. An option
  /// that takes several may stand here several times.
  std::vector<std::pair<std::string, std::string>> settings;
  run::Config config;  ///< all options; its output folder and affinities are the sweep's matter
};

/// What a report repeats of a config.
using Describe = std::function<run::About(run::Config&)>;

}  // namespace fleetsne::sweep
