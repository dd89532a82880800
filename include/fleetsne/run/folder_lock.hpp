#pragma once

#include <string>

namespace fleetsne::run {

/// Keeps a second run out of a folder while this one is in scope, also one on another host where the file
/// system has locks that reach so far; where it has none, nobody is kept out. Nothing is written: the folder
/// itself is locked. A run that was killed holds it no longer than its last process lives.
class FolderLock {
 public:
  /// Waits some seconds for a run that is about to end. Throws UsageError if it goes on.
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Whether there is such a folder.
  bool there() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

}  // namespace fleetsne::run
