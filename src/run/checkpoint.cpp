#include "fleetsne/run/checkpoint.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/description.hpp"
#include "fleetsne/io/file_sample.hpp"
#include "fleetsne/io/location.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/state_file.hpp"
#include "fleetsne/run/progress_json.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>
#include <utility>

namespace fleetsne::run {
namespace {

namespace fs = std::filesystem;

constexpr const char* start_name = "start.h5";
constexpr const char* affinity_name = "affinities.h5";
constexpr const char* results_name = "results-begun";  // with the run's key
constexpr const char* state_stem = "state-";
constexpr std::size_t kept_states = 2;
constexpr const char* rescaled_mark = "rows_rescaled";  // a flag of every file
const std::array<std::string, 3> matrices{"positions", "steps", "gains"};
const std::array<std::string, 1> positions_alone{"positions"};

bool is_state(const fs::path& file) {
  return file.filename().string().starts_with(state_stem) && file.extension() == ".h5";
}

/// Newest first: names have their iterations in twelve digits.
std::vector<std::string> list_states(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; !error && file != end; file.increment(error))
    if (is_state(file->path())) found.push_back(file->path().string());
  std::ranges::sort(found, std::greater<>());
  return found;
}

/// A file of this program's has two columns, one dimension or not.
void expect_two_columns(const std::string& file, const base::Matrix<float>& matrix) {
  if (matrix.columns() == 2) return;
  throw base::InputError(fmt::format("{} has {} columns of positions (a checkpoint has two). Remove it", file,
                                     matrix.columns()));
}

/// Positions alone, of a start or a layout. Collective; throws InputError on all ranks.
base::Matrix<float> read_positions(const comm::Communicator& comm, const io::StateHeader& header) {
  base::Matrix<float> positions = std::move(io::read_state_file(comm, header, positions_alone)[0]);
  comm::agree(comm, [&] { expect_two_columns(header.path, positions); });
  return positions;
}

}  // namespace

nlohmann::json with_share(const nlohmann::json& options) {
  nlohmann::json shares = options;
  for (const char* section : {"output", "plot", "snapshot", "checkpoint", "quality"}) shares.erase(section);
  // Options that version 0.1 did not have: without them its checkpoints fit.
  if (const nlohmann::json::json_pointer transposed("/input/transposed");
      shares.contains(transposed) && shares[transposed] == false)
    shares["input"].erase("transposed");
  if (const nlohmann::json::json_pointer seed("/run/seed"); shares.contains(seed))
    shares["run"] = {{"seed", nlohmann::json(shares[seed])}};
  else
    shares.erase("run");
  return shares;
}

std::string run_key(const nlohmann::json& options, const std::vector<std::string>& inputs) {
  const nlohmann::json shares = with_share(options);
  nlohmann::json files = nlohmann::json::array();
  for (const std::string& input : inputs)
    files.push_back(fmt::format("{:016x}", io::file_sample(io::split_input(input).path)));
  const std::string text = to_text({{"options", shares}, {"files", files}});
  return fmt::format("{:016x}", io::description::digest(std::as_bytes(std::span(text))));
}

std::vector<std::string> files_read(const Config& config) {
  std::vector<std::string> files = config.input.files;
  files.insert(files.end(), config.input.labels.begin(), config.input.labels.end());
  for (const std::string& file : {config.input.affinity, config.neighbor_files.load,
                                  config.neighbor_files.distances, config.init.file, config.init.continued})
    if (!file.empty()) files.push_back(file);
  return files;
}

std::string run_key(const comm::Communicator& comm, const nlohmann::json& options,
                    const std::vector<std::string>& inputs) {
  std::string key;
  comm::on_root(comm, [&] { key = run_key(options, inputs); });
  return comm.broadcast(key, 0);
}

optimize::State read_kept_state(const comm::Communicator& comm, const io::StateHeader& header) {
  auto found = io::read_state_file(comm, header, matrices);
  comm::agree(comm, [&] {
    for (const auto& matrix : found) expect_two_columns(header.path, matrix);
  });
  optimize::State state{
      .positions = std::move(found[0]), .step = std::move(found[1]), .gains = std::move(found[2])};
  comm::agree(comm, [&] { read_progress(header.about, header.path, state); });
  return state;
}

bool holds_checkpoint(const std::string& folder) {
  std::error_code ignored;
  return fs::exists(fs::path(folder) / results_name, ignored) ||
         fs::exists(fs::path(folder) / start_name, ignored) ||
         fs::exists(fs::path(folder) / affinity_name, ignored) || !list_states(folder).empty() ||
         SearchParts(folder).any();
}

bool takes_up(const CheckpointConfig& config, const std::string& folder, bool force) {
  if (!holds_checkpoint(folder)) return false;
  std::error_code not_there;
  const bool own =
      resumes(config) && (config.resume == "auto" || fs::equivalent(config.resume, folder, not_there));
  if (own || force) return own;
  throw base::UsageError(fmt::format(
      "{} is the checkpoint of a run that did not end (it would be lost). Add --resume auto to go on "
      "from it, --force to begin anew, or name another --output",
      folder));
}

Checkpoint::Checkpoint(std::string folder, std::string key, nlohmann::json about)
    : folder_(std::move(folder)), key_(std::move(key)), about_(std::move(about)), parts_(folder_) {}

std::string Checkpoint::start_file() const {
  return (fs::path(folder_) / start_name).string();
}

std::string Checkpoint::results_file() const {
  return (fs::path(folder_) / results_name).string();
}

std::string Checkpoint::affinity_file() const {
  return (fs::path(folder_) / affinity_name).string();
}

std::string Checkpoint::state_file(std::int64_t iteration) const {
  return (fs::path(folder_) / fmt::format("{}{:012}.h5", state_stem, iteration)).string();
}

nlohmann::json Checkpoint::about() const {
  nlohmann::json result = about_;
  result.update({{"run", key_}, {"libraries", library_versions()}, {rescaled_mark, true}});
  return result;
}

void Checkpoint::expect_own(const std::string& file, const nlohmann::json& about) const {
  if (about.is_object() && about.contains("run") && about["run"] == key_) return;
  throw base::UsageError(
      fmt::format("{} is of a run with other options or another input (going on from it would mix two runs). "
                  "Give the options "
                  "that it was begun with, or begin anew with --resume never --force",
                  file));
}

std::vector<std::string> Checkpoint::states(const comm::Communicator& comm) const {
  std::string all;
  comm::on_root(comm, [&] {
    for (const std::string& file : list_states(folder_)) all += file + '\n';
  });
  all = comm.broadcast(all, 0);
  std::vector<std::string> files;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    files.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  return files;
}

Reached Checkpoint::find(const comm::Communicator& comm, base::Log& log) const {
  Reached reached;
  const auto read = [&](const std::string& file, auto&& how) {
    try {
      how(file);
      return true;
    } catch (const comm::AgreedError& error) {
      if (error.kind() != base::ErrorKind::input) throw;
      log.warn(fmt::format("{}. It is left aside", error.what()));
      reached.left_aside.emplace_back(error.what());
      return false;
    }
  };
  const auto accept = [&](const std::string& file, const nlohmann::json& about) {
    expect_own(file, about);
    reached.rows_rescaled = reached.rows_rescaled && about.contains(rescaled_mark);
  };
  comm::on_root(comm, [&] {
    std::ifstream file(results_file());
    if (std::string key; file >> key) expect_own(results_file(), {{"run", key}});
  });
  for (const std::string& file : states(comm)) {
    const bool whole = read(file, [&](const std::string& path) {
      const io::StateHeader header = io::inspect_state_file(comm, path);
      comm::agree(comm, [&] { accept(path, header.about); });
      if (header.about.contains("epoch")) {
        umap::LayoutState layout{.positions = read_positions(comm, header)};
        comm::agree(comm, [&] { read_progress(header.about, path, layout); });
        reached.layout = std::move(layout);
        return;
      }
      reached.state = read_kept_state(comm, header);
    });
    if (whole) break;
  }
  const auto there = [&](const std::string& file) {
    int found = 0;
    comm::on_root(comm, [&] {
      std::error_code ignored;
      found = fs::exists(file, ignored) ? 1 : 0;
    });
    return comm.broadcast(found, 0) != 0;
  };
  if (there(affinity_file()))
    read(affinity_file(), [&](const std::string& path) {
      const io::AffinityHeader header = io::inspect_affinities(comm, path);
      comm::agree(comm, [&] { accept(path, header.about); });
      // Read to the end, for damage to be found while the way back to the rows is open.
      io::verify_affinities(comm, header);
      reached.affinities = header;
    });
  if (reached.affinities) return reached;  // what they were made of is no longer asked for
  if (!reached.begun() && there(start_file()))
    read(start_file(), [&](const std::string& path) {
      const io::StateHeader header = io::inspect_state_file(comm, path);
      comm::agree(comm, [&] { accept(path, header.about); });
      reached.start = read_positions(comm, header);
    });
  reached.search = parts_.find(comm, log, accept);
  return reached;
}

void Checkpoint::make_folder(const comm::Communicator& comm) const {
  comm::on_root(comm, [&] {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error)
      throw base::IoError(fmt::format("{} cannot be made ({}). Check the permissions and the room there",
                                      folder_, error.message()));
    io::remove_partials(folder_);
  });
}

bool Checkpoint::begin_results(const comm::Communicator& comm) const {
  bool first = false;
  comm::on_root(comm, [&] {
    std::error_code ignored;
    first = !fs::exists(results_file(), ignored);
    fs::create_directories(folder_, ignored);
    std::ofstream(results_file()) << key_ << '\n';  // without it the run cannot be taken up again: no more
  });
  return comm.broadcast(first ? 1 : 0, 0) != 0;
}

void Checkpoint::forget_results(const comm::Communicator& comm) const {
  comm::on_root(comm, [&] {
    std::error_code ignored;
    fs::remove(results_file(), ignored);
    ::rmdir(folder_.c_str());  // if nothing else is in it; a link stays
  });
}

void Checkpoint::keep_start(const comm::Communicator& comm, const data::Permutation& permutation,
                            const base::Matrix<float>& start) const {
  make_folder(comm);
  nlohmann::json what = about();
  what["start"] = true;
  const auto positions = permutation.to_input_order<float>(comm, start.view());
  const io::NamedMatrix parts[] = {{positions_alone[0], positions.view()}};
  io::write_state(comm, start_file(), permutation.input, parts, what);
}

void Checkpoint::keep_search(const comm::Communicator& comm, std::span<const neighbors::Part> parts,
                             std::uint64_t input_digest) const {
  make_folder(comm);
  nlohmann::json what = about();
  what["input_digest"] = fmt::format("{:016x}", input_digest);
  what["rank"] = comm.rank();
  what["ranks"] = comm.size();
  parts_.keep(comm, parts, what);
}

void Checkpoint::keep_affinities(const comm::Communicator& comm, const Prepared& prepared,
                                 const Report& report) const {
  make_folder(comm);
  nlohmann::json what = about();
  what["neighbors"] = neighbors_json(*report.neighbors, report.neighbor_count);
  io::write_affinities(comm, affinity_file(), {prepared.permutation, prepared.affinities, prepared.start},
                       report.input_digest, what);
  comm::on_root(comm, [&] { parts_.remove(); });
}

void Checkpoint::keep_state(const comm::Communicator& comm, const data::Permutation& permutation,
                            const umap::LayoutState& state) const {
  make_folder(comm);
  nlohmann::json what = about();
  write_progress(state, what);
  const auto positions = permutation.to_input_order<float>(comm, state.positions.view());
  const io::NamedMatrix parts[] = {{positions_alone[0], positions.view()}};
  write_state(comm, state.epoch, permutation, parts, what);
}

void Checkpoint::keep_state(const comm::Communicator& comm, const data::Permutation& permutation,
                            const optimize::State& state, std::uint64_t input_digest) const {
  make_folder(comm);
  nlohmann::json what = about();
  what["input_digest"] = fmt::format("{:016x}", input_digest);
  write_progress(state, what);
  const auto positions = permutation.to_input_order<float>(comm, state.positions.view()),
             steps = permutation.to_input_order<float>(comm, state.step.view()),
             gains = permutation.to_input_order<float>(comm, state.gains.view());
  const io::NamedMatrix parts[] = {
      {matrices[0], positions.view()}, {matrices[1], steps.view()}, {matrices[2], gains.view()}};
  write_state(comm, state.iteration, permutation, parts, what);
}

void Checkpoint::write_state(const comm::Communicator& comm, std::int64_t iteration,
                             const data::Permutation& permutation, std::span<const io::NamedMatrix> parts,
                             const nlohmann::json& what) const {
  io::write_state(comm, state_file(iteration), permutation.input, parts, what);
  comm::on_root(comm, [&] {
    std::error_code ignored;
    std::size_t kept = 0;
    for (const std::string& file : list_states(folder_)) {
      // One of a later iteration was damaged, or this run would have gone on from it.
      if (file > state_file(iteration) || ++kept > kept_states) fs::remove(file, ignored);
    }
  });
}

void Checkpoint::remove(const comm::Communicator& comm) const {
  comm::on_root(comm, [&] {
    std::error_code ignored;
    for (const std::string& file : list_states(folder_)) fs::remove(file, ignored);
    fs::remove(affinity_file(), ignored);
    fs::remove(start_file(), ignored);
    fs::remove(results_file(), ignored);
    parts_.remove();
    io::remove_partials(folder_);
    fs::remove(folder_, ignored);  // if nothing else is in it
  });
}

}  // namespace fleetsne::run
