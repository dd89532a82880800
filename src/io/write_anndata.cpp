#include "fleetsne/base/error.hpp"
#include "fleetsne/base/utf8.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/anndata_format.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/row_names.hpp"
#include "fleetsne/io/shared_file.hpp"
#include "fleetsne/io/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace fleetsne::io {
namespace {

const char* const unwritable = "cannot be written";
constexpr std::int64_t names_per_block = 65536;

/// A name for the labels' column that is no other thing in obs.
std::string column_name(const data::Labels& labels) {
  std::string name = base::valid_utf8(labels.name);
  std::replace(name.begin(), name.end(), '/', '_');
  return name.empty() || name == "_index" || name == "." || name == "__categories" ? "label" : name;
}

/// The categories as UTF-8. They stay distinct, which pandas insists on, also where nothing but a replaced
/// byte told them apart: later ones get a number.
std::vector<std::string> valid_categories(const data::Labels& labels) {
  std::vector<std::string> result;
  std::unordered_set<std::string> taken;
  for (const std::string& category : labels.categories) {
    if (base::is_utf8(category)) taken.insert(category);
  }
  for (const std::string& category : labels.categories) {
    std::string name = base::valid_utf8(category);
    if (!base::is_utf8(category)) {
      const std::string stem = name;
      for (int number = 2; !taken.insert(name).second; ++number) name = fmt::format("{} ({})", stem, number);
    }
    result.push_back(std::move(name));
  }
  return result;
}

/// Where the numbers of the ranks go: bytes from the file's beginning.
struct AnnDataPlaces {
  std::int64_t embedding = 0, codes = 0;
  std::array<std::int64_t, AnnDataContents::most_matrices> more{};
};

/// Makes a dataset whose bytes are written later, past HDF5; marked as an array.
std::int64_t lay_out_array(const hdf5::Guard& guard, hid_t parent, const std::string& name, hid_t type,
                           const std::vector<hsize_t>& shape) {
  const hdf5::LaidOut made = hdf5::lay_out(guard, parent, name, type, shape);
  anndata::set_encoding(guard, made.dataset.get(), "array", "0.2.0");
  return made.offset;
}

void write_index(const hdf5::Guard& guard, hid_t frame, std::int64_t count, const RowNames* names) {
  const hdf5::Handle index = anndata::string_array(guard, frame, "_index", count);
  for (std::int64_t at = 0; names != nullptr && at < count; at += names_per_block) {
    const std::vector<std::string> block = names->read(at, std::min(names_per_block, count - at));
    anndata::write_strings(guard, index.get(), at, block);
  }
  anndata::set_attribute(guard, frame, "_index", std::string("_index"));
}

/// How many bytes the file will have, strings included, or a little more.
std::int64_t size_estimate(const AnnDataContents& contents, const RowNames& names) {
  constexpr std::int64_t structure = 256 * 1024, string_reference = 16, string_overhead = 24;
  constexpr std::int64_t bytes_per_json_byte = 32;  // a parameter takes some 500 bytes in the file
  const std::int64_t rows = contents.rows.total();
  std::int64_t bytes = structure + bytes_per_json_byte * static_cast<std::int64_t>(
                                                             anndata::json_text(contents.parameters).size());
  bytes += rows * static_cast<std::int64_t>(contents.embedding.columns() * sizeof(float));
  for (const NamedMatrix& matrix : contents.more)
    bytes += rows * static_cast<std::int64_t>(matrix.values.columns() * sizeof(float));
  if (contents.labels) {
    bytes += rows * static_cast<std::int64_t>(sizeof(std::int32_t));
    for (const std::string& category : valid_categories(*contents.labels)) {
      bytes += string_reference + string_overhead + static_cast<std::int64_t>(category.size());
    }
  }
  for (std::int64_t at = 0; at < rows; at += names_per_block) {
    for (const std::string& name : names.read(at, std::min(names_per_block, rows - at))) {
      bytes += string_reference + string_overhead + static_cast<std::int64_t>(base::valid_utf8(name).size());
    }
  }
  return bytes;
}

/// Makes the whole file but for the numbers of the ranks. On rank 0.
AnnDataPlaces write_structure(const hdf5::Guard& guard, const std::string& path,
                              const AnnDataContents& contents, const RowNames& names) {
  hdf5::Handle file = hdf5::create_file(guard, path);
  anndata::set_encoding(guard, file.get(), "anndata", "0.1.0");
  for (const char* name : {"layers", "obsm", "obsp", "varm", "varp", "uns"}) {
    anndata::group(guard, file.get(), name, "dict", "0.1.0");
  }
  const auto rows = static_cast<hsize_t>(contents.rows.total());
  AnnDataPlaces places;
  places.embedding = lay_out_array(guard, file.get(), "obsm/X_" + contents.method, H5T_IEEE_F32LE,
                                   {rows, contents.embedding.columns()});
  for (std::size_t m = 0; m < contents.more.size(); ++m)
    places.more[m] = lay_out_array(guard, file.get(), "obsm/" + contents.more[m].name, H5T_IEEE_F32LE,
                                   {rows, contents.more[m].values.columns()});

  const hdf5::Handle obs = anndata::group(guard, file.get(), "obs", "dataframe", "0.2.0");
  write_index(guard, obs.get(), contents.rows.total(), &names);
  std::vector<std::string> columns;
  if (contents.labels) {
    columns.push_back(column_name(*contents.labels));
    const hdf5::Handle column = anndata::group(guard, obs.get(), columns[0], "categorical", "0.2.0");
    anndata::set_attribute(guard, column.get(), "ordered", false);
    const std::vector<std::string> categories = valid_categories(*contents.labels);
    const hdf5::Handle texts = anndata::string_array(guard, column.get(), "categories",
                                                     static_cast<std::int64_t>(categories.size()));
    anndata::write_strings(guard, texts.get(), 0, categories);
    places.codes = lay_out_array(guard, column.get(), "codes", H5T_STD_I32LE, {rows});
  }
  anndata::set_attribute(guard, obs.get(), "column-order", columns);

  const hdf5::Handle var = anndata::group(guard, file.get(), "var", "dataframe", "0.2.0");
  write_index(guard, var.get(), 0, nullptr);
  anndata::set_attribute(guard, var.get(), "column-order", std::vector<std::string>{});

  const hdf5::Handle uns(H5Gopen2(file.get(), "uns", H5P_DEFAULT), H5Gclose);
  anndata::write_json(guard, uns.get(), contents.method, contents.parameters);
  guard.check(file.reset() ? 0 : -1, unwritable);
  return places;
}

}  // namespace

/// Rank 0 lays the file out with serial HDF5, strings included (which parallel HDF5 cannot write), and all
/// ranks write their numbers into the places left for them. Parallel HDF5 would do the latter as well, but on
/// a full disk its ranks wait for each other for ever, or die when they leave.
void write_anndata(const comm::Communicator& comm, const std::string& path, const AnnDataContents& contents) {
  FLEETSNE_EXPECT(contents.more.size() <= AnnDataContents::most_matrices);
  const hdf5::Guard guard(base::ErrorKind::io, path);
  std::optional<PartialFile> partial;
  std::string partial_path;
  AnnDataPlaces places;
  comm::on_root(comm, [&] {
    partial.emplace(path);
    partial_path = partial->partial_path();
    const RowNames names(contents.inputs, contents.orientation, contents.rows.total());
    // HDF5 does not survive a full disk in good order, so it is not led there. This is a probe only: making
    // the file anew gives the space back, and what the numbers need is taken again below.
    partial->reserve(size_estimate(contents, names));
    places = write_structure(guard, partial_path, contents, names);
    partial->reserve(static_cast<std::int64_t>(std::filesystem::file_size(partial_path)));
  });
  places = comm.broadcast(places, 0);
  partial_path = comm.broadcast(partial_path, 0);
  SharedFile file(comm, partial_path, path);
  comm::agree(comm, [&] {
    const base::GlobalIndex begin = contents.rows.begin(comm.rank());
    const auto write_block = [&](std::int64_t at, base::MatrixView<const float> rows) {
      file.write_rows_at(at + begin * static_cast<std::int64_t>(rows.columns() * sizeof(float)), rows);
    };
    write_block(places.embedding, contents.embedding);
    for (std::size_t m = 0; m < contents.more.size(); ++m)
      write_block(places.more[m], contents.more[m].values);
    if (contents.labels) {
      const auto codes = std::span<const std::int32_t>(contents.labels->codes);
      file.write_at(places.codes + begin * static_cast<std::int64_t>(sizeof(std::int32_t)),
                    std::as_bytes(codes));
    }
  });
  file.close();
  comm::on_root(comm, [&] { partial->commit(); });
}

}  // namespace fleetsne::io
