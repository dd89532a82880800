#include "own_file.hpp"

#include "fleetsne/io/description.hpp"

#include <algorithm>

namespace fleetsne::fuzz {

std::uint8_t Parts::byte() {
  if (rest_.empty()) return 0;
  const std::uint8_t first = rest_[0];
  rest_ = rest_.subspan(1);
  return first;
}

Bytes Parts::next() {
  const std::size_t low = byte(), high = byte();
  const std::size_t length = std::min(low + 256 * high, rest_.size());
  const Bytes part = rest_.first(length);
  rest_ = rest_.subspan(length);
  return part;
}

OwnFile::OwnFile(const std::string& name)
    : path_(file_of({}, name)),
      guard_(base::ErrorKind::internal, path_),
      file_(io::hdf5::create_file(guard_, path_, true)) {}

void OwnFile::attribute(const char* name, std::uint64_t value) {
  io::hdf5::write_number(guard_, file_.get(), name, value);
}

void OwnFile::description(Bytes text) {
  io::description::write(guard_, file_.get(), std::string(text.begin(), text.end()));
}

void OwnFile::dataset(const char* name, hid_t type, std::size_t columns, Bytes bytes) {
  const std::size_t row = std::max<std::size_t>(columns, 1) * H5Tget_size(type);
  const std::vector<hsize_t> shape = columns == 0 ? std::vector<hsize_t>{bytes.size() / row}
                                                  : std::vector<hsize_t>{bytes.size() / row, columns};
  const io::hdf5::Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                               H5Sclose);
  const io::hdf5::Handle made =
      guard_.own(H5Dcreate2(file_.get(), name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                 H5Dclose, "cannot be made");
  guard_.check(H5Dwrite(made.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), "cannot be written");
}

std::string OwnFile::path() {
  file_.reset();
  return path_;
}

void OwnFile::reopen() {
  file_ = guard_.own(H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose, "cannot be opened");
}

}  // namespace fleetsne::fuzz
