#pragma once

#include "fleetsne/search/blocked_rows.hpp"

#include "duplicates.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::neighbors {

/// Tells how many neighbours points may expect on each rank. Every rank's rows are described by some cells
/// (k-means over a sample of them); all ranks hold all cells. For y of a cell with mean c, covariance S
/// and n rows, |x - y|^2 is taken for gamma distributed with mean |x - c|^2 + tr S and variance
/// 4 (x - c)' S (x - c) + var |y - c|^2; S is kept as its leading eigenvectors and one value for the rest.
/// The expected number of rows nearer than d is then n P(|x - y|^2 < d), summed over cells.
class Router {
 public:
  struct Query {
    const float* row;  ///< padded columns
    float bound;       ///< only nearer rows are wanted; infinite for all
  };
  /// What a thread needs for its queries.
  struct Workspace {
    explicit Workspace(const Router& router)
        : queries(router.centers_.columns()),
          distances((1 + axes) * search::block_rows * search::block_rows) {}
    search::QueryBlock queries;
    base::AlignedVector<float> distances;  // from a block of centres, then from those of the tips
  };

  /// Describes this rank's rows and gathers everybody's. Collective. O(ranks) memory.
  Router(const SearchInput& input, const Points& points);

  std::size_t ranks() const { return ranks_; }

  /// expected[q * ranks() + r]: rows of rank r that are nearer to query q than its bound, if the cells say
  /// so; for an infinite bound all; 0 where nobody wants to know.
  /// @param queries   at most search::block_rows
  /// @param open      queries x ranks: where it is to be known
  /// @param expected  queries x ranks
  /// @return distances evaluated
  std::int64_t expect(Workspace& work, std::span<const Query> queries, std::span<const char> open,
                      std::span<float> expected) const;

 private:
  static constexpr std::size_t axes = 4;
  /// What is known of a cell besides its place.
  struct Cell {
    float rows;             // how many
    float squared_radius;   // mean of |y - c|^2
    float radius_variance;  // its variance
    float variance[axes];   // along the leading axes
    float rest;             // along any other
    float length;           // of the axes as they are kept
  };
  /// The same of cells that stand in one block, number by number, for vectors.
  struct CellBlock {
    using Numbers = float[search::block_rows];
    alignas(64) Numbers rows, squared_radius, radius_variance, variance[axes], rest, largest_variance, length;
    void set(std::size_t i, const Cell& cell);
  };

  /// Distances of a group of queries from a block of cells.
  struct Distances;
  /// Whether any of these cells may have a share of rows nearer to query q than `bound` that counts; judged
  /// by centres alone, so that a false needs no tips.
  bool may_be_near(const Distances& to, std::size_t q, float bound) const;
  /// Adds for each of these cells the rows that are nearer to query q than `bound` to its rank's sum.
  void add_expected(const Distances& to, std::size_t q, float bound, std::span<float> sums) const;

  std::size_t ranks_;
  std::vector<std::uint32_t> cell_rank_;
  base::AlignedVector<CellBlock> cells_;
  /// The cells' centres, and the tips of their axes, which are as long as the cell's radius: distances are
  /// had 32 x 32 at a time, and (x - c) . axis comes from two of them.
  search::BlockedRows centers_, tips_[axes];
};

}  // namespace fleetsne::neighbors
