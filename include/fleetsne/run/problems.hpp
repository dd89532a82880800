#pragma once

#include <string>
#include <vector>

namespace fleetsne::run {

/// Problems of a configuration, gathered so that all of them are told together.
class Problems {
 public:
  void add(std::string problem) { found_.push_back(std::move(problem)); }
  void require(bool fine, std::string problem) {
    if (!fine) add(std::move(problem));
  }
  /// Throws one UsageError that names every problem, if there is any.
  void raise() const;

 private:
  std::vector<std::string> found_;
};

}  // namespace fleetsne::run
