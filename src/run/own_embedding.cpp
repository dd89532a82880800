#include "own_embedding.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/io/dataset_digest.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/read_scalars.hpp"

#include "file_facts.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace fleetsne::run {
namespace {

using nlohmann::json;

/// The recorded checksum of a matrix, empty if there is none. On this rank.
std::string recorded_digest(const json& record, const io::Location& matrix) {
  const json digests = record.value("digests", json::object());
  const std::string name = matrix.dataset.substr(matrix.dataset.rfind('/') + 1);
  const bool recorded = matrix.dataset.ends_with("obsm/" + name) && digests.is_object();
  return recorded && digests.contains(name) && digests[name].is_string() ? digests[name] : "";
}

/// The checksums that the file records of these matrices, on every rank. Collective.
std::vector<std::string> recorded_digests(const comm::Communicator& comm,
                                          std::span<const std::string> inputs) {
  std::vector<std::string> result(inputs.size());
  comm::on_root(comm, [&] {
    const json record = record_of(io::split_input(inputs.front()).path);
    std::ranges::transform(inputs, result.begin(), [&](const std::string& input) {
      return recorded_digest(record, io::split_input(input));
    });
  });
  for (std::string& digest : result) digest = comm.broadcast(digest, 0);
  return result;
}

}  // namespace

json record_of(const std::string& file) {
  if (io::detect_format(file) != io::Format::hdf5) return json::object();
  return io::read_group(file, "uns/tsne");
}

std::vector<data::DistributedMatrix<float>> read_recorded(const comm::Communicator& comm,
                                                          std::span<const std::string> inputs) {
  const std::vector<std::string> recorded = recorded_digests(comm, inputs);
  std::vector<data::DistributedMatrix<float>> result;
  for (std::size_t m = 0; m < inputs.size(); ++m) {
    result.push_back(io::read_rows(comm, inputs.subspan(m, 1)));
    const std::string found = io::digest_text(data::digest(comm, result.back()));
    comm::agree(comm, [&] {
      if (!recorded[m].empty() && found != recorded[m])
        throw base::InputError(
            fmt::format("{} does not fit its checksum (rows were sorted, removed or changed since it was "
                        "written). Name the file as fleetsne wrote it",
                        inputs[m]));
    });
  }
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
