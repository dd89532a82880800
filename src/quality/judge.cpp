#include "fleetsne/quality/judge.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/ask_owners.hpp"
#include "fleetsne/data/sample.hpp"
#include "fleetsne/search/exact.hpp"

#include "classes.hpp"
#include "distances.hpp"
#include "intruders.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace fleetsne::quality {
namespace {

using base::GlobalIndex;

/// The ranks of the distances between the sampled rows, on rank 0. Collective.
std::vector<double> gathered_distance_ranks(const comm::Communicator& comm, const base::Matrix<float>& rows,
                                            const std::vector<std::size_t>& sample) {
  const base::Matrix<float> mine = data::pick_rows(rows, sample);
  const auto all = comm.all_gather(std::span<const float>(mine.elements())).values;
  if (comm.rank() != 0) return {};
  const std::size_t width = base::padded(rows.columns());
  return distance_ranks({all.data(), all.size() / width, rows.columns(), width});
}

/// Elements that both rows of a query hold, summed over this rank's queries.
std::int64_t shared(const base::Matrix<GlobalIndex>& a, const base::Matrix<GlobalIndex>& b) {
  std::int64_t both = 0;
  for (std::size_t q = 0; q < a.rows(); ++q)
    for (const GlobalIndex row : a.row(q)) both += std::ranges::count(b.row(q), row);
  return both;
}

/// The most frequent label that is one, the smallest of equals; -1 if there is none.
std::int32_t majority(std::span<const std::int32_t> codes) {
  std::map<std::int32_t, int> votes;
  for (const std::int32_t code : codes)
    if (code >= 0) ++votes[code];
  const auto most = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return most == votes.end() ? -1 : most->first;
}

}  // namespace

std::size_t class_neighbor_count(std::size_t asked, std::size_t classes) {
  if (classes < 3) return 0;
  if (asked > 0) return std::min(asked, classes - 1);
  return std::min<std::size_t>(10, std::max<std::size_t>(1, (classes - 1) / 2));
}

Judge::Judge(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
             const data::Labels* labels, const JudgeConfig& config)
    : comm_(comm), rows_(rows), labels_(labels), config_(config) {
  FLEETSNE_EXPECT(config.neighbors >= 1 && static_cast<GlobalIndex>(config.neighbors) < rows.rows.total());
  const base::Random random(config.seed, base::Stream::quality);
  sample_ = data::draw_sample(comm, rows.rows, config.sample, random);
  distance_sample_ = data::draw_sample(comm, rows.rows, config.distance_sample, random);
  sampled_ = comm.all_reduce(static_cast<std::int64_t>(sample_.size()), comm::Reduction::sum);
  comm::agree(comm, [&] {
    const GlobalIndex begin = rows.rows.begin(comm.rank());
    origins_.resize(rows.local.rows());
    std::iota(origins_.begin(), origins_.end(), begin);
    for (const std::size_t i : sample_) skip_.push_back(begin + static_cast<GlobalIndex>(i));
    queries_ = data::pick_rows(rows.local, sample_);
  });
  near_ = search::exact_neighbors(comm, rows, origins_, queries_.view(), skip_, config.neighbors).origins;
  distance_ranks_ = gathered_distance_ranks(comm, rows.local, distance_sample_);
  if (labels == nullptr) return;
  const auto classes = classes_with_points(comm, *labels);
  if (classes.size() > most_classes) return;
  class_neighbors_ = class_neighbor_count(config.class_neighbors, classes.size());
  if (class_neighbors_ > 0) near_classes_ = nearest_classes(comm, rows, *labels, classes, class_neighbors_);
}

double Judge::label_accuracy(const base::Matrix<GlobalIndex>& near) const {
  const auto codes = data::ask_owners<std::int32_t>(
      comm_, rows_.rows, near.elements(), 1,
      [&](std::size_t i, std::span<std::int32_t> out) { out[0] = labels_->codes[i]; });
  std::int64_t totals[2] = {0, 0};  // right, of
  for (std::size_t q = 0; q < sample_.size(); ++q) {
    const std::int32_t own = labels_->codes[sample_[q]];
    if (own < 0) continue;
    ++totals[1];
    totals[0] += majority(std::span(codes).subspan(q * near.columns(), near.columns())) == own ? 1 : 0;
  }
  comm_.all_reduce(std::span<std::int64_t>(totals), comm::Reduction::sum);
  return totals[1] == 0 ? 0.0 : static_cast<double>(totals[0]) / static_cast<double>(totals[1]);
}

Scores Judge::judge(const data::DistributedMatrix<float>& embedding) const {
  FLEETSNE_EXPECT(embedding.rows == rows_.rows);
  const std::size_t k = config_.neighbors;
  const auto points = static_cast<double>(rows_.rows.total()), kd = static_cast<double>(k);
  const double lists = static_cast<double>(sampled_) * kd;
  const base::Matrix<float> queries = data::pick_rows(embedding.local, sample_);
  const auto near = search::exact_neighbors(comm_, embedding, origins_, queries.view(), skip_, k).origins;
  Scores scores;
  scores.neighbors_kept =
      static_cast<double>(comm_.all_reduce(shared(near_, near), comm::Reduction::sum)) / lists;
  if (2 * static_cast<GlobalIndex>(k) < rows_.rows.total())
    scores.trustworthiness =
        1 - 2 * static_cast<double>(intruder_ranks(comm_, rows_, queries_.view(), skip_, near)) /
                (lists * (2 * points - 3 * kd - 1));
  if (labels_ != nullptr) scores.label_accuracy = label_accuracy(near);
  if (class_neighbors_ > 0) {
    const auto classes = classes_with_points(comm_, *labels_);
    scores.classes_kept =
        shared_classes(near_classes_, nearest_classes(comm_, embedding, *labels_, classes, class_neighbors_));
  }
  const auto ranks = gathered_distance_ranks(comm_, embedding.local, distance_sample_);
  const auto correlated = comm_.rank() == 0 ? correlation(distance_ranks_, ranks) : std::nullopt;
  if (comm_.broadcast(correlated.has_value(), 0))
    scores.distance_correlation = comm_.broadcast(correlated.value_or(0.0), 0);
  return scores;
}

}  // namespace fleetsne::quality
