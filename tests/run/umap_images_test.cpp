// UMAP on real data, at reduced size: a floor under both measures of the benchmark, and speed is left to it.
#include "fleetsne/io/read.hpp"
#include "fleetsne/quality/judge.hpp"
#include "fleetsne/run/keeper.hpp"
#include "fleetsne/run/prepare.hpp"
#include "fleetsne/run/umap.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fleetsne::run {
namespace {

TEST(UmapImages, KeepNeighboursAndLabelsAsUwotDoes) {
  const auto comm = comm::Communicator::world();
  const std::string folder = "/usr/share/datasets/fashion-mnist/";
  const std::vector<std::string> files{folder + "t10k-images-idx3-ubyte.gz"},
      label_files{folder + "t10k-labels-idx1-ubyte.gz"};
  Config config;
  config.method = Method::umap;
  config.input.pca = 50;
  config.neighbors.backend = neighbors::Backend::hnsw;
  config.umap.epochs = 200;
  base::Log log;
  Report report;
  config.checkpoint.minutes = 0;  // nothing is kept: this folder is never made
  Keeper keeper(comm, config.checkpoint, {"no-checkpoint", ""}, report, log);
  Stages stages(comm, report.stages);
  const auto rows = io::read_rows(comm, files);
  const auto labels = io::read_labels(comm, label_files, rows.rows);
  auto found = prepare_neighbors(comm, config, data::DistributedMatrix<float>(rows), {}, stages, report, log);
  const auto made = embed_by_umap(comm, config, std::move(found), keeper, stages, report, log);
  const auto in_order = made.permutation.to_input_order<float>(comm, made.embedding.view());
  data::DistributedMatrix<float> embedding{rows.rows, base::padded_matrix<float>(in_order.rows(), 2)};
  for (std::size_t i = 0; i < in_order.rows(); ++i)
    std::ranges::copy(in_order.row(i), embedding.local.row(i).begin());
  const quality::Judge judge(comm, rows, &labels, {.sample = 10000});
  const quality::Scores scores = judge.judge(embedding);
  if (comm.rank() == 0)
    std::printf("%d ranks: recall %.4f, 10 nearest kept %.4f, label accuracy %.4f\n", comm.size(),
                report.neighbors->recall, scores.neighbors_kept, scores.label_accuracy.value());
  EXPECT_GE(report.neighbors->recall, 0.98);
  // uwot 0.1.14 with min_dist 0.1 and as many epochs, of four seeds: 0.2340 to 0.2384 and 0.7543 to 0.7587.
  EXPECT_GE(scores.neighbors_kept, 0.234);
  EXPECT_GE(scores.label_accuracy.value(), 0.75);
}

}  // namespace
}  // namespace fleetsne::run
