#pragma once

#include <cstdint>

namespace fleetsne::base {

/// Seconds of wall, user and system time; user and system are this process's, all its threads together.
struct Times {
  double wall = 0, user = 0, system = 0;
};

/// Times since it was made or restarted.
class Stopwatch {
 public:
  Stopwatch() { restart(); }
  void restart();
  Times elapsed() const;
  double seconds() const { return elapsed().wall; }

 private:
  Times start_;
};

/// Largest resident memory that this process has had, in bytes.
std::int64_t peak_memory_bytes();

}  // namespace fleetsne::base
