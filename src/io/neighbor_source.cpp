#include "neighbor_source.hpp"

#include "fleetsne/io/array_file.hpp"
#include "fleetsne/io/byte_stream.hpp"
#include "fleetsne/io/description.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/input.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::io {
namespace {

/// N x k indices and N x k distances, in two datasets of an HDF5 file or in two .npy files.
class TwoArrays : public NeighborSource {
 public:
  explicit TwoArrays(const NeighborFiles& files);
  nlohmann::json about() const override;
  void read(std::int64_t first, std::int64_t count, std::span<base::GlobalIndex> indices,
            std::span<float> distances) override;

 private:
  /// A two-dimensional array in either kind of file.
  struct Array {
    std::string name;  // as messages call it
    std::int64_t rows = 0, columns = 0;
    bool by_columns = false;  // stored one column after the other
    bool integers = false;
    std::unique_ptr<ByteStream> stream;  // .npy
    ArrayLayout layout;
    hdf5::Handle dataset;  // HDF5
  };
  void open_hdf5(const NeighborFiles& files);
  Array open_npy(const std::string& path) const;
  Array open_dataset(const std::string& name) const;
  template <class T>
  void read_dataset(const Array& array, std::int64_t first, hid_t type, base::MatrixView<T> out) const;
  void read_indices(std::int64_t first, base::MatrixView<base::GlobalIndex> out);

  std::optional<hdf5::Guard> guard_;
  hdf5::Handle file_;
  Array indices_, distances_;
};

TwoArrays::TwoArrays(const NeighborFiles& files) {
  if (detect_format(files.indices) == Format::hdf5) {
    open_hdf5(files);
  } else {
    if (files.distances.empty())
      throw base::InputError(fmt::format(
          "{} is not an HDF5 file and no file of distances was given (affinities need distances). Add "
          "--neighbors.distances FILE.npy",
          files.indices));
    indices_ = open_npy(files.indices);
    distances_ = open_npy(files.distances);
  }
  header_.by_columns = indices_.rows < indices_.columns;
  for (Array* const array : {&indices_, &distances_}) {
    if (array->rows >= array->columns) continue;  // no row has as many neighbors as there are rows
    std::swap(array->rows, array->columns);
    array->by_columns = !array->by_columns;
  }
  if (!indices_.integers)
    throw base::InputError(fmt::format(
        "{} does not hold integers (a neighbor is given by the number of its row). Convert it, for example "
        "with astype(\"int64\")",
        indices_.name));
  if (indices_.rows != distances_.rows || indices_.columns != distances_.columns || indices_.columns < 1)
    throw base::InputError(fmt::format(
        "{} is {} x {} and {} is {} x {} (every neighbor has a distance). Name two arrays of one search",
        indices_.name, indices_.rows, indices_.columns, distances_.name, distances_.rows,
        distances_.columns));
  header_.rows = indices_.rows;
  header_.count = static_cast<std::size_t>(indices_.columns);
}

void TwoArrays::open_hdf5(const NeighborFiles& files) {
  if (!files.distances.empty())
    throw base::InputError(fmt::format(
        "{} is an HDF5 file and {} was given too (an HDF5 file of neighbors holds both). Leave out "
        "--neighbors.distances, or give two .npy files",
        files.indices, files.distances));
  guard_.emplace(base::ErrorKind::input, files.indices);
  file_ = hdf5::open_file(*guard_);
  if (is_anndata(*Store::open(files.indices)))
    throw base::InputError(
        fmt::format("{} is an AnnData file (its neighbors are in a graph of obsp). Name the graph, as in "
                    "{}:obsp/distances",
                    files.indices, files.indices));
  const bool own_name = hdf5::exists(file_.get(), "indices");
  indices_ = open_dataset(own_name ? "indices" : "neighbors");
  distances_ = open_dataset("distances");
  if (H5Aexists(file_.get(), "input_digest") > 0)
    header_.input_digest = hdf5::read_number(*guard_, file_.get(), "input_digest");
  header_.summed = H5Aexists(file_.get(), "indices_digest") > 0;
}

nlohmann::json TwoArrays::about() const {
  if (!guard_ || H5Aexists(file_.get(), "about_digest") <= 0) return {};
  const std::string text = description::read(*guard_, file_.get());
  if (!nlohmann::json::accept(text))
    throw base::InputError(guard_->file() +
                           " has a description that cannot be understood (it is damaged). Search again");
  return nlohmann::json::parse(text);
}

TwoArrays::Array TwoArrays::open_npy(const std::string& path) const {
  Array array;
  array.name = path;
  if (detect_format(path) != Format::npy)
    throw base::InputError(fmt::format(
        "{} is not a .npy file (neighbors are in one HDF5 file or in two .npy files). Convert it", path));
  array.stream = ByteStream::open(path);
  array.layout = read_npy_header(*array.stream);
  expect_holds_data(*array.stream, array.layout);
  if (array.layout.dimensions != 2)
    throw base::InputError(fmt::format("{} has {} dimension{} (neighbors are N x k). Reshape it", path,
                                       array.layout.dimensions, array.layout.dimensions == 1 ? "" : "s"));
  array.by_columns = array.layout.column_major;
  array.rows = array.layout.rows;
  array.columns = array.layout.columns;
  array.integers = array.layout.type.is_integer();
  return array;
}

TwoArrays::Array TwoArrays::open_dataset(const std::string& name) const {
  Array array;
  array.name = guard_->file() + ":" + name;
  if (hdf5::object_type(file_.get(), name) != H5O_TYPE_DATASET)
    throw base::InputError(
        fmt::format("{} has no dataset {} (neighbors are in indices and distances, N x k each). Rename it; "
                    "the file has {}",
                    guard_->file(), name, hdf5::list_datasets(file_.get())));
  array.dataset = hdf5::open_dataset(*guard_, file_.get(), name);
  const auto shape = hdf5::extents(*guard_, array.dataset.get());
  if (shape.size() != 2)
    throw base::InputError(
        fmt::format("{} has {} dimensions (neighbors are N x k). Reshape it", array.name, shape.size()));
  array.rows = shape[0];
  array.columns = shape[1];
  const hdf5::Handle type =
      guard_->own(H5Dget_type(array.dataset.get()), H5Tclose, "has a dataset without a type");
  array.integers = H5Tget_class(type.get()) == H5T_INTEGER;
  if (!array.integers && H5Tget_class(type.get()) != H5T_FLOAT)
    throw base::InputError(array.name +
                           " does not hold numbers (indices and distances are numbers). Convert it");
  hdf5::expect_stored(*guard_, array.dataset.get(), name);
  return array;
}

template <class T>
void TwoArrays::read_dataset(const Array& array, std::int64_t first, hid_t type,
                             base::MatrixView<T> out) const {
  const char* const problem = "cannot be read";
  hsize_t start[2] = {static_cast<hsize_t>(first), 0};
  hsize_t shape[2] = {out.rows(), out.columns()};
  if (array.by_columns) {
    std::swap(start[0], start[1]);
    std::swap(shape[0], shape[1]);
  }
  const hdf5::Handle space = guard_->own(H5Dget_space(array.dataset.get()), H5Sclose, problem);
  const hdf5::Handle memory = guard_->own(H5Screate_simple(2, shape, nullptr), H5Sclose, problem);
  guard_->check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start, nullptr, shape, nullptr), problem);
  base::Matrix<T> columns(array.by_columns ? out.columns() : 0, array.by_columns ? out.rows() : 0);
  T* const to = array.by_columns ? columns.elements().data() : out.data();
  guard_->check(H5Dread(array.dataset.get(), type, memory.get(), space.get(), H5P_DEFAULT, to), problem);
  for (std::size_t j = 0; j < columns.rows(); ++j)
    for (std::size_t i = 0; i < columns.columns(); ++i) out(i, j) = columns(j, i);
}

/// Of a .npy file, one column of all whose elements is read in parts.
void TwoArrays::read_indices(std::int64_t first, base::MatrixView<base::GlobalIndex> out) {
  ArrayLayout flat = indices_.layout;
  flat.rows *= flat.columns;
  flat.columns = 1;
  flat.column_major = false;
  if (!indices_.by_columns)
    return read_array_column(*indices_.stream, flat, first * indices_.columns,
                             std::span(out.data(), out.rows() * out.columns()));
  std::vector<base::GlobalIndex> column(out.rows());
  for (std::size_t j = 0; j < out.columns(); ++j) {
    read_array_column(*indices_.stream, flat, static_cast<std::int64_t>(j) * indices_.rows + first,
                      std::span(column));
    for (std::size_t i = 0; i < column.size(); ++i) out(i, j) = column[i];
  }
}

void TwoArrays::read(std::int64_t first, std::int64_t count, std::span<base::GlobalIndex> indices,
                     std::span<float> distances) {
  if (count == 0) return;
  const auto rows = static_cast<std::size_t>(count);
  const base::MatrixView<base::GlobalIndex> to_indices(indices.data(), rows, header_.count, header_.count);
  const base::MatrixView<float> to_distances(distances.data(), rows, header_.count, header_.count);
  if (guard_) {
    read_dataset(indices_, first, H5T_NATIVE_INT64, to_indices);
    read_dataset(distances_, first, H5T_NATIVE_FLOAT, to_distances);
    return;
  }
  read_indices(first, to_indices);
  ArrayLayout layout = distances_.layout;
  layout.rows = distances_.rows;
  layout.columns = distances_.columns;
  layout.column_major = distances_.by_columns;
  read_array_rows(*distances_.stream, layout, first, to_distances);
}

}  // namespace

std::unique_ptr<NeighborSource> NeighborSource::open(const NeighborFiles& files) {
  const Location location = split_input(files.indices);
  if (location.dataset.empty()) return std::make_unique<TwoArrays>(files);
  if (!files.distances.empty())
    throw base::InputError(
        fmt::format("{} is a graph and {} was given too (a graph holds indices and distances). Leave out "
                    "--neighbors.distances",
                    files.indices, files.distances));
  return open_sparse_neighbors(location);
}

}  // namespace fleetsne::io
