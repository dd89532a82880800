#pragma once

#include "fleetsne/data/neighbor_graph.hpp"

#include "parts.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <unordered_map>
#include <vector>

namespace fleetsne::neighbors {

/// A row offered as a neighbour: `column` is a local row, or a foreign one as NeighborLists numbers it.
struct Candidate {
  float squared_distance;
  base::LocalIndex column;
  base::GlobalIndex origin;
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.squared_distance < b.squared_distance ||
           (a.squared_distance == b.squared_distance && a.origin < b.origin);
  }
};

/// The neighbour lists of this rank's rows while they grow, in the memory that the finished graph will have.
/// Foreign rows are numbered as they turn up; the end puts them in order.
class NeighborLists {
 public:
  /// `origins` must outlive this.
  NeighborLists(const data::RowDistribution& rows, base::Rank rank,
                std::span<const base::GlobalIndex> origins, std::size_t k);

  std::size_t rows() const { return counts_.size(); }
  std::size_t capacity() const { return distances_.columns(); }
  std::size_t count(std::size_t row) const { return counts_[row]; }
  Candidate at(std::size_t row, std::size_t i) const;
  /// The columns of a row's list, nearest first.
  std::span<const base::LocalIndex> columns(std::size_t row) const {
    return columns_.row(row).first(counts_[row]);
  }
  /// The distance below which a row must lie to enter a list of `limit`: infinite while the list is shorter.
  float bound(std::size_t row, std::size_t limit) const {
    if (counts_[row] < limit) return std::numeric_limits<float>::infinity();
    return limit == 0 ? 0.0F : distances_(row, limit - 1);
  }
  /// The column of any global row. Not for several threads at once.
  base::LocalIndex column(base::GlobalIndex row, base::GlobalIndex origin);

  /// Merges candidates, sorted, none of them in the list yet, into a row's list; the first `limit` stay.
  /// Returns how many of the candidates do. Several threads may merge into different rows.
  std::size_t merge(std::size_t row, std::span<const Candidate> candidates, std::size_t limit);
  /// Replaces a row's list.
  void assign(std::size_t row, std::span<const Candidate> candidates);

  /// How many foreign rows have turned up.
  std::size_t foreign() const { return foreign_.size(); }
  /// All that stands in the lists. They are filled again in three steps: as many foreign rows, the parts, and
  /// the foreign rows' numbers.
  void add_parts(Parts& parts);
  void resize_foreign(std::size_t count);
  void number_foreign();

  /// The finished graph; every list must be full. Not collective.
  data::NeighborGraph finish() &&;

 private:
  base::GlobalIndex origin(base::LocalIndex column) const;

  data::RowDistribution distribution_;
  base::Rank rank_;
  std::span<const base::GlobalIndex> origins_;
  base::Matrix<base::LocalIndex> columns_;  // rows x k
  base::Matrix<float> distances_;           // rows x k
  std::vector<std::uint32_t> counts_;       // entries of each row's list
  std::vector<base::GlobalIndex> foreign_, foreign_origins_;
  std::unordered_map<base::GlobalIndex, base::LocalIndex> numbers_;  // global row -> index into foreign_
};

}  // namespace fleetsne::neighbors
