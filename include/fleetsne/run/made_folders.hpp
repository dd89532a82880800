#pragma once

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

}  // namespace fleetsne::run
