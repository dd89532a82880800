#pragma once

#include "fleetsne/data/sparse_matrix.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace fleetsne::affinity {

/// (row, column) -> value of this rank's rows, by global index.
using Entries = std::map<std::pair<base::GlobalIndex, base::GlobalIndex>, float>;

inline Entries entries_of(const data::SparseMatrix& matrix, base::Rank rank) {
  Entries entries;
  matrix.for_each_entry([&](base::LocalIndex row, base::LocalIndex column, float value) {
    const auto at = std::pair(matrix.rows.begin(rank) + row, matrix.ghosts.row(column));
    EXPECT_TRUE(entries.emplace(at, value).second) << "an entry stands once";
  });
  EXPECT_EQ(static_cast<std::int64_t>(entries.size()), matrix.entries);
  return entries;
}

inline double sum_of(const Entries& entries) {
  double sum = 0;
  for (const auto& [at, value] : entries) sum += static_cast<double>(value);
  return sum;
}

/// Every row's largest value: a code's step is a part of it.
inline std::map<base::GlobalIndex, double> largest_of_rows(const Entries& entries) {
  std::map<base::GlobalIndex, double> largest;
  for (const auto& [at, value] : entries) {
    double& of_row = largest[at.first];
    of_row = std::max(of_row, static_cast<double>(value));
  }
  return largest;
}

/// How far a value of a row may be from its stored form: half a code's step, with c^2 = value / scale.
inline double rounding(double value, double largest) {
  const double code = std::sqrt(value / largest) * 65535;
  return (code + 1) * largest / (65535.0 * 65535.0);
}

}  // namespace fleetsne::affinity
