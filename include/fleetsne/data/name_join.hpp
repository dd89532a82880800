#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fleetsne::data {

/// Names that a message shows: how many rows have such, and the first few.
struct NameExamples {
  static constexpr std::size_t shown = 3;

  GlobalIndex count = 0;
  std::vector<std::string> first;  ///< in the order of the rows
};

/// Which row of the right side has the same name as each row of the left one.
struct NameJoin {
  static constexpr GlobalIndex none = -1;

  std::vector<GlobalIndex> partners;  ///< for each local left row, the right row, or `none`
  NameExamples alone;                 ///< left rows whose name is not on the right
  NameExamples ambiguous;             ///< left rows whose name is on the right, and twice on either side
  bool complete() const { return alone.count == 0 && ambiguous.count == 0; }
};

using NameHash = std::uint64_t (*)(std::string_view);
std::uint64_t hash_of_name(std::string_view name);

/// Joins rows by their names; an empty one is none and has no partner. Each name travels to the rank that its
/// hash belongs to, where the two sides meet and are compared as text, so that no rank holds all names and
/// equal hashes do no harm. [XXH3, Collet 2019]
/// @param left, right  names of this rank's blocks, in the order of the rows
/// @param right_begin  global row of this rank's first on the right
/// @note Collective. The same for any number of ranks. O((left + right) / ranks) memory.
NameJoin join_by_name(const comm::Communicator& comm, std::span<const std::string> left,
                      std::span<const std::string> right, GlobalIndex right_begin,
                      NameHash hash = hash_of_name);

/// How many names there are over all ranks, and the first few. Collective.
NameExamples examples_of(const comm::Communicator& comm, std::span<const std::string> names);

/// The rows of partners, in the left side's order, padded as they are; `missing` fills those of rows without
/// one.
/// @param right     how the partners' side is distributed
/// @param values    this rank's block of it
/// @note Collective.
template <class T>
base::Matrix<T> take_partners(const comm::Communicator& comm, std::span<const GlobalIndex> partners,
                              const RowDistribution& right, base::MatrixView<const T> values, T missing);

extern template base::Matrix<float> take_partners(const comm::Communicator&, std::span<const GlobalIndex>,
                                                  const RowDistribution&, base::MatrixView<const float>,
                                                  float);
extern template base::Matrix<std::int32_t> take_partners(const comm::Communicator&,
                                                         std::span<const GlobalIndex>, const RowDistribution&,
                                                         base::MatrixView<const std::int32_t>, std::int32_t);

}  // namespace fleetsne::data
