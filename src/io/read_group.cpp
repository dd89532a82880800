#include "fleetsne/base/error.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/read_scalars.hpp"

#include <fmt/format.h>

namespace fleetsne::io {
namespace {

using nlohmann::json;

constexpr int most_depth = 8;
constexpr std::int64_t most_entries = 10'000;

class GroupReader {
 public:
  GroupReader(const hdf5::Guard& guard, hid_t file) : guard_(guard), file_(file) {}

  json read(const std::string& path, int depth) {
    json result = json::object();
    const hdf5::Handle group = guard_.own(H5Gopen2(file_, path.c_str(), H5P_DEFAULT), H5Gclose, unreadable);
    for (const std::string& name : hdf5::list_links(group.get())) {
      count(1);
      const std::string inner = fmt::format("{}/{}", path, name);
      const H5O_type_t kind = hdf5::object_type(file_, inner);
      if (kind == H5O_TYPE_GROUP && depth < most_depth) result[name] = read(inner, depth + 1);
      if (kind != H5O_TYPE_DATASET) continue;
      if (json value = read_value(inner); !value.is_null()) result[name] = std::move(value);
    }
    return result;
  }

 private:
  void count(std::int64_t entries) {
    entries_ += entries;
    if (entries_ > most_entries)
      throw base::InputError(
          fmt::format("{} has more than {} parameters (no program writes so many). Name another file",
                      guard_.file(), most_entries));
  }

  template <class T>
  T read_as(const hdf5::Handle& dataset, hid_t type) {
    T value{};
    guard_.check(H5Dread(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value), unreadable);
    return value;
  }

  /// Null if it is of no kind that is looked for.
  json read_value(const std::string& name) {
    const hdf5::Handle dataset = hdf5::open_dataset(guard_, file_, name);
    const hdf5::Handle type(H5Dget_type(dataset.get()), H5Tclose);
    const H5T_class_t kind = H5Tget_class(type.get());
    const std::vector<std::int64_t> shape = hdf5::extents(guard_, dataset.get());
    if (kind == H5T_STRING && shape.size() <= 1) {
      if (!shape.empty()) count(shape[0]);
      hdf5::expect_stored(guard_, dataset.get(), name);
      const auto texts = hdf5::read_strings(guard_, dataset.get(), 0, shape.empty() ? 1 : shape[0]);
      return shape.empty() ? json(texts.front()) : json(texts);
    }
    if (!shape.empty()) return {};
    if (kind == H5T_FLOAT) return read_as<double>(dataset, H5T_NATIVE_DOUBLE);
    if (kind == H5T_ENUM) return read_as<std::int64_t>(dataset, H5T_NATIVE_INT64) != 0;
    if (kind != H5T_INTEGER) return {};
    if (H5Tget_sign(type.get()) == H5T_SGN_NONE) return read_as<std::uint64_t>(dataset, H5T_NATIVE_UINT64);
    return read_as<std::int64_t>(dataset, H5T_NATIVE_INT64);
  }

  static constexpr const char* unreadable = "has parameters that cannot be read";
  const hdf5::Guard& guard_;
  hid_t file_;
  std::int64_t entries_ = 0;
};

}  // namespace

json read_group(const std::string& path, const std::string& group) {
  const hdf5::Guard guard(base::ErrorKind::input, path);
  const hdf5::Handle file = hdf5::open_file(guard);
  if (hdf5::object_type(file.get(), group) != H5O_TYPE_GROUP) return json::object();
  return GroupReader(guard, file.get()).read(group, 0);
}

}  // namespace fleetsne::io
