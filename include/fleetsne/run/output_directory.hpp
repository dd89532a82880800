#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/folder_lock.hpp"
#include "fleetsne/run/made_folders.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::run {

/// What a run leaves in its folder, by name: the result, and what tells of it.
inline constexpr std::array result_files{"embedding.h5ad", "embedding.npy", "embedding.png"};
inline constexpr std::array report_files{"report.json", "report.html"};

/// The folder that a run writes to, and what its files are called. One that was made and is still empty when
/// this goes out of scope is removed again: bad input leaves nothing behind.
class OutputDirectory {
 public:
  /// Makes the folder if need be. Throws UsageError on all ranks if it holds an earlier result or checkpoint
  /// and the config does not say to write over it or to go on from it, or if a file that is read would be
  /// written over; IoError if it cannot be written. Collective.
  /// @param more  files that are read besides those of the config
  OutputDirectory(const comm::Communicator& comm, const Config& config,
                  const std::vector<std::string>& more = {});
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  /// Whether what is there is of this very run, which goes on. The same on all ranks.
  bool goes_on() const { return goes_on_; }

  std::string anndata() const { return path("embedding.h5ad"); }
  std::string npy() const { return path("embedding.npy"); }
  std::string picture() const { return path("embedding.png"); }
  std::string snapshots() const { return path("snapshots"); }
  std::string checkpoint() const { return path("checkpoint"); }
  std::string stop_file() const { return path("stop"); }
  std::string report() const { return path("report.json"); }
  std::string page() const { return path("report.html"); }

  /// Writes a report as page and as JSON, the latter last; the page shows the picture if this run has written
  /// it. By one rank alone; throws IoError.
  void write_report(const nlohmann::json& report) const;

  /// Removes the report of an earlier run, its page too. Done before the first new file gets its name, so
  /// that a folder whose report tells of success holds the files of that run, all of them. Collective; throws
  /// IoError.
  void withdraw_report(const comm::Communicator& comm) const;

 private:
  std::string path(const char* file) const { return (directory_ / file).string(); }

  std::filesystem::path directory_;
  bool goes_on_ = false;
  std::optional<MadeFolders> made_;  // on rank 0, as is the next
  std::optional<FolderLock> lock_;
};

}  // namespace fleetsne::run
