// Recall of the routed index on real images, at as many ranks as there are.
#include "fleetsne/io/read.hpp"

#include "neighbors/found_lists.hpp"

namespace fleetsne {
namespace {

/// The first 5,000 test images of Fashion-MNIST, 784 pixels each.
data::DistributedMatrix<float> five_thousand_images(const comm::Communicator& comm) {
  const std::vector<std::string> files{"/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"};
  const auto images = io::read_rows(comm, files);
  data::DistributedMatrix<float> first;
  const auto begin = images.rows.begin(comm.rank());
  const auto here = static_cast<std::size_t>(
      std::clamp<base::GlobalIndex>(5000 - begin, 0, images.rows.count(comm.rank())));
  std::vector<base::GlobalIndex> counts;
  for (const std::size_t n : comm.all_gather(here)) counts.push_back(static_cast<base::GlobalIndex>(n));
  first.rows = data::RowDistribution::of_counts(counts);
  first.local = base::padded_matrix<float>(here, images.columns());
  for (std::size_t i = 0; i < here; ++i) std::ranges::copy(images.local.row(i), first.local.row(i).begin());
  return first;
}

/// The k nearest of each list.
test::FoundLists nearest(test::FoundLists lists, std::size_t k) {
  for (auto& list : lists.neighbors) list.resize(k);
  for (auto& list : lists.squared_distances) list.resize(k);
  return lists;
}

/// Share of all ranks' neighbours that are on the rank of their point: what the partition is for.
double share_on_own_rank(const comm::Communicator& comm, const test::FoundLists& found) {
  const std::set<base::GlobalIndex> own(found.rows.begin(), found.rows.end());
  std::int64_t sums[2] = {0, 0};
  for (const auto& list : found.neighbors) {
    sums[0] += std::ranges::count_if(list, [&](base::GlobalIndex row) { return own.contains(row); });
    sums[1] += static_cast<std::int64_t>(list.size());
  }
  comm.all_reduce(std::span<std::int64_t>(sums), comm::Reduction::sum);
  const double share = static_cast<double>(sums[0]) / static_cast<double>(sums[1]);
  if (comm.rank() == 0) std::printf("neighbours on the own rank: %.3f\n", share);
  return share;
}

TEST(Images, RecallOfTheIndexIsAtLeast99Percent) {
  const auto comm = comm::Communicator::world();
  const auto images = five_thousand_images(comm);
  const auto longest = test::find(comm, images, {.backend = neighbors::Backend::exact, .count = 90});
  for (const std::size_t k : {15, 90}) {
    const auto exact = nearest(longest, k);
    neighbors::NeighborsConfig config;
    config.count = k;
    config.backend = neighbors::Backend::hnsw;
    const auto found = test::find(comm, images, config);
    test::expect_well_formed(found, k);
    EXPECT_GE(share_on_own_rank(comm, exact), comm.size() <= 2 ? 0.85 : comm.size() <= 4 ? 0.75 : 0.6);
    const double recall = test::recall(comm, found, exact);
    EXPECT_GE(recall, 0.99);
    EXPECT_NEAR(found.stats.recall, recall, 0.005) << "as measured on a sample";
    if (comm.rank() == 0) {
      std::printf("k = %zu: recall %.4f, ranks searched %.2f, distance evaluations %lld of %lld\n", k, recall,
                  found.stats.ranks_searched_mean, static_cast<long long>(found.stats.distance_evaluations),
                  static_cast<long long>(exact.stats.distance_evaluations));
    }
  }
}

}  // namespace
}  // namespace fleetsne
