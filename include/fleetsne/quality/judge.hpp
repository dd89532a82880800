#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/labels.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fleetsne::quality {

struct JudgeConfig {
  std::size_t neighbors = 10;          ///< k of neighbours kept, label accuracy and trustworthiness
  std::size_t class_neighbors = 0;     ///< k of classes kept; 0: see class_neighbor_count
  std::size_t sample = 5000;           ///< points that k neighbours are looked at of; all points if fewer
  std::size_t distance_sample = 1000;  ///< points whose distances are correlated
  std::uint64_t seed = 0;
};

/// Measures of one embedding, each between 0 and 1 (a correlation: -1 and 1), more is better. Those that do
/// not exist for the data are left out.
struct Scores {
  double neighbors_kept = 0;                   ///< KNN
  std::optional<double> classes_kept;          ///< KNC; needs labels of three classes
  std::optional<double> distance_correlation;  ///< CPD; not where all distances are equal
  std::optional<double> label_accuracy;        ///< needs labels
  std::optional<double> trustworthiness;       ///< not if k is half of the points or more
};

/// Neighbouring classes that are compared: what was asked for, or 10, or 4 where classes are few, but not
/// more than half of a class's others.                                              [Kobak & Berens 2019]
std::size_t class_neighbor_count(std::size_t asked, std::size_t classes);

/// Judges embeddings of the same rows. All is exact for the points that the seed draws: their neighbours are
/// found among all points.
///  - KNN, share of a point's k nearest rows that are among the k nearest in the embedding; KNC, the same of
///    the means of classes; CPD, Spearman's correlation of the distances between sampled points.
///                                                                                [Kobak & Berens 2019]
///  - Label accuracy: share of points whose label most of their k nearest in the embedding have; of equally
///    frequent ones the first category counts. Points without a label neither vote nor count.
///  - Trustworthiness: how far in the data those are that are near in the embedding, mean over the sample.
///                                                             [Venna & Kaski 2001, eq. 1; ranks among all
///                                                             points]
class Judge {
 public:
  /// Finds neighbours, distances and class means of the data. Keeps references to `comm`, `rows` and
  /// `labels`.
  /// @param rows    N x d padded, in the input's order
  /// @param labels  distributed as they are; null: none
  /// @note Collective. Needs k < N.
  Judge(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
        const data::Labels* labels, const JudgeConfig& config);

  /// @param embedding  N x any number of columns, padded, distributed as the rows
  /// @note Collective. Bitwise the same for any number of ranks and threads.
  Scores judge(const data::DistributedMatrix<float>& embedding) const;

  std::int64_t sampled() const { return sampled_; }
  /// Of classes kept; 0 without labels.
  std::size_t class_neighbors() const { return class_neighbors_; }

 private:
  double label_accuracy(const base::Matrix<base::GlobalIndex>& near) const;

  const comm::Communicator& comm_;
  const data::DistributedMatrix<float>& rows_;
  const data::Labels* labels_;
  JudgeConfig config_;
  std::vector<std::size_t> sample_, distance_sample_;  // local rows
  std::int64_t sampled_ = 0;
  std::vector<base::GlobalIndex> origins_;  // of local rows
  std::vector<base::GlobalIndex> skip_;     // of the sample
  base::Matrix<float> queries_;             // sample x d
  base::Matrix<base::GlobalIndex> near_;    // sample x k, in the data
  std::size_t class_neighbors_ = 0;
  std::vector<std::vector<std::size_t>> near_classes_;
  std::vector<double> distance_ranks_;  // rank 0
};

}  // namespace fleetsne::quality
