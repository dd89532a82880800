#pragma once

#include <stdexcept>
#include <string>

namespace fleetsne::base {

/// What went wrong, by who can mend it. The value is the program's exit code.
enum class ErrorKind : int {
  usage = 2,          ///< an option or a config file
  input = 3,          ///< the user's data
  io = 4,             ///< the file system
  numerical = 5,      ///< the optimisation diverged
  internal = 70,      ///< a bug
  stopped = 75,       ///< stopped early, a good checkpoint exists
  left_nothing = 76,  ///< stopped early, before anything new was worth keeping
};

/// Whether a run ended because it was asked to.
constexpr bool is_stop(ErrorKind kind) {
  return kind == ErrorKind::stopped || kind == ErrorKind::left_nothing;
}

/// An error the user is told about. The message has the grammar
/// PROBLEM (WHY IT IS ONE). WHAT TO DO.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

struct UsageError : Error {
  explicit UsageError(const std::string& message) : Error(ErrorKind::usage, message) {}
};
struct InputError : Error {
  explicit InputError(const std::string& message) : Error(ErrorKind::input, message) {}
};
struct IoError : Error {
  explicit IoError(const std::string& message) : Error(ErrorKind::io, message) {}
};
struct NumericalError : Error {
  explicit NumericalError(const std::string& message) : Error(ErrorKind::numerical, message) {}
};

}  // namespace fleetsne::base
