#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/made_folders.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace fleetsne::run {

/// The folder that a run writes to, and what its files are called. One that was made and is still empty when
/// this goes out of scope is removed again: bad input leaves nothing behind.
class OutputDirectory {
 public:
  /// Makes the folder if need be. Throws UsageError on all ranks if it holds an earlier result and the config
  /// does not say to write over it, or if a file that is read would be written over; IoError if it cannot be
  /// written. Collective.
  OutputDirectory(const comm::Communicator& comm, const Config& config);
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  std::string anndata() const { return path("embedding.h5ad"); }
  std::string npy() const { return path("embedding.npy"); }
  std::string picture() const { return path("embedding.png"); }
  std::string report() const { return path("report.json"); }

  /// Removes the report of an earlier run. Done before the first new file gets its name, so that a folder
  /// whose report tells of success holds the files of that run, all of them. Collective; throws IoError.
  void withdraw_report(const comm::Communicator& comm) const;

 private:
  std::string path(const char* file) const { return (directory_ / file).string(); }

  std::filesystem::path directory_;
  std::optional<MadeFolders> made_;  // on rank 0
};

}  // namespace fleetsne::run
