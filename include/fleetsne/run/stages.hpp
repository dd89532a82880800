#pragma once

#include "fleetsne/base/clock.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/report.hpp"

#include <string>
#include <utility>
#include <vector>

namespace fleetsne::run {

/// Runs the stages of a pipeline and writes down what each cost, whether it ends well or throws.
class Stages {
 public:
  Stages(const comm::Communicator& comm, std::vector<StageRecord>& records)
      : comm_(comm), records_(records) {}

  /// Returns what `work` returns.
  template <class Work>
  auto run(const std::string& name, Work&& work) {
    const Measurement measurement(*this, name);
    return std::forward<Work>(work)();
  }

 private:
  /// Measures from its making to its end.
  class Measurement {
   public:
    Measurement(Stages& stages, const std::string& name)
        : stages_(stages), name_(name), before_(stages.comm_.traffic()) {}
    ~Measurement() {
      stages_.records_.push_back({name_, watch_.elapsed(), stages_.comm_.traffic() - before_});
    }
    Measurement(const Measurement&) = delete;
    Measurement& operator=(const Measurement&) = delete;

   private:
    Stages& stages_;
    std::string name_;
    comm::Traffic before_;
    base::Stopwatch watch_;
  };

  const comm::Communicator& comm_;
  std::vector<StageRecord>& records_;
};

}  // namespace fleetsne::run
