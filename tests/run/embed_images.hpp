#pragma once

#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/init/init.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/neighbors/neighbors.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/partition/partition.hpp"
#include "fleetsne/quality/quality.hpp"
#include "fleetsne/reduce/principal_components.hpp"
#include "fleetsne/run/config.hpp"

#include <string>
#include <vector>

namespace fleetsne::test {

inline const std::string fashion_mnist = "/usr/share/datasets/fashion-mnist/";

/// Fashion-MNIST images of these files, as 50 principal components. Collective.
inline data::DistributedMatrix<float> read_images(const comm::Communicator& comm,
                                                  const std::vector<std::string>& files) {
  const auto images = io::read_rows(comm, files);
  return reduce::project(images, reduce::principal_components(comm, images, 50));
}

/// What the stages made of a data set, as a run puts them together with its defaults.
struct Embedded {
  double kl, recall, kept;
  base::Matrix<float> embedding;  // this rank's block, input order
};

inline Embedded embed(const comm::Communicator& comm, data::DistributedMatrix<float> rows, double perplexity,
                      std::size_t sample) {
  base::Log log;
  run::Config config;  // a run's own defaults, so that a change of them is seen here
  config.affinity.perplexity = perplexity;
  config.neighbors.backend = neighbors::Backend::hnsw;
  auto start = init::initial_embedding(comm, rows, {}, run::start_config(config));
  const partition::Partitioned placed =
      partition::partition_rows(comm, std::move(rows), {.seed = config.run.seed}, log);
  start = placed.permutation.to_working_order<float>(comm, start.view());
  neighbors::Neighbors found =
      neighbors::find_neighbors(comm, placed.rows, placed.permutation, run::search_config(config), log);
  const auto affinities = affinity::perplexity_affinities(comm, std::move(found.graph), perplexity, log);
  const auto optimized =
      optimize::optimize(comm, affinities, std::move(start), run::optimizer_config(config.optimize), log);
  return {optimized.stats.kl, found.stats.recall,
          quality::neighbors_kept(comm, placed.rows, optimized.embedding.view(), placed.permutation, 10,
                                  sample, 0),
          placed.permutation.to_input_order<float>(comm, optimized.embedding.view())};
}

}  // namespace fleetsne::test
