// What the router expects on each rank, against a count of all rows.
#include "fleetsne/search/distance.hpp"

#include "router.hpp"
#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

namespace fleetsne {
namespace {

using neighbors::Router;

constexpr std::size_t rows = 16000, columns = 8, equal = 200, k = 100, queries = 32;
constexpr float infinity = std::numeric_limits<float>::infinity();

/// Clusters that overlap, far from the origin; the later half of them far from the first, too; and rows that
/// are all equal at the end. So many that one rank's cells, or three ranks', stand in more than one block.
base::Matrix<float> make_rows() {
  const base::Random random(5, base::Stream::test);
  auto matrix = base::padded_matrix<float>(rows, columns);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t cluster = i * 12 / rows;
    for (std::size_t j = 0; j < columns; ++j) {
      const auto draw = static_cast<std::uint32_t>(j);
      const double centre =
          (cluster < 6 ? 50 : 90) + 2 * random.uniform(-1 - static_cast<base::GlobalIndex>(cluster), draw);
      const double noise = random.normal_pair(static_cast<base::GlobalIndex>(i), draw).first;
      matrix(i, j) = i + equal < rows ? static_cast<float>(centre + noise) : 91.0F;
    }
  }
  return matrix;
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() : origins_(local_.local.rows()) {
    for (std::size_t i = 0; i < origins_.size(); ++i)
      origins_[i] = local_.rows.begin(comm_.rank()) + static_cast<base::GlobalIndex>(i);
    points_ = neighbors::collapse_duplicates(input_);
    router_ = std::make_unique<Router>(input_, points_);
    for (std::size_t q = 0; q < queries; ++q) {
      const float* row = row_of(q * (rows / queries));
      std::vector<float> distances;
      for (std::size_t i = 0; i < rows; ++i) distances.push_back(distance(row, i));
      std::ranges::nth_element(distances, distances.begin() + k);
      queries_.push_back({row, distances[k]});
    }
  }

  const float* row_of(std::size_t i) const { return all_.data() + i * all_.stride(); }
  float distance(const float* query, std::size_t i) const {
    return search::squared_distance(query, row_of(i), all_.stride());
  }
  std::size_t ranks() const { return router_->ranks(); }
  std::vector<float> expect(std::span<const Router::Query> some, std::span<const char> open) const {
    Router::Workspace work(*router_);
    std::vector<float> expected(some.size() * ranks(), -1);
    router_->expect(work, some, open, expected);
    return expected;
  }
  std::vector<float> expect(std::span<const Router::Query> some) const {
    return expect(some, std::vector<char>(some.size() * ranks(), 1));
  }
  double counted(const Router::Query& query, std::size_t rank) const {
    double count = 0;
    const auto first = static_cast<std::size_t>(local_.rows.begin(static_cast<base::Rank>(rank)));
    const auto there = static_cast<std::size_t>(local_.rows.count(static_cast<base::Rank>(rank)));
    for (std::size_t i = first; i < first + there; ++i) count += distance(query.row, i) < query.bound ? 1 : 0;
    return count;
  }

  comm::Communicator comm_ = comm::Communicator::world();
  base::Matrix<float> all_ = make_rows();
  data::DistributedMatrix<float> local_ = test::block_of(comm_, all_);
  std::vector<base::GlobalIndex> origins_;
  neighbors::NeighborsConfig config_;
  neighbors::SearchInput input_{comm_, local_, origins_, config_};
  neighbors::Points points_;
  std::unique_ptr<Router> router_;
  std::vector<Router::Query> queries_;
};

TEST_F(RouterTest, ExpectsAboutWhatThereIs) {
  const auto expected = expect(queries_);
  for (std::size_t r = 0; r < ranks(); ++r) {
    double sum = 0, truth = 0, apart = 0;
    for (std::size_t q = 0; q < queries; ++q) {
      const double there = counted(queries_[q], r);
      sum += static_cast<double>(expected[q * ranks() + r]);
      truth += there;
      apart += std::abs(static_cast<double>(expected[q * ranks() + r]) - there);
    }
    EXPECT_NEAR(sum, truth, 0.35 * truth) << "rank " << r;
    EXPECT_LE(apart, 0.4 * truth) << "rank " << r;
  }
}

TEST_F(RouterTest, ExpectsTheSameOfAQueryAloneAndInAGroup) {
  const auto together = expect(queries_);
  for (std::size_t q = 0; q < queries; ++q) {
    const auto alone = expect(std::span(queries_).subspan(q, 1));
    EXPECT_TRUE(std::ranges::equal(alone, std::span(together).subspan(q * ranks(), ranks()))) << q;
  }
}

TEST_F(RouterTest, LeavesOutWhatNobodyWantsToKnow) {
  const auto all = expect(queries_);
  std::vector<char> open(all.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i % 3 == 0 ? 1 : 0;
  const auto some = expect(queries_, open);
  for (std::size_t i = 0; i < open.size(); ++i) EXPECT_EQ(some[i], open[i] != 0 ? all[i] : 0.0F) << i;
}

TEST_F(RouterTest, ExpectsAllRowsWithoutABound) {
  const Router::Query query{queries_[0].row, infinity};
  const auto expected = expect(std::span(&query, 1));
  for (std::size_t r = 0; r < ranks(); ++r)
    EXPECT_EQ(expected[r], static_cast<float>(counted(query, r))) << "rank " << r;
}

}  // namespace
}  // namespace fleetsne
