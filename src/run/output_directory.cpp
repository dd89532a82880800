#include "fleetsne/run/output_directory.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/run/checkpoint.hpp"
#include "fleetsne/run/report.hpp"
#include "fleetsne/run/report_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

namespace fleetsne::run {
namespace fs = std::filesystem;
namespace {

/// By force the checkpoint that is there goes before anything is read.
void refuse_own_checkpoint(const Config& config, const std::string& checkpoint) {
  for (const std::string& input : {config.init.continued, config.input.affinity}) {
    std::error_code not_there;
    if (input.empty() || !fs::equivalent(fs::path(input).parent_path(), checkpoint, not_there)) continue;
    throw base::UsageError(
        fmt::format("{} is read and belongs to the checkpoint of the output folder (which goes when the run "
                    "begins or ends). "
                    "Choose another --output",
                    input));
  }
}

void refuse_to_overwrite_inputs(const Config& config, const std::vector<std::string>& more) {
  std::vector<std::string> read = files_read(config);
  read.insert(read.end(), more.begin(), more.end());
  std::vector<const char*> written(result_files.begin(), result_files.end());
  written.insert(written.end(), report_files.begin(), report_files.end());
  for (const std::string& input : read)
    for (const char* name : written) {
      const std::string output = (fs::path(config.output.directory) / name).string();
      std::error_code not_there;
      if (fs::equivalent(io::split_input(input).path, output, not_there))
        throw base::UsageError(
            fmt::format("{} is read and would be written over (FleetSNE never touches its input). "
                        "Choose another --output",
                        output));
    }
}

}  // namespace

OutputDirectory::OutputDirectory(const comm::Communicator& comm, const Config& config,
                                 const std::vector<std::string>& more)
    : directory_(config.output.directory) {
  comm::on_root(comm, [&] {
    refuse_to_overwrite_inputs(config, more);
    refuse_own_checkpoint(config, checkpoint());
  });
  // A report alone is what a failed run left: no result that would be lost.
  std::vector<std::string> results(result_files.begin(), result_files.end());
  if (config.snapshot.every > 0 || config.snapshot.stages) results.emplace_back("snapshots");
  comm::on_root(comm, [&] {
    lock_.emplace(directory_.string());
    goes_on_ = takes_up(config.checkpoint, checkpoint(), config.output.force);
  });
  goes_on_ = comm.broadcast(goes_on_ ? 1 : 0, 0) != 0;
  made_.emplace(
      io::prepare_output_directory(comm, directory_.string(), results, config.output.force || goes_on_));
  comm::on_root(comm, [&] {
    if (!lock_->there()) lock_.emplace(directory_.string());  // it has been made now
    for (const std::string& file : {report(), page()})
      io::remove_partials(directory_.string(), fs::path(file).filename().string());
    if (config.output.force || goes_on_) io::remove_partials(snapshots());
  });
}

void OutputDirectory::write_report(const nlohmann::json& report_json) const {
  std::vector<unsigned char> png;
  const auto& files = report_json["files"];
  if (std::ranges::find(files, nlohmann::json(picture())) != files.end()) {
    std::ifstream stream(picture(), std::ios::binary);
    png.assign(std::istreambuf_iterator<char>(stream), {});
  }
  io::write_text_file(page(), report_page(report_json, png));
  io::write_text_file(report(), to_text(report_json) + "\n");
}

void OutputDirectory::withdraw_report(const comm::Communicator& comm) const {
  comm::on_root(comm, [&] {
    for (const std::string& file : {report(), page()}) {
      std::error_code error;
      fs::remove(file, error);
      if (error)
        throw base::IoError(fmt::format(
            "{} cannot be removed ({}; it tells of files that are about to be replaced). Check the "
            "permissions there, or name another --output",
            file, error.message()));
    }
  });
}

}  // namespace fleetsne::run
