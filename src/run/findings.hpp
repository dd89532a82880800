#pragma once

#include "fleetsne/comm/agreement.hpp"

#include <optional>
#include <string>
#include <utility>

namespace fleetsne::run {

/// Errors that all ranks have agreed on, gathered into one; the same on every rank.
class Findings {
 public:
  template <class Look>
  void gather(Look&& look) {
    try {
      std::forward<Look>(look)();
    } catch (const comm::AgreedError& error) {
      if (!kind_) kind_ = error.kind();
      problems_ += (problems_.empty() ? "" : "\n") + std::string(error.what());
    }
  }
  void raise() const {
    if (kind_) throw comm::AgreedError(*kind_, problems_);
  }

 private:
  std::optional<base::ErrorKind> kind_;
  std::string problems_;
};

}  // namespace fleetsne::run
