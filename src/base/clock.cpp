#include "fleetsne/base/clock.hpp"

#include <sys/resource.h>

#include <chrono>

namespace fleetsne::base {
namespace {

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

Times now() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto wall = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration<double>(wall).count(), seconds(usage.ru_utime), seconds(usage.ru_stime)};
}

}  // namespace

void Stopwatch::restart() {
  start_ = now();
}

Times Stopwatch::elapsed() const {
  const Times t = now();
  return {t.wall - start_.wall, t.user - start_.user, t.system - start_.system};
}

std::int64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;  // Linux counts in KiB
}

}  // namespace fleetsne::base
