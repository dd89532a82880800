#include "fleetsne/run/made_folders.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace fleetsne::run {

MadeFolders::~MadeFolders() {
  for (const std::string& folder : folders_)
    if (::rmdir(folder.c_str()) != 0) return;  // not empty: what the run or somebody else wrote stays
}

void make_again(const comm::Communicator& comm, const std::string& folder, base::Log& log) {
  if (folder.empty()) return;
  comm::on_root(comm, [&] {
    std::error_code error;
    if (std::filesystem::create_directories(folder, error))
      log.warn(
          fmt::format("{} was gone and has been made again (somebody has removed it while the run went on, "
                      "and what it held)",
                      folder));
    if (error)
      throw base::IoError(fmt::format("{} is gone and cannot be made again ({}). Check the permissions there",
                                      folder, error.message()));
  });
}

}  // namespace fleetsne::run
