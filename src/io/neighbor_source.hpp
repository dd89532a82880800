#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/io/location.hpp"
#include "fleetsne/io/neighbor_file.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace fleetsne::io {

/// Files of neighbors, open to this rank alone. All members throw InputError.
class NeighborSource {
 public:
  static std::unique_ptr<NeighborSource> open(const NeighborFiles& files);

  NeighborSource() = default;
  virtual ~NeighborSource() = default;
  NeighborSource(const NeighborSource&) = delete;
  NeighborSource& operator=(const NeighborSource&) = delete;

  const NeighborHeader& header() const { return header_; }
  /// As about_neighbors.
  virtual nlohmann::json about() const = 0;
  /// Rows [first, first + count) as they are stored; both spans have count x k elements. Where a row has
  /// fewer than k neighbors, the rest have index -1. Rows must ascend from call to call.
  virtual void read(std::int64_t first, std::int64_t count, std::span<base::GlobalIndex> indices,
                    std::span<float> distances) = 0;

 protected:
  NeighborHeader header_;
};

/// A sparse graph of an AnnData file, as scanpy writes it to obsp: N x N in compressed rows, a row's entries
/// being its neighbors and their distances.
std::unique_ptr<NeighborSource> open_sparse_neighbors(const Location& location);

}  // namespace fleetsne::io
