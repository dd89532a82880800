#include "fleetsne/run/judge_result.hpp"

#include "fleetsne/io/read.hpp"
#include "fleetsne/run/invariance.hpp"

#include <algorithm>
#include <utility>

namespace fleetsne::run {

quality::Scores judge_result(const comm::Communicator& comm, const Config& config,
                             const data::Permutation& permutation,
                             base::MatrixView<const float> working_embedding,
                             const std::optional<data::Labels>& labels) {
  auto rows = io::read_rescaled_rows(comm, config.input.files, invariance_of(config),
                                     {.orientation = config.input.orientation()})
                  .rows;
  const neighbors::Metric metric = config.neighbors.metric;
  if (metric == neighbors::Metric::cosine || metric == neighbors::Metric::correlation)
    rows = neighbors::adapt_rows(comm, std::move(rows), metric);
  const auto embedding = permutation.to_input_order(comm, working_embedding);
  data::DistributedMatrix<float> plane{rows.rows,
                                       base::padded_matrix<float>(embedding.rows(), embedding.columns())};
  for (std::size_t i = 0; i < embedding.rows(); ++i)
    std::ranges::copy(embedding.row(i), plane.local.row(i).begin());
  const auto others = static_cast<std::size_t>(rows.rows.total() - 1);
  const quality::JudgeConfig judging{.neighbors = std::min<std::size_t>(10, others),
                                     .sample = config.quality.sample,
                                     .seed = config.run.seed};
  return quality::Judge(comm, rows, labels ? &*labels : nullptr, judging).judge(plane);
}

}  // namespace fleetsne::run
