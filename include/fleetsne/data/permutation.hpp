#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"

#include <span>
#include <vector>

namespace fleetsne::data {

/// Where every row of the working order came from. The partition moves rows so that near ones share a rank;
/// whatever leaves the program is put back into the input's order by this.
struct Permutation {
  RowDistribution input;             ///< blocks of the input's order
  RowDistribution working;           ///< blocks of the order in which the stages work
  std::vector<GlobalIndex> origins;  ///< for each local working row, its index in the input

  /// The rows stay where they are.
  static Permutation identity(const RowDistribution& rows, Rank rank);

  /// Working rows -> this rank's block of input rows. `values` is local working rows x columns. Collective.
  template <class T>
  base::Matrix<T> to_input_order(const comm::Communicator& comm, base::MatrixView<const T> values) const;
  /// This rank's block of input rows -> local working rows. Collective.
  template <class T>
  base::Matrix<T> to_working_order(const comm::Communicator& comm, base::MatrixView<const T> values) const;
};

extern template base::Matrix<float> Permutation::to_input_order(const comm::Communicator&,
                                                                base::MatrixView<const float>) const;
extern template base::Matrix<float> Permutation::to_working_order(const comm::Communicator&,
                                                                  base::MatrixView<const float>) const;
extern template base::Matrix<std::int32_t> Permutation::to_input_order(
    const comm::Communicator&, base::MatrixView<const std::int32_t>) const;
extern template base::Matrix<std::int32_t> Permutation::to_working_order(
    const comm::Communicator&, base::MatrixView<const std::int32_t>) const;

}  // namespace fleetsne::data
