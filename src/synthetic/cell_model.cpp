// What the rows are drawn from. The constants were set so that 100,000 rows of 300 clusters are as hard as
// the principal components of real cells: local dimension 12 to 18 by the maximum-likelihood estimate of
// Levina & Bickel (2004) over 100 neighbours, and a nearest neighbour of the same label for about 0.9.
#include "fleetsne/synthetic/cells.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fleetsne::synthetic {
namespace {

/// Clusters of a lineage, in the mean.
constexpr double clusters_per_lineage = 12;
/// Lengths in units of the noise in the first column: between lineages, from a cluster to its origin, along
/// the first direction of a cluster, and how far a path bends.
constexpr double lineage_step = 8, type_step = 3.8, first_direction = 2.8, bend_step = 2;
/// Standard deviations fall with the column as (1 + column / 2)^-decay: fast between lineages, slowly inside
/// clusters, so that leading columns tell clusters apart and the last ones hardly do.
constexpr double lineage_decay = 0.9, type_decay = 0.7, direction_decay = 0.45, noise_decay = 0.08;
/// A cluster's direction is this much as long as the one before.
constexpr double next_direction = 0.93;
/// Share of a direction's variance that is common to all clusters (cell cycle, stress).
constexpr double common_variance = 0.3;
/// Standard deviations of the logarithms of the sizes of lineages and clusters, and of clusters' spreads.
constexpr double lineage_size_spread = 0.6, size_spread = 1.1, spread_spread = 0.25;

/// Random numbers one after the other, for one thing of the model.
class Draws {
 public:
  Draws(const base::Random& random, base::GlobalIndex id) : random_(random), id_(id) {}
  double normal() { return random_.normal_pair(id_, next_++).first; }
  std::size_t below(std::size_t n) {
    return std::min(n - 1,
                    static_cast<std::size_t>(random_.uniform(id_, 2 * next_++) * static_cast<double>(n)));
  }

 private:
  const base::Random& random_;
  base::GlobalIndex id_;
  std::uint32_t next_ = 0;
};

double falling(std::size_t column, double decay) {
  return std::pow(1 + 0.5 * static_cast<double>(column), -decay);
}

/// Ascending sums of weights, scaled to end at 1.
std::vector<double> cumulative_shares(const std::vector<double>& weights) {
  std::vector<double> sums(weights.size());
  std::partial_sum(weights.begin(), weights.end(), sums.begin());
  for (double& sum : sums) sum /= sums.back();
  return sums;
}

}  // namespace

/// Fills in the members, one after the other.
class Cells::Builder {
 public:
  Builder(Cells& cells, const CellsConfig& config)
      : cells_(cells),
        config_(config),
        lineages_(std::max<std::size_t>(
            1, static_cast<std::size_t>(static_cast<double>(config.clusters) / clusters_per_lineage))),
        random_(config.seed, base::Stream::model) {}

  void build() {
    choose_origins();
    place_centres();
    choose_directions();
    choose_sizes();
    for (std::size_t j = 0; j < cells_.columns_; ++j)
      cells_.noise_scale_[j] = static_cast<float>(falling(j, noise_decay));
  }

 private:
  /// Draws for thing `number` of a kind.
  Draws draws(base::GlobalIndex kind, std::size_t number) const {
    return {random_, kind << 40 | static_cast<base::GlobalIndex>(number)};
  }

  /// The first cluster of a lineage is its root; every other stems from an earlier one of its lineage.
  void choose_origins() {
    std::vector<std::vector<std::size_t>> members(lineages_);
    for (std::size_t c = 0; c < config_.clusters; ++c) {
      Draws draw = draws(1, c);
      lineage_.push_back(c < lineages_ ? c : draw.below(lineages_));
      std::vector<std::size_t>& kin = members[lineage_.back()];
      cells_.origin_.push_back(kin.empty() ? c : kin[draw.below(kin.size())]);
      kin.push_back(c);
    }
  }

  void place_centres() {
    for (std::size_t c = 0; c < config_.clusters; ++c) {
      const bool root = cells_.origin_[c] == c;
      const float* origin = cells_.part(cells_.origin_[c], 0);
      const double step = config_.separation * (root ? lineage_step : type_step);
      Draws draw = draws(2, c);
      for (std::size_t j = 0; j < cells_.columns_; ++j) {
        const double scale = step * falling(j, root ? lineage_decay : type_decay);
        cells_.part(c, 0)[j] = static_cast<float>((root ? 0.0 : origin[j]) + scale * draw.normal());
        cells_.part(c, bend)[j] =
            static_cast<float>(config_.separation * bend_step * falling(j, type_decay) * draw.normal());
      }
    }
  }

  void choose_directions() {
    std::vector<double> one(cells_.columns_), common(cells_.columns_);
    for (std::size_t l = 0; l < directions; ++l) {
      Draws shared = draws(3, l);
      for (double& value : common) value = std::sqrt(common_variance) * shared.normal();
      for (std::size_t c = 0; c < config_.clusters; ++c) {
        Draws draw = draws(static_cast<base::GlobalIndex>(4 + l), c);
        const double spread = std::exp(spread_of(c) * spread_spread);
        double norm = 0;
        for (std::size_t j = 0; j < one.size(); ++j) {
          one[j] = falling(j, direction_decay) * (common[j] + std::sqrt(1 - common_variance) * draw.normal());
          norm += one[j] * one[j];
        }
        const double length =
            first_direction * spread * std::pow(next_direction, static_cast<double>(l)) / std::sqrt(norm);
        for (std::size_t j = 0; j < one.size(); ++j)
          cells_.part(c, 1 + l)[j] = static_cast<float>(length * one[j]);
      }
    }
  }

  void choose_sizes() {
    std::vector<double> weights, of_paths;
    for (std::size_t c = 0; c < config_.clusters; ++c) {
      const double lineage = draws(100, lineage_[c]).normal();
      weights.push_back(std::exp(lineage_size_spread * lineage + size_spread * draws(101, c).normal()));
      of_paths.push_back(cells_.origin_[c] == c ? 0 : weights.back());
    }
    cells_.cumulative_ = cumulative_shares(weights);
    if (lineages_ < config_.clusters) cells_.cumulative_of_paths_ = cumulative_shares(of_paths);
    for (std::size_t c = 0; c < config_.clusters; ++c)
      for (std::size_t j = 0; j < cells_.columns_; ++j)
        cells_.mean_[j] += static_cast<float>(cells_.share(c)) * cells_.part(c, 0)[j];
  }

  double spread_of(std::size_t cluster) const { return draws(102, cluster).normal(); }

  Cells& cells_;
  const CellsConfig& config_;
  std::size_t lineages_;
  base::Random random_;
  std::vector<std::size_t> lineage_;  // of each cluster
};

Cells::Cells(const CellsConfig& config)
    : columns_(config.columns),
      stride_(base::padded(config.columns)),
      trajectories_(config.trajectories),
      noise_(config.noise),
      random_(config.seed, base::Stream::cell),
      parts_(config.clusters * parts * stride_),
      mean_(stride_),
      noise_scale_(stride_) {
  FLEETSNE_EXPECT(config.columns >= 1 && config.clusters >= 1);
  Builder(*this, config).build();
}

double Cells::bytes(const CellsConfig& config) {
  return static_cast<double>(config.clusters) * static_cast<double>(parts * base::padded(config.columns)) *
         sizeof(float);
}

double Cells::share(std::size_t cluster) const {
  return cumulative_[cluster] - (cluster == 0 ? 0 : cumulative_[cluster - 1]);
}

}  // namespace fleetsne::synthetic
