#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/write.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::io {
namespace {

namespace fs = std::filesystem;

/// The folders on the way to `path` that do not exist, outermost first.
std::vector<std::string> missing_folders(fs::path path) {
  std::vector<std::string> missing;
  std::error_code ignored;
  for (; !path.empty() && !fs::exists(path, ignored); path = path.parent_path()) {
    missing.insert(missing.begin(), path.string());
  }
  return missing;
}

/// Folders made here, removed again unless kept.
class MadeFolders {
 public:
  ~MadeFolders() {
    for (; !made_.empty(); made_.pop_back()) ::rmdir(made_.back().c_str());
  }
  /// They stay; innermost first.
  std::vector<std::string> keep() {
    std::reverse(made_.begin(), made_.end());
    return std::exchange(made_, {});
  }

  void make(const std::string& path) {
    for (const std::string& folder : missing_folders(fs::path(path).lexically_normal())) {
      std::error_code error;
      if (fs::create_directory(folder, error)) made_.push_back(folder);
      if (error) {
        throw base::IoError(fmt::format(
            "the output directory {} cannot be made ({}). Check the permissions there, or name another "
            "with --output",
            path, error.message()));
      }
    }
  }

 private:
  std::vector<std::string> made_;  // outermost first
};

void refuse_file(const std::string& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_directory(path, ignored)) {
    throw base::IoError(fmt::format(
        "the output {} is a file (results go into a directory). Name another with --output", path));
  }
}

void refuse_results(const std::string& path, std::span<const std::string> files) {
  std::string found;
  std::error_code ignored;
  for (const std::string& file : files) {
    if (fs::exists(fs::path(path) / file, ignored))
      found += fmt::format("{}{}", found.empty() ? "" : ", ", file);
  }
  if (found.empty()) return;
  throw base::UsageError(
      fmt::format("the output directory {} already holds a result ({}). Add --force to replace it, "
                  "or name another with --output",
                  path, found));
}

}  // namespace

std::vector<std::string> prepare_output_directory(const comm::Communicator& comm, const std::string& path,
                                                  std::span<const std::string> files, bool overwrite) {
  std::vector<std::string> made;
  comm::on_root(comm, [&] {
    refuse_file(path);
    if (!overwrite) refuse_results(path, files);
    for (const std::string& file : files) remove_partials(path, file);
    MadeFolders folders;
    folders.make(path);
    // Throws if the folder takes no file.
    { const PartialFile probe((fs::path(path) / (files.empty() ? "probe" : files.front())).string()); }
    made = folders.keep();
  });
  return made;
}

std::string hdf5_library_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("HDF5 {}.{}.{}, zlib {}", major, minor, release, ::zlibVersion());
}

}  // namespace fleetsne::io
