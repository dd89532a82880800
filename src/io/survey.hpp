#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/rescaling.hpp"

#include <span>
#include <vector>

namespace fleetsne::io {

/// Values that lie further from 0 than this many times their spread are centered: float32 loses 6 of its 24
/// bits there to what all of them have in common.
inline constexpr double largest_offset = 64;

/// Every so many rows one is sampled: at positions that do not depend on the number of ranks.
/// @param rows  of all ranks
base::GlobalIndex sample_stride(base::GlobalIndex rows, std::size_t columns);

/// By which power of two values are multiplied so that their squares keep within float32; 0 where they do,
/// and where the largest are so far from the others that these would vanish.
/// @param magnitudes  this rank's sampled rows: the largest value of each. Collective.
int choose_exponent(const comm::Communicator& comm, double largest, std::span<const double> magnitudes);

/// How rows are best rescaled, and what that is good for.
struct Choice {
  Rescaling rescaling;
  double largest = 0;          ///< magnitude of any value once offsets are subtracted
  double centered_at = 0;      ///< of the columns that are centered the offset that is largest for its spread
  double centered_spread = 0;  ///< of that column
};

/// What a pass over rows in double finds out about them: how far each column reaches, and a sample of rows.
class Survey {
 public:
  /// @param rows  of all ranks
  Survey(Offsets offsets, base::GlobalIndex rows, std::size_t columns);

  /// Looks at a finite row; where offsets are of rows they have been subtracted.
  void add(base::GlobalIndex index, std::span<const double> row);

  /// Adds what another one, of rows of the same inputs, has found.
  void add(const Survey& other);

  /// Collective; the same on every rank and for any number of ranks.
  /// @param scale  whether an exponent may be chosen
  Choice choose(const comm::Communicator& comm, bool scale);

 private:
  void center_columns(const comm::Communicator& comm, Choice& choice) const;
  std::vector<double> magnitudes(std::span<const double> offsets) const;

  Offsets offsets_;
  base::GlobalIndex stride_;
  std::vector<double> low_, high_;  // of each column
  std::vector<double> sample_;      // rows
};

}  // namespace fleetsne::io
