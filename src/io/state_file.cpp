#include "fleetsne/io/state_file.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/io/dataset_digest.hpp"
#include "fleetsne/io/description.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/shared_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

namespace fleetsne::io {
namespace {

using Rows = data::DistributedMatrix<float>;

constexpr const char* state_version_name = "state_format";
constexpr const char* state_complete_name = "complete";
constexpr std::uint64_t state_version = 1;
constexpr std::int64_t state_structure_bytes = 64 * 1024;  // of HDF5's own, at most

/// Makes the file but for the numbers of the ranks. @return where each matrix begins. On rank 0.
std::vector<std::int64_t> write_structure(const std::string& shown, const std::string& path,
                                          std::int64_t rows, std::span<const NamedMatrix> matrices,
                                          const std::string& about) {
  const hdf5::Guard guard(base::ErrorKind::io, shown);
  hdf5::Handle file = hdf5::create_file(guard, path, true);
  std::vector<std::int64_t> places;
  for (const NamedMatrix& matrix : matrices)
    places.push_back(hdf5::lay_out(guard, file.get(), matrix.name, H5T_IEEE_F32LE,
                                   {static_cast<hsize_t>(rows), matrix.values.columns()})
                         .offset);
  description::write(guard, file.get(), about);
  hdf5::write_number(guard, file.get(), state_version_name, state_version);
  guard.check(file.reset() ? 0 : -1, "cannot be written");
  return places;
}

void mark_complete(const std::string& shown, const std::string& path) {
  const hdf5::Guard guard(base::ErrorKind::io, shown);
  hdf5::Handle file = hdf5::reopen_file(guard, path);
  hdf5::write_number(guard, file.get(), state_complete_name, 1);
  guard.check(file.reset() ? 0 : -1, "cannot be completed");
}

StateHeader inspect_state(const std::string& path) {
  if (detect_format(path) != Format::hdf5)
    throw base::InputError(path + " is not an HDF5 file (a checkpoint is one). Remove it, or name another");
  const hdf5::Guard guard(base::ErrorKind::input, path);
  const hdf5::Handle file = hdf5::open_file(guard);
  if (H5Aexists(file.get(), state_version_name) <= 0)
    throw base::InputError(
        path + " is no checkpoint (it was not written by fleetsne embed). Remove it, or name another");
  const std::uint64_t version = hdf5::read_number(guard, file.get(), state_version_name);
  if (version != state_version)
    throw base::InputError(fmt::format(
        "{} is a checkpoint of format {} (this program knows {}). Go on with the program that wrote it", path,
        version, state_version));
  if (H5Aexists(file.get(), state_complete_name) <= 0)
    throw base::InputError(path + " is not complete (it was being written when its run ended). Remove it");
  StateHeader header;
  header.path = path;
  try {
    const nlohmann::json described = nlohmann::json::parse(description::read(guard, file.get()));
    header.rows = described.at("rows").get<std::int64_t>();
    header.about = described.at("about");
    header.digests = described.at("digests");
  } catch (const nlohmann::json::exception&) {
    throw base::InputError(path + " has a description that cannot be understood (it is damaged). Remove it");
  }
  return header;
}

/// What was read of a matrix must be what was written.
void expect_fit(const StateHeader& header, const std::string& name, std::int64_t rows, std::uint64_t digest) {
  if (rows == header.rows && header.digests.contains(name) && header.digests[name] == digest_text(digest))
    return;
  throw base::InputError(
      fmt::format("{}: its {} do not fit their checksum (it was cut short or changed since it was "
                  "written). Remove it",
                  header.path, name));
}

}  // namespace

void write_state(const comm::Communicator& comm, const std::string& path, const data::RowDistribution& rows,
                 std::span<const NamedMatrix> matrices, const nlohmann::json& about) {
  nlohmann::json digests = nlohmann::json::object();
  std::int64_t bytes = state_structure_bytes;
  for (const NamedMatrix& matrix : matrices) {
    digests[matrix.name] = digest_text(data::digest(comm, rows, matrix.values));
    bytes += rows.total() * static_cast<std::int64_t>(matrix.values.columns() * sizeof(float));
  }
  const std::string text =
      nlohmann::json{{"rows", rows.total()}, {"digests", digests}, {"about", about}}.dump(
          -1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::optional<PartialFile> partial;
  std::string partial_path;
  std::vector<std::int64_t> places(matrices.size());
  comm::on_root(comm, [&] {
    partial.emplace(path);
    partial_path = partial->partial_path();
    partial->reserve(bytes + static_cast<std::int64_t>(text.size()));  // a probe, see write_anndata
    places = write_structure(path, partial_path, rows.total(), matrices, text);
    partial->reserve(static_cast<std::int64_t>(std::filesystem::file_size(partial_path)));
  });
  comm.broadcast(std::span<std::int64_t>(places), 0);
  partial_path = comm.broadcast(partial_path, 0);
  SharedFile file(comm, partial_path, path);
  comm::agree(comm, [&] {
    const base::GlobalIndex begin = rows.begin(comm.rank());
    for (std::size_t m = 0; m < matrices.size(); ++m) {
      const auto values = matrices[m].values;
      file.write_rows_at(places[m] + begin * static_cast<std::int64_t>(values.columns() * sizeof(float)),
                         values);
    }
  });
  file.close();
  comm::on_root(comm, [&] {
    mark_complete(path, partial_path);
    partial->commit();
  });
}

StateHeader inspect_state_file(const comm::Communicator& comm, const std::string& path) {
  StateHeader header;
  header.path = path;
  std::string text;
  comm::on_root(comm, [&] {
    header = inspect_state(path);
    text = nlohmann::json{{"rows", header.rows}, {"digests", header.digests}, {"about", header.about}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
  });
  const nlohmann::json described = nlohmann::json::parse(comm.broadcast(text, 0));
  header.rows = described["rows"].get<std::int64_t>();
  header.digests = described["digests"];
  header.about = described["about"];
  expect_readable_everywhere(comm, path);
  return header;
}

std::vector<base::Matrix<float>> read_state_file(const comm::Communicator& comm, const StateHeader& header,
                                                 std::span<const std::string> names) {
  std::vector<base::Matrix<float>> matrices;
  for (const std::string& name : names) {
    const std::string input = header.path + ":/" + name;
    Rows rows = read_rows(comm, std::span(&input, 1));
    const std::uint64_t digest = data::digest(comm, rows.rows, rows.local.view());
    comm::agree(comm, [&] { expect_fit(header, name, rows.rows.total(), digest); });
    base::Matrix<float> packed(rows.local.rows(), rows.columns());
    for (std::size_t i = 0; i < packed.rows(); ++i)
      std::copy_n(rows.local.row(i).data(), packed.columns(), packed.row(i).data());
    matrices.push_back(std::move(packed));
  }
  return matrices;
}

void verify_state_file(const comm::Communicator& comm, const StateHeader& header) {
  comm::agree(comm, [&] {
    if (!header.digests.is_object() || header.digests.empty())
      throw base::InputError(
          fmt::format("{} has no checksums (it is damaged, or not of this program). Remove it", header.path));
  });
  for (const auto& item : header.digests.items()) {
    const MatrixDigest found = digest_of_dataset(comm, header.path, item.key());
    comm::agree(comm, [&] { expect_fit(header, item.key(), found.rows, found.digest); });
  }
}

}  // namespace fleetsne::io
