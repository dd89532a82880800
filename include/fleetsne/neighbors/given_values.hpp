#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/neighbors/neighbors.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What the values are that another tool has stored beside neighbors: distances, their squares, similarities
/// and so on, found by comparing those of a sample with distances that are computed from the rows.
namespace fleetsne::neighbors {

/// A neighbor that is listed with a value.
struct ListedNeighbor {
  base::GlobalIndex row = 0, neighbor = 0;  ///< in the working order
  std::int64_t place = 0;                   ///< in the row's list, from 0
  float value = 0;
};

/// The same with what the rows say.
struct ComparedNeighbor {
  ListedNeighbor listed;
  double measured = 0;  ///< between the rows, by what adapted rows are compared by (see adapt_rows)
  double rounding = 0;  ///< by how much another tool's arithmetic in float32 may be off
  double offset = 0;    ///< inner_product: measured = offset - 2 x.y; else 0
};

/// How values are turned into distances.
struct ValueKind {
  const char* name = "distances";
  /// measured(value, offset); what comes out negative is no distance, but for rounding.
  double (*measured)(double value, double offset) = nullptr;
  /// value(measured), for what may come in another unit; else null.
  double (*value)(double measured) = nullptr;
  bool larger_is_nearer = false;
};

struct RecognizedValues {
  ValueKind kind;
  bool as_expected = false;  ///< distances by the metric
  double factor = 1;         ///< the values are so many times what the kind says
  double rounding = 0;       ///< measures down to minus this are 0
  double deviation = 0;      ///< relative, of 9 in 10 values; 0: none but rounding

  /// The squared distance as NeighborGraph has it; NaN if there is none with that value.
  float squared_distance(float value, double offset, Metric metric) const;
};

/// Measures listed neighbors.
/// @param rows    N x d in working order, as adapt_rows has made them for `adapted`
/// @param metric  what to measure by: `adapted`, or any but inner_product where adapt_rows changes nothing
/// @return  of all ranks, the same on every rank, a row's neighbors one after the other
/// @note Collective.
std::vector<ComparedNeighbor> compare_listed(const comm::Communicator& comm,
                                             const data::DistributedMatrix<float>& rows,
                                             std::span<const ListedNeighbor> listed, Metric adapted,
                                             Metric metric);

/// What the values are; none if they are nothing from which distances by the metric can be computed.
/// @note Not collective; the same for any order of the sample's rows.
std::optional<RecognizedValues> recognize_values(std::span<const ComparedNeighbor> sample, Metric metric);

/// Distances in proportion to those of the metric, about: by approximate arithmetic, or in rows that were
/// reduced otherwise. For those that recognize_values does not recognize.
std::optional<RecognizedValues> resemble_distances(std::span<const ComparedNeighbor> sample, Metric metric);

/// What values seem to be that cannot be used: "all the same, 1", "ranks" and so on.
std::string describe_values(std::span<const ComparedNeighbor> sample);

/// |x|^2 + M^2 of a row as adapt_rows has made it for inner_product; 0 for the other metrics.
double offset_of(std::span<const float> row, Metric metric);

}  // namespace fleetsne::neighbors
