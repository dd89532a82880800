#pragma once

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fleetsne::io::testing {

/// A directory of the test's own, the same on all ranks; rank 0 writes files into it.
class Scratch : public ::testing::Test {
 public:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "fleetsne-io-XXXXXX").string();
    if (comm.rank() == 0 && ::mkdtemp(name.data()) == nullptr) FAIL() << "no scratch directory";
    directory = comm.broadcast(name, 0);
  }
  void TearDown() override {
    set_transfer_limit(std::size_t{64} << 20);
    comm.barrier();
    if (comm.rank() == 0) std::filesystem::remove_all(directory);
  }

  std::string path(const std::string& name) const {
    return (std::filesystem::path(directory) / name).string();
  }

  /// Rank 0 writes when no rank still reads an earlier file of that name, and all wait for it. Returns the
  /// path.
  std::string make(const std::string& name, const std::function<void(const std::string&)>& write) {
    comm.barrier();
    if (comm.rank() == 0) write(path(name));
    comm.barrier();
    return path(name);
  }
  std::string make_file(const std::string& name, const std::string& bytes) {
    return make(name, [&](const std::string& where) { std::ofstream(where, std::ios::binary) << bytes; });
  }
  std::string make_gzip(const std::string& name, const std::string& bytes) {
    return make(name, [&](const std::string& where) {
      gzFile file = ::gzopen(where.c_str(), "wb");
      ::gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
      ::gzclose(file);
    });
  }
  /// The first `bytes` bytes of a file under another name.
  std::string cut(const std::string& from, const std::string& name, std::uintmax_t bytes) {
    return make(name, [&](const std::string& where) {
      std::filesystem::copy_file(from, where);
      std::filesystem::resize_file(where, bytes);
    });
  }

  const comm::Communicator comm = comm::Communicator::world();
  std::string directory;
};

/// `work` throws an error of this kind on this and (so says the reduction) every rank; all texts are in its
/// message.
template <class Work>
void expect_error(const comm::Communicator& comm, base::ErrorKind kind, const std::vector<std::string>& texts,
                  Work&& work) {
  std::string message;
  int code = 0;
  try {
    work();
  } catch (const base::Error& error) {
    message = error.what();
    code = error.exit_code();
  }
  EXPECT_EQ(code, static_cast<int>(kind)) << message;
  for (const std::string& text : texts) EXPECT_THAT(message, ::testing::HasSubstr(text));
  EXPECT_TRUE(comm.all_equal(static_cast<std::int64_t>(std::hash<std::string>{}(message))));
}

template <class T>
void append(std::string& bytes, T value, bool big_endian) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  if (big_endian) std::reverse(raw, raw + sizeof(T));
  bytes.append(raw, sizeof(T));
}

/// An IDX file of these extents with the elements value(0), value(1), ...
template <class T, class Value>
std::string idx_bytes(unsigned char type, const std::vector<std::uint32_t>& extents, Value&& value) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(extents.size())};
  std::size_t count = 1;
  for (const std::uint32_t extent : extents) {
    append(bytes, extent, true);
    count *= extent;
  }
  for (std::size_t i = 0; i < count; ++i) append(bytes, static_cast<T>(value(i)), true);
  return bytes;
}

/// The header of an .npy file.
inline std::string npy_header(int version, const std::string& descr, bool fortran, const std::string& shape) {
  std::string text = "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
                     ", 'shape': " + shape + ", }\n";
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  if (version == 1) {
    append(bytes, static_cast<std::uint16_t>(text.size()), false);
  } else {
    append(bytes, static_cast<std::uint32_t>(text.size()), false);
  }
  return bytes + text;
}

/// Writes an HDF5 dataset by one process; missing groups are made.
/// @param chunk  rows and columns in a chunk, or empty for one piece; chunks are compressed
template <class T>
void write_dataset(const std::string& file_path, const std::string& name, hid_t type,
                   const std::vector<hsize_t>& shape, const std::vector<T>& values,
                   const std::vector<hsize_t>& chunk = {}) {
  const hdf5::Guard guard(base::ErrorKind::io, file_path);
  const bool old = std::filesystem::exists(file_path);
  const hdf5::Handle file =
      guard.own(old ? H5Fopen(file_path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)
                    : H5Fcreate(file_path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT),
                H5Fclose, "fixture");
  const hdf5::Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links.get(), 1);
  const hdf5::Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (!chunk.empty()) {
    H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data());
    H5Pset_shuffle(creation.get());
    H5Pset_deflate(creation.get(), 6);
  }
  const hdf5::Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
  const hdf5::Handle dataset = guard.own(
      H5Dcreate2(file.get(), name.c_str(), type, space.get(), links.get(), creation.get(), H5P_DEFAULT),
      H5Dclose, "fixture");
  hid_t memory = type;
  if constexpr (std::is_same_v<T, float>) memory = H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) memory = H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, std::int64_t>) memory = H5T_NATIVE_INT64;
  if (!values.empty()) {
    guard.check(H5Dwrite(dataset.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "fixture");
  }
}

}  // namespace fleetsne::io::testing
