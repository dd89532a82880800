#pragma once

#include "fleetsne/base/ids.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/base/random.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fleetsne::synthetic {

/// What cell-like data is made of.
struct CellsConfig {
  std::size_t columns = 50;
  std::size_t clusters = 300;
  double trajectories = 0.25;  ///< share of rows on the way from one cluster to another
  double noise = 0.03;         ///< share of rows that are doublets of two clusters or faded by ambient
  double separation = 1;       ///< factor on the distances between clusters
  std::uint64_t seed = 0;
};

/// Rows that look like the principal components of single-cell data. Clusters (types of cells) stem from one
/// another within lineages, by steps whose size decays over the columns, and have heavy-tailed sizes and
/// uneven spreads. A row is its cluster's centre plus variation in a few directions of the cluster's own and
/// smaller noise in all columns. Some rows lie on bent paths from a cluster to the one that it stems from;
/// some are the mean of two cells, or faded towards the mean of all.
///
/// Row i depends on (config, i) alone, so any part of the rows can be made anywhere, and the first n rows
/// are the same whatever follows. Made on every rank: O(clusters x columns) memory.
class Cells {
 public:
  /// @param config  at least one column and cluster; shares in [0, 1]
  explicit Cells(const CellsConfig& config);
  /// Bytes that it holds for this config.
  static double bytes(const CellsConfig& config);

  /// Rows [first, first + rows.rows()) on all OpenMP threads, each with its cluster: of those on a path the
  /// nearer end, of mixed ones the first. The same for any number of threads. Not collective.
  void make(base::GlobalIndex first, base::MatrixView<float> rows, std::span<std::int32_t> labels) const;

  std::size_t clusters() const { return origin_.size(); }
  /// Where a cluster lies.
  std::span<const float> centre(std::size_t cluster) const { return {part(cluster, 0), columns_}; }
  /// Probability of a cluster among rows that are on no path.
  double share(std::size_t cluster) const;

 private:
  /// Directions that the cells of one cluster vary in.
  static constexpr std::size_t directions = 12;
  /// What is known of one cluster, a padded row each: its centre, its directions with their lengths, and how
  /// the path to its origin bends.
  static constexpr std::size_t parts = directions + 2, bend = directions + 1;

  class Builder;

  float* part(std::size_t cluster, std::size_t which) {
    return parts_.data() + (cluster * parts + which) * stride_;
  }
  const float* part(std::size_t cluster, std::size_t which) const {
    return parts_.data() + (cluster * parts + which) * stride_;
  }
  std::int32_t make_row(base::GlobalIndex id, std::span<float> row) const;
  void add_cell(base::GlobalIndex id, std::uint32_t draw, std::size_t cluster, float weight,
                float* row) const;
  void add_on_path(base::GlobalIndex id, std::uint32_t draw, std::size_t cluster, float way,
                   float* row) const;
  void add_noise(base::GlobalIndex id, std::uint32_t draw, float scale, float* row) const;

  std::size_t columns_, stride_;
  double trajectories_, noise_;
  base::Random random_;
  base::AlignedVector<float> parts_;         // clusters x parts x stride
  base::AlignedVector<float> mean_;          // stride: of all clusters, by their shares
  base::AlignedVector<float> noise_scale_;   // stride
  std::vector<std::size_t> origin_;          // the cluster that each stems from; itself for a root
  std::vector<double> cumulative_;           // shares up to and with each cluster
  std::vector<double> cumulative_of_paths_;  // the same of those with another origin; empty if there is none
};

}  // namespace fleetsne::synthetic
