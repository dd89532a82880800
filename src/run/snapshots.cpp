#include "fleetsne/run/snapshots.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/optimize/descent.hpp"
#include "fleetsne/run/continuation.hpp"
#include "fleetsne/run/picture.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace fleetsne::run {
namespace {

namespace fs = std::filesystem;

constexpr const char* stem = "iteration-";

bool is_snapshot(const fs::path& file) {
  const std::string extension = file.extension().string();
  return file.filename().string().starts_with(stem) && (extension == ".npy" || extension == ".png");
}

void remove_snapshots(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; !error && file != end; file.increment(error))
    if (is_snapshot(file->path())) fs::remove(file->path(), error);
  if (error)
    throw base::IoError(fmt::format(
        "{} cannot be emptied of an earlier run's snapshots ({}). Check the permissions there, or "
        "name another --output",
        folder.string(), error.message()));
}

}  // namespace

Snapshots::Snapshots(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
                     const data::Permutation& permutation, const std::optional<data::Labels>& labels,
                     std::vector<std::string>& files, bool goes_on, base::Log& log)
    : comm_(comm),
      config_(config),
      output_(output),
      permutation_(permutation),
      labels_(labels),
      files_(files),
      goes_on_(goes_on),
      log_(log) {}

bool Snapshots::wants(const optimize::Moment& moment) const {
  const SnapshotConfig& asked = config_.snapshot;
  if (moment.stage_ended && (asked.stages || asked.every > 0)) return true;
  return asked.every > 0 && moment.iteration % asked.every == 0;
}

void Snapshots::make_folder() {
  if (!begun_) output_.withdraw_report(comm_);
  comm::on_root(comm_, [&] {
    std::error_code error;
    const fs::path folder = output_.snapshots();
    if (fs::create_directory(folder, error)) {
      if (!made_) made_.emplace(std::vector<std::string>{folder.string()});
    } else if (error) {
      throw base::IoError(fmt::format("{} cannot be made ({}). Check the permissions and the room there",
                                      folder.string(), error.message()));
    } else if (!goes_on_ && !begun_) {
      remove_snapshots(folder);
    }
  });
  begun_ = true;
}

void Snapshots::see(const optimize::Moment& moment) {
  if (!wants(moment)) return;
  make_folder();
  base::Matrix<float> working = first_columns(moment.positions, 2);
  optimize::centre(comm_, working);
  working = first_columns(working, config_.optimize.dimensions);
  const auto embedding = permutation_.to_input_order<float>(comm_, working.view());
  const std::string path =
      (fs::path(output_.snapshots()) / fmt::format("{}{:06}", stem, moment.iteration)).string();
  io::write_npy(comm_, path + ".npy", permutation_.input, embedding.view());
  files_.push_back(path + ".npy");
  plot::PlotConfig plot = config_.plot;
  plot.note = fmt::format("iteration {}", moment.iteration);
  draw_embedding(comm_, embedding.view(), permutation_.input, labels_, path + ".png", plot, log_);
  files_.push_back(path + ".png");
}

}  // namespace fleetsne::run
