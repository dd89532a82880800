#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/elements.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/input.hpp"

#include "conventions.hpp"
#include "hdf5_storage.hpp"
#include "hdf5_types.hpp"
#include "row_bands.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace fleetsne::io {
namespace {

constexpr std::size_t widest_number = 16;

void expect_numbers(const hdf5::Guard& guard, const std::string& name, hid_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  if ((kind == H5T_FLOAT || kind == H5T_INTEGER) && H5Tget_size(type) <= widest_number) return;
  if (hdf5::describe_type(guard, type).kind == ValueKind::boolean && kind == H5T_ENUM) return;
  throw base::InputError(
      fmt::format("{}: {} does not hold plain numbers (integers or floats are needed). Name another "
                  "dataset or convert it",
                  guard.file(), name));
}

/// Throws with the reason if there is something of this name that cannot be opened.
void expect_openable(const hdf5::Guard& guard, hid_t file, const std::string& name) {
  if (name.empty() || hdf5::object_type(file, name) != H5O_TYPE_UNKNOWN) return;
  if (const std::string target = hdf5::broken_link(file, name); !target.empty())
    throw base::InputError(
        fmt::format("{} has a link {} to {}, which is not there (the data are in that place). Copy that file "
                    "to where the link looks for it, or name another dataset",
                    guard.file(), name, target));
  if (H5Lexists(file, name.c_str(), H5P_DEFAULT) > 0)
    throw base::InputError(
        fmt::format("{} has {}, which cannot be opened (a newer HDF5 than this one, {}.{}.{}, wrote it). "
                    "Write it again for older ones, in h5py with libver=('earliest', 'v110')",
                    guard.file(), name, H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE));
}

/// Reads bands of rows of an open dataset, each rank for itself.
class BandReader {
 public:
  BandReader(const hdf5::Guard& guard, const RowInput& input, hid_t dataset)
      : guard_(guard),
        problem_(fmt::format("has a dataset {} that cannot be read", input.location.dataset)),
        dataset_(dataset),
        columns_(static_cast<std::size_t>(input.columns)),
        transposed_(input.transposed) {
    type_ = guard.own(H5Dget_type(dataset), H5Tclose, "has a dataset without a type");
    space_ = guard.own(H5Dget_space(dataset), H5Sclose, "has a dataset without a shape");
    element_ = H5Tget_size(type_.get());
    number_ = H5Tget_class(type_.get()) == H5T_ENUM ? guard.own(H5Tget_super(type_.get()), H5Tclose, problem_)
                                                    : guard.own(H5Tcopy(type_.get()), H5Tclose, problem_);
    if (const auto missing =
            missing_integer(hdf5::describe_type(guard, type_.get()), H5Aexists(dataset, rhdf5_mark) > 0)) {
      missing_.resize(sizeof(std::int64_t));
      std::memcpy(missing_.data(), &*missing, sizeof(std::int64_t));
      guard.check(H5Tconvert(H5T_NATIVE_INT64, number_.get(), 1, missing_.data(), nullptr, H5P_DEFAULT),
                  problem_);
      missing_.resize(element_);
    }
  }

  /// Bytes of a row as it is stored.
  std::size_t row_bytes() const { return columns_ * element_; }

  /// The file's own type is read and converted here, in a buffer that is as large as one call may be; what
  /// is stored as it is needed is read into its place.
  template <class T>
  void read(base::GlobalIndex first, base::MatrixView<T> out) {
    const std::size_t elements = out.rows() * columns_;
    const hid_t memory_type = std::is_same_v<T, float> ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    const bool as_stored = !transposed_ && out.stride() == columns_ && H5Tequal(type_.get(), memory_type) > 0;
    if (!as_stored) buffer_.resize(std::max(buffer_.size(), elements * std::max(element_, sizeof(T))));
    hsize_t start[2] = {static_cast<hsize_t>(first), 0};
    hsize_t count[2] = {out.rows(), columns_};
    if (transposed_) {
      std::swap(start[0], start[1]);
      std::swap(count[0], count[1]);
    }
    const hdf5::Handle memory = guard_.own(H5Screate_simple(2, count, nullptr), H5Sclose, problem_);
    guard_.check(H5Sselect_hyperslab(space_.get(), H5S_SELECT_SET, start, nullptr, count, nullptr), problem_);
    guard_.check(H5Dread(dataset_, type_.get(), memory.get(), space_.get(), H5P_DEFAULT,
                         as_stored ? static_cast<void*>(out.data()) : buffer_.data()),
                 problem_);
    if (as_stored) return;
    const std::vector<std::size_t> missing = missing_among(elements);
    guard_.check(H5Tconvert(number_.get(), memory_type, elements, buffer_.data(), nullptr, H5P_DEFAULT),
                 problem_);
    auto* values = reinterpret_cast<T*>(buffer_.data());
    for (const std::size_t element : missing) values[element] = std::numeric_limits<T>::quiet_NaN();
    const std::size_t of_row = transposed_ ? 1 : columns_, of_column = transposed_ ? out.rows() : 1;
    for (std::size_t i = 0; i < out.rows(); ++i)
      for (std::size_t j = 0; j < columns_; ++j) out(i, j) = values[i * of_row + j * of_column];
  }

 private:
  /// Which of the elements in the buffer stand for a missing value.
  std::vector<std::size_t> missing_among(std::size_t elements) const {
    std::vector<std::size_t> result;
    for (std::size_t e = 0; !missing_.empty() && e < elements; ++e)
      if (std::memcmp(buffer_.data() + e * element_, missing_.data(), element_) == 0) result.push_back(e);
    return result;
  }

  const hdf5::Guard& guard_;
  std::string problem_;
  hid_t dataset_;
  hdf5::Handle type_, number_, space_;
  std::vector<std::byte> missing_{};  ///< an integer that stands for a missing value, as it is stored
  std::size_t columns_, element_ = 0;
  bool transposed_;
  base::AlignedVector<std::byte> buffer_;
};

/// Reads this rank's rows in bands of whole chunks where that fits, so that each chunk is unpacked once.
template <class T>
void read_bands(const hdf5::Guard& guard, const RowInput& input, hid_t dataset, base::GlobalIndex first,
                base::MatrixView<T> out) {
  BandReader reader(guard, input, dataset);
  for_each_band(first, out.rows(), input.chunk_rows, reader.row_bytes(),
                [&](std::size_t at, std::size_t rows) {
                  reader.read(first + static_cast<base::GlobalIndex>(at), out.middle_rows(at, rows));
                });
}

}  // namespace

/// A dataset in one piece is opened by all ranks together, so that one reads the metadata for all; chunks
/// need an index that each rank looks up for itself. The rows are never read by a collective call: blocks are
/// long and contiguous, so it would gain nothing, and a rank whose read fails would leave the others waiting
/// in it.
template <class T>
void read_hdf5_rows(const comm::Communicator& comm, const RowInput& input, base::GlobalIndex first,
                    base::MatrixView<T> out) {
  const hdf5::Guard guard(base::ErrorKind::input, input.location.path);
  const bool together = input.chunk_rows == 0;
  const hdf5::Handle file = comm::agree(
      comm, [&] { return together ? hdf5::open_file_together(comm, guard) : hdf5::open_file(guard); });
  const hdf5::Handle dataset =
      comm::agree(comm, [&] { return hdf5::open_dataset(guard, file.get(), input.location.dataset); });
  comm::agree(comm, [&] { read_bands(guard, input, dataset.get(), first, out); });
}

template void read_hdf5_rows(const comm::Communicator&, const RowInput&, base::GlobalIndex,
                             base::MatrixView<float>);
template void read_hdf5_rows(const comm::Communicator&, const RowInput&, base::GlobalIndex,
                             base::MatrixView<double>);

void inspect_hdf5_rows(RowInput& input) {
  const hdf5::Guard guard(base::ErrorKind::input, input.location.path);
  const hdf5::Handle file = hdf5::open_file(guard);
  const auto store = Store::open(input.location.path);
  std::string& name = input.location.dataset;
  expect_openable(guard, file.get(), name);
  name = array_of_rows(*store, name);
  expect_matrix(*store, name);
  const hdf5::Handle dataset = hdf5::open_dataset(guard, file.get(), name);
  const std::vector<std::int64_t> shape = hdf5::extents(guard, dataset.get());
  input.rows = shape[0];
  input.columns = shape[1];
  const hdf5::Handle type = guard.own(H5Dget_type(dataset.get()), H5Tclose, "has a dataset without a type");
  expect_numbers(guard, name, type.get());
  input.wide = H5Tget_size(type.get()) > (H5Tget_class(type.get()) == H5T_INTEGER ? 2U : 4U);
  input.sources = hdf5::expect_stored_somewhere(guard, dataset.get(), name);

  const hdf5::Handle creation =
      guard.own(H5Dget_create_plist(dataset.get()), H5Pclose, "has a damaged dataset");
  const H5D_layout_t layout = H5Pget_layout(creation.get());
  input.chunk_rows = input.chunk_columns = input.sources.empty() && layout == H5D_CONTIGUOUS ? 0 : 1;
  if (layout == H5D_CHUNKED) {
    hsize_t chunk[2] = {1, 1};
    guard.check(H5Pget_chunk(creation.get(), 2, chunk), "has a damaged dataset");
    input.chunk_rows = static_cast<std::int64_t>(chunk[0]);
    input.chunk_columns = static_cast<std::int64_t>(chunk[1]);
  }
  if (is_ann_benchmarks(*store)) input.distance = store->text_attribute("", "distance");
  input.oriented = is_anndata(*store) || is_ann_benchmarks(*store);
  input.exchanged_by = exchanged_by(*store, name);
}

}  // namespace fleetsne::io
