#include "fleetsne/run/output_file.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/location.hpp"
#include "fleetsne/io/write.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace fleetsne::run {
namespace fs = std::filesystem;

MadeFolders prepare_output_file(const comm::Communicator& comm, const std::string& file, bool force,
                                std::span<const std::string> inputs) {
  const fs::path path(file);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const std::string name = path.filename().string();
  comm::on_root(comm, [&] {
    std::error_code not_there;
    if (fs::is_directory(path, not_there))
      throw base::UsageError(
          fmt::format("{} is a directory (what is written is a file). Name a file in it", file));
    for (const std::string& input : inputs)
      if (fs::equivalent(io::split_input(input).path, path, not_there))
        throw base::UsageError(
            fmt::format("{} is read and would be written over (FleetSNE never touches its input). "
                        "Choose another name",
                        file));
    if (!force && fs::exists(path, not_there))
      throw base::UsageError(fmt::format(
          "{} is there already (it would be lost). Add --force to write over it, or name another", file));
  });
  return MadeFolders(io::prepare_output_directory(comm, folder.string(), std::span(&name, 1), force));
}

}  // namespace fleetsne::run
