#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include "hdf5_attributes.hpp"
#include "hdf5_types.hpp"
#include "stores.hpp"

#include <algorithm>

namespace fleetsne::io {
namespace {

class Hdf5Store : public Store {
 public:
  explicit Hdf5Store(const std::string& path)
      : Store(path), guard_(base::ErrorKind::input, path), file_(hdf5::open_file(guard_)) {}

  NodeKind kind(const std::string& name) const override {
    switch (hdf5::object_type(file_.get(), rooted(name))) {
      case H5O_TYPE_GROUP:
        return NodeKind::group;
      case H5O_TYPE_DATASET:
        return NodeKind::array;
      default:
        return NodeKind::none;
    }
  }

  std::vector<std::string> children(const std::string& group) const override {
    if (kind(group) != NodeKind::group) return {};
    const hdf5::Handle open(H5Gopen2(file_.get(), rooted(group).c_str(), H5P_DEFAULT), H5Gclose);
    return hdf5::list_links(open.get());
  }

  nlohmann::json attribute(const std::string& node, const std::string& name) const override {
    if (kind(node) == NodeKind::none) return nullptr;
    const hdf5::Handle open(H5Oopen(file_.get(), rooted(node).c_str(), H5P_DEFAULT), H5Oclose);
    return hdf5::read_attribute(open.get(), name);
  }

  ArrayInfo info(const std::string& array, const std::string& field) const override {
    const hdf5::Handle dataset = open(array);
    ArrayInfo result = hdf5::describe_type(guard_, hdf5::element_type(guard_, dataset.get(), field).get());
    result.shape = hdf5::extents(guard_, dataset.get());
    const hdf5::Handle creation =
        guard_.own(H5Dget_create_plist(dataset.get()), H5Pclose, "has a damaged dataset");
    if (H5Pget_layout(creation.get()) != H5D_CHUNKED) return result;
    std::vector<hsize_t> chunk(result.shape.size());
    guard_.check(H5Pget_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data()),
                 "has a damaged dataset");
    result.chunk.assign(chunk.begin(), chunk.end());
    return result;
  }

  void expect_stored(const std::string& array) const override {
    hdf5::expect_stored(guard_, open(array).get(), array);
  }

  void read(const std::string& array, std::int64_t first, std::span<std::int64_t> out,
            const std::string& field) const override {
    hdf5::read_integers(guard_, open(array).get(), first, out, field);
  }

  void read(const std::string& array, std::int64_t first, std::span<double> out,
            const std::string& field) const override {
    const hdf5::Handle dataset = open(array);
    const hdf5::Handle type = hdf5::element_type(guard_, dataset.get(), field);
    const H5T_class_t kind = H5Tget_class(type.get());
    if (kind == H5T_FLOAT || kind == H5T_INTEGER)
      return hdf5::read_numbers(guard_, dataset.get(), first, out, field);
    std::vector<std::int64_t> integers(out.size());
    hdf5::read_integers(guard_, dataset.get(), first, integers, field);
    std::copy(integers.begin(), integers.end(), out.begin());
  }

  std::vector<std::string> read_text(const std::string& array, std::int64_t first, std::int64_t count,
                                     const std::string& field) const override {
    return hdf5::read_strings(guard_, open(array).get(), first, count, field);
  }

  void read_rows(const std::string& array, std::int64_t first, base::MatrixView<double> out) const override {
    const hdf5::Handle dataset = open(array);
    const std::string problem = "has a dataset " + array + " that cannot be read";
    const hdf5::Handle file = guard_.own(H5Dget_space(dataset.get()), H5Sclose, problem);
    const std::size_t step = rows_per_transfer(out.columns() * sizeof(double));
    for (std::size_t at = 0; at < out.rows(); at += step) {
      const hsize_t start[2] = {static_cast<hsize_t>(first) + at, 0}, origin[2] = {0, 0};
      const hsize_t count[2] = {std::min(step, out.rows() - at), out.columns()};
      const hsize_t padded[2] = {count[0], out.stride()};
      const hdf5::Handle memory = guard_.own(H5Screate_simple(2, padded, nullptr), H5Sclose, problem);
      guard_.check(H5Sselect_hyperslab(memory.get(), H5S_SELECT_SET, origin, nullptr, count, nullptr),
                   problem);
      guard_.check(H5Sselect_hyperslab(file.get(), H5S_SELECT_SET, start, nullptr, count, nullptr), problem);
      guard_.check(H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, memory.get(), file.get(), H5P_DEFAULT,
                           out.data() + at * out.stride()),
                   problem);
    }
  }

 private:
  /// HDF5 knows no empty name.
  static std::string rooted(const std::string& name) { return "/" + name; }
  hdf5::Handle open(const std::string& array) const {
    return hdf5::open_dataset(guard_, file_.get(), rooted(array));
  }

  hdf5::Guard guard_;
  hdf5::Handle file_;
};

}  // namespace

std::unique_ptr<Store> open_hdf5_store(const std::string& path) {
  return std::make_unique<Hdf5Store>(path);
}

}  // namespace fleetsne::io
