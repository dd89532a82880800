#include "fleetsne/io/read_scalars.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/hdf5.hpp"

#include <fmt/format.h>

namespace fleetsne::io {
namespace {

double read_scalar(const hdf5::Guard& guard, hid_t file, const std::string& name) {
  if (hdf5::object_type(file, name) != H5O_TYPE_DATASET)
    throw base::InputError(
        fmt::format("{} has no number {} (it was written by another program or version). "
                    "Name another file",
                    guard.file(), name));
  const hdf5::Handle dataset = hdf5::open_dataset(guard, file, name);
  const hdf5::Handle type(H5Dget_type(dataset.get()), H5Tclose);
  const H5T_class_t kind = H5Tget_class(type.get());
  if ((kind != H5T_INTEGER && kind != H5T_FLOAT) || !hdf5::extents(guard, dataset.get()).empty())
    throw base::InputError(
        fmt::format("{}: {} is not a single number (it is damaged, or of another program). Name another file",
                    guard.file(), name));
  double value = 0;
  guard.check(H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value),
              fmt::format("{} cannot be read", name));
  return value;
}

}  // namespace

bool holds_dataset(const std::string& path, const std::string& dataset) {
  const hdf5::Guard guard(base::ErrorKind::input, path);
  const hdf5::Handle file = hdf5::open_file(guard);
  return hdf5::object_type(file.get(), dataset) == H5O_TYPE_DATASET;
}

std::vector<double> read_scalars(const std::string& path, const std::string& group,
                                 const std::vector<std::string>& names) {
  const hdf5::Guard guard(base::ErrorKind::input, path);
  const hdf5::Handle file = hdf5::open_file(guard);
  std::vector<double> values;
  for (const std::string& name : names)
    values.push_back(read_scalar(guard, file.get(), fmt::format("{}/{}", group, name)));
  return values;
}

std::optional<double> find_scalar(const std::string& path, const std::string& dataset) {
  const hdf5::Guard guard(base::ErrorKind::input, path);
  const hdf5::Handle file = hdf5::open_file(guard);
  if (hdf5::object_type(file.get(), dataset) != H5O_TYPE_DATASET) return std::nullopt;
  return read_scalar(guard, file.get(), dataset);
}

std::optional<std::vector<std::string>> find_texts(const std::string& path, const std::string& dataset) {
  const hdf5::Guard guard(base::ErrorKind::input, path);
  const hdf5::Handle file = hdf5::open_file(guard);
  if (hdf5::object_type(file.get(), dataset) != H5O_TYPE_DATASET) return std::nullopt;
  const hdf5::Handle found = hdf5::open_dataset(guard, file.get(), dataset);
  const hdf5::Handle type(H5Dget_type(found.get()), H5Tclose);
  const std::vector<std::int64_t> shape = hdf5::extents(guard, found.get());
  if (H5Tget_class(type.get()) != H5T_STRING || shape.size() > 1) return std::nullopt;
  hdf5::expect_stored(guard, found.get(), dataset);
  return hdf5::read_strings(guard, found.get(), 0, shape.empty() ? 1 : shape.front());
}

}  // namespace fleetsne::io
