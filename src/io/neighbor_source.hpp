#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/io/array_file.hpp"
#include "fleetsne/io/byte_stream.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/neighbor_file.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace fleetsne::io {

/// Files of neighbours, open to this rank alone. All members throw InputError.
class NeighborSource {
 public:
  explicit NeighborSource(const NeighborFiles& files);

  const NeighborHeader& header() const { return header_; }
  /// Rows [first, first + count) as they stand; both spans have count x k elements. Rows must ascend from
  /// call to call.
  void read(std::int64_t first, std::int64_t count, std::span<base::GlobalIndex> indices,
            std::span<float> distances);

 private:
  /// A two-dimensional array in either kind of file.
  struct Array {
    std::string name;  // as messages call it
    std::int64_t rows = 0, columns = 0;
    bool integers = false;
    std::unique_ptr<ByteStream> stream;  // .npy
    ArrayLayout layout;
    hdf5::Handle dataset;  // HDF5
  };
  Array open_npy(const std::string& path) const;
  Array open_dataset(const std::string& name) const;
  void read_dataset(const Array& array, std::int64_t first, std::int64_t count, hid_t type, void* out) const;

  std::optional<hdf5::Guard> guard_;
  hdf5::Handle file_;
  Array indices_, distances_;
  NeighborHeader header_;
};

}  // namespace fleetsne::io
