#include "fleetsne/run/folder_lock.hpp"

#include "fleetsne/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace fleetsne::run {
namespace {

// As long as a killed run's processes may take to be gone.
constexpr std::chrono::seconds longest_wait{5};
constexpr std::chrono::milliseconds between_tries{100};

}  // namespace

FolderLock::FolderLock(const std::string& folder)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) return;
  const auto until = std::chrono::steady_clock::now() + longest_wait;
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    if (std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(between_tries);
      continue;
    }
    ::close(descriptor_);
    throw base::UsageError(
        fmt::format("another run is writing to {} (two would spoil each other's files). Let it end, or name "
                    "another --output",
                    folder));
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace fleetsne::run
