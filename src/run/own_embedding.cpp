#include "own_embedding.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/io/dataset_digest.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/read_scalars.hpp"
#include "fleetsne/run/invariance.hpp"

#include "file_facts.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace fleetsne::run {
namespace {

using nlohmann::json;
using Rows = data::DistributedMatrix<float>;

/// The checksums that a file records of its matrices, by their names in obsm; none of another tool's file. On
/// this rank.
json digests_in(const std::string& file) {
  json result = json::object();
  if (io::detect_format(file) != io::Format::hdf5) return result;
  for (const char* of_method : {"uns/tsne", "uns/umap"}) {
    const json digests = io::read_group(file, of_method).value("digests", json::object());
    if (digests.is_object()) result.update(digests);
  }
  return result;
}

/// The recorded checksum of a matrix, empty if there is none.
std::string recorded_digest(const json& digests, const io::Location& matrix) {
  const std::string name = matrix.dataset.substr(matrix.dataset.rfind('/') + 1);
  const bool recorded = matrix.dataset.ends_with("obsm/" + name) && digests.contains(name);
  return recorded && digests[name].is_string() ? digests[name] : "";
}

/// The checksums that the file records of these matrices, on every rank. Collective.
std::vector<std::string> recorded_digests(const comm::Communicator& comm,
                                          std::span<const std::string> inputs) {
  std::vector<std::string> result(inputs.size());
  comm::on_root(comm, [&] {
    const json digests = digests_in(io::split_input(inputs.front()).path);
    std::ranges::transform(inputs, result.begin(), [&](const std::string& input) {
      return recorded_digest(digests, io::split_input(input));
    });
  });
  for (std::string& digest : result) digest = comm.broadcast(digest, 0);
  return result;
}

/// Whether a matrix has the recorded checksum, if there is one. Collective.
bool fits(const comm::Communicator& comm, const std::string& recorded, const data::RowDistribution& rows,
          base::MatrixView<const float> matrix) {
  return recorded.empty() || recorded == io::digest_text(data::digest(comm, rows, matrix));
}

void warn_of_change(const std::string& input, bool by_name, base::Log& log) {
  log.warn(
      fmt::format("{} does not fit its checksum (rows were sorted, removed or changed since fleetsne wrote "
                  "it). Its rows are taken {}; if that is not meant, name the file as fleetsne wrote it",
                  input, by_name ? "by name" : "in their order in the file"));
}

/// The first matrix that does not fit the checksum that is recorded of it; empty if all do. Collective.
std::string changed_of(const comm::Communicator& comm, std::span<const std::string> inputs,
                       const std::vector<std::string>& recorded, const data::RowDistribution& rows,
                       const std::vector<base::Matrix<float>>& matrices) {
  for (std::size_t m = 0; m < matrices.size(); ++m)
    if (!fits(comm, recorded[m], rows, matrices[m].view())) return inputs[m];
  return "";
}

}  // namespace

json record_of(const std::string& file) {
  if (io::detect_format(file) != io::Format::hdf5) return json::object();
  return io::read_group(file, "uns/tsne");
}

std::vector<base::Matrix<float>> read_recorded(const comm::Communicator& comm,
                                               std::span<const std::string> inputs, RowMatcher& matcher) {
  const std::vector<std::string> recorded = recorded_digests(comm, inputs);
  std::vector<base::Matrix<float>> stored;
  for (std::size_t m = 0; m < inputs.size(); ++m)
    stored.push_back(std::move(io::read_rows(comm, inputs.subspan(m, 1)).local));
  const data::RowDistribution& rows = matcher.rows();
  if (!recorded.front().empty() && changed_of(comm, inputs, recorded, rows, stored).empty()) return stored;

  const auto files = io::inspect_all_rows(comm, inputs.first(1));
  RowMatch match = matcher.match(inputs.front(), files);
  if (!match.by_name() && !recorded.front().empty())
    if (auto by_number = match_numbers(comm, files, rows)) match = std::move(*by_number);
  for (base::Matrix<float>& matrix : stored) matrix = match.to_input<float>(comm, std::move(matrix));
  const std::string changed = changed_of(comm, inputs, recorded, rows, stored);
  comm::agree(comm, [&] {
    if (!changed.empty())
      throw base::InputError(
          fmt::format("{} does not fit its checksum (rows were sorted, removed or changed since it was "
                      "written, and their names do not put them back). Name the file as fleetsne wrote it",
                      changed));
  });
  return stored;
}

Rows read_embedding(const comm::Communicator& comm, const std::string& input, const RowMatch& match,
                    const data::RowDistribution& rows, base::Log& log) {
  Rows stored = io::read_rescaled_rows(comm, std::span(&input, 1), of_embedding,
                                       {.log = &log, .orientation = io::Orientation::embedding})
                    .rows;
  return put_in_order(comm, input, std::move(stored), match, rows, log);
}

void warn_if_changed(const comm::Communicator& comm, const std::string& input, const Rows& stored,
                     base::Log& log) {
  const std::string recorded = recorded_digests(comm, std::span(&input, 1)).front();
  if (!fits(comm, recorded, stored.rows, stored.local.view())) warn_of_change(input, false, log);
}

Rows put_in_order(const comm::Communicator& comm, const std::string& input, Rows&& stored,
                  const RowMatch& match, const data::RowDistribution& rows, base::Log& log) {
  const std::span<const std::string> inputs(&input, 1);
  const std::string recorded = recorded_digests(comm, inputs).front();
  const bool changed = !fits(comm, recorded, stored.rows, stored.local.view());
  if (changed && !match.is_named())
    if (const auto by_number = match_numbers(comm, io::inspect_all_rows(comm, inputs), rows)) {
      base::Matrix<float> moved = by_number->to_input<float>(comm, base::Matrix<float>(stored.local));
      if (fits(comm, recorded, rows, moved.view())) {
        log.info_once(fmt::format("{} is matched by name: its rows are called by their numbers", input));
        return {rows, std::move(moved)};
      }
    }
  Rows result{rows, match.to_input<float>(comm, std::move(stored.local))};
  if (!match.note.empty()) log.info_once(match.note);
  if (changed && !fits(comm, recorded, rows, result.local.view()))
    warn_of_change(input, match.is_named(), log);
  return result;
}

void expect_made_of(const std::string& file, const json& record, std::uint64_t input_digest,
                    std::span<const std::string> inputs) {
  const std::string recorded = record.value("input_digest", "");
  if (recorded.empty() || recorded == io::digest_text(input_digest)) return;
  const json made_of = made_facts(record).value("made of", json::array());
  const std::string names = fmt::format("{}", fmt::join(made_of.get<std::vector<std::string>>(), ", "));
  throw base::InputError(fmt::format(
      "{} was made of other rows than {} (their checksums differ). Name the input that it was made "
      "of{}",
      file, fmt::join(inputs, ", "), names.empty() ? "" : fmt::format(", as it was then: {}", names)));
}

}  // namespace fleetsne::run
