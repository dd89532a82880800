#pragma once

#include "fleetsne/base/error.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace fleetsne::sweep {

/// How far a part of a sweep has come.
enum class State {
  absent,   ///< it was never begun
  begun,    ///< it is being made, or whoever made it is gone without a word
  stopped,  ///< it was told to stop, with a checkpoint
  done,
  failed,
  killed,  ///< as the one saw that had started it
};

const char* name_of(State state);

/// What is kept of a part beside what it writes: one JSON file, whole or absent.
struct Status {
  State state = State::absent;
  int attempts = 0;
  double seconds = 0;  ///< of all attempts
  int exit_code = 0;
  std::string error{};    ///< of the last attempt; empty if there was none
  std::string started{};  ///< the last attempt, ISO 8601, UTC
  std::string host{};     ///< of its rank 0
  std::string key{};      ///< what the part was made by (PlannedRow::key); empty: not known
  std::string sources{};  ///< the same of the shared files that it was made from; empty: none
};

/// What a file tells; `absent` if it is not there or no such file. By one rank alone.
Status read_status(const std::string& file);

/// Makes its folder if need be. By one rank alone; throws IoError.
void write_status(const std::string& file, const Status& status);

/// The error that a state stands for; for one that failed of the kind that its exit code tells.
base::Error error_of(const Status& status, const std::string& message);

}  // namespace fleetsne::sweep
