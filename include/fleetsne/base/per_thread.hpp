#pragma once

#include <omp.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace fleetsne::base {

/// An object for each OpenMP thread, made when the thread first asks.
template <class T>
class PerThread {
 public:
  explicit PerThread(std::function<std::unique_ptr<T>()> make)
      : make_(std::move(make)), all_(static_cast<std::size_t>(omp_get_max_threads())) {}

  T& mine() {
    auto& own = all_[static_cast<std::size_t>(omp_get_thread_num())];
    if (!own) own = make_();
    return *own;
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& one : all_) {
      if (one) visit(*one);
    }
  }

 private:
  std::function<std::unique_ptr<T>()> make_;
  std::vector<std::unique_ptr<T>> all_;
};

}  // namespace fleetsne::base
