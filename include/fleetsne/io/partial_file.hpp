#pragma once

#include <cstdint>
#include <string>

namespace fleetsne::io {

/// A file that is whole or absent: it is written under another name beside its place and gets its own name
/// when it is complete. That other name, `.NAME.XXXXXXXXXXXXXXXX.partial`, no other run has, so that two runs
/// into one folder do not publish each other's halves: the one that ends last stays, whole. What is not
/// committed is removed; only a run that is killed leaves its part, which remove_partials() takes away. Not
/// collective: of several ranks one has it, and tells the others its partial_path().
class PartialFile {
 public:
  /// Makes the file, empty. Throws IoError if the folder cannot be written.
  explicit PartialFile(std::string path);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  /// Where to write.
  const std::string& partial_path() const { return partial_path_; }

  /// Takes space for a file of so many bytes, so that a full disk is found out here, by one rank, and not by
  /// all in the middle of writing. Does nothing where the file system cannot do that. Whoever truncates the
  /// file afterwards gives the space back; then it was but a probe. Throws IoError.
  void reserve(std::int64_t bytes);

  /// The file is closed and complete: fsync, rename, fsync of the folder. Throws IoError.
  void commit();

 private:
  std::string path_, partial_path_;
  bool committed_ = false;
};

/// Removes the parts of a file, or of every file of a folder, that killed runs have left. What cannot be
/// removed stays. Not collective.
/// @param name  of the file; empty: any
void remove_partials(const std::string& folder, const std::string& name = {});

}  // namespace fleetsne::io
