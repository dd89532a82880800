#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"

#include <string>
#include <utility>
#include <vector>

namespace fleetsne::run {

/// Folders that were made for a run. Those that are still empty when this goes out of scope are removed
/// again: a run that fails before its first file leaves nothing behind.
class MadeFolders {
 public:
  /// @param folders  innermost first
  explicit MadeFolders(std::vector<std::string> folders) : folders_(std::move(folders)) {}
  ~MadeFolders();
  MadeFolders(MadeFolders&& other) noexcept : folders_(std::exchange(other.folders_, {})) {}
  MadeFolders& operator=(MadeFolders&&) = delete;

 private:
  std::vector<std::string> folders_;
};

/// Makes a run's folder anew if somebody has removed it while the run went on; the log tells of it.
/// Collective; throws IoError on all ranks.
/// @param folder  empty: that in which the program runs, which is there
void make_again(const comm::Communicator& comm, const std::string& folder, base::Log& log);

}  // namespace fleetsne::run
