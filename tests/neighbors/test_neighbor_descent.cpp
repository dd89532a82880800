// Lists of which much is missing, completed from the neighbours of neighbours, against all distances sorted.
#include "fleetsne/search/distance.hpp"

#include "neighbor_descent.hpp"
#include "support/small_data.hpp"
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

namespace fleetsne {
namespace {

using base::LocalIndex;
using neighbors::Candidate;
using neighbors::NeighborDescent;
using neighbors::NeighborLists;

constexpr std::size_t rows = 2500, k = 15, batch = 700;
constexpr float infinity = std::numeric_limits<float>::infinity();

/// One rank's rows, each so many times, and poor lists of them.
class Data {
 public:
  explicit Data(std::size_t copies)
      : comm_(comm::Communicator::world()), rows_(test::block_of(comm_, make(copies))), origins_(rows) {
    // Input indices against the order of the rows: ties go to the later one.
    for (std::size_t i = 0; i < rows; ++i) origins_[i] = static_cast<base::GlobalIndex>(rows - 1 - i);
    config_.count = k;
    config_.aim = 0.99;
    points_ = neighbors::collapse_duplicates(input_);
  }

  const float* row(std::size_t i) const { return input_.row(i); }
  const neighbors::SearchInput& input() const { return input_; }
  const neighbors::Points& points() const { return points_; }

  /// All representatives but `self` by (distance, input index), for a query anywhere.
  std::vector<Candidate> sorted(const float* query, LocalIndex self) const {
    std::vector<Candidate> all;
    for (std::size_t p = 0; p < points_.count(); ++p) {
      const LocalIndex near = points_.rows[p];
      if (near == self) continue;
      const auto i = static_cast<std::size_t>(near);
      all.push_back(
          {search::squared_distance(query, row(i), input_.width()), static_cast<LocalIndex>(p), origins_[i]});
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  /// The exact list of `limit` rows, groups and all.
  std::vector<Candidate> exact(const float* query, LocalIndex self, std::size_t limit) const {
    std::vector<Candidate> list;
    neighbors::offer_groups(input_, points_, sorted(query, self), limit, list);
    return list;
  }
  /// Every third of the nearest, but not the nearest.
  std::vector<Candidate> poor(const float* query, LocalIndex self, std::size_t limit) const {
    std::vector<Candidate> thinned, list;
    const auto all = sorted(query, self);
    for (std::size_t i = 1; i < all.size(); i += 3) thinned.push_back(all[i]);
    neighbors::offer_groups(input_, points_, thinned, limit, list);
    return list;
  }
  NeighborLists poor_lists() const {
    NeighborLists lists(rows_.rows, 0, origins_, k);
    for (std::size_t p = 0; p < points_.count(); ++p) {
      const auto i = static_cast<std::size_t>(points_.rows[p]);
      const std::size_t wanted = points_.wanted(p, k);
      lists.merge(i, poor(row(i), points_.rows[p], wanted), wanted);
    }
    return lists;
  }

 private:
  static base::Matrix<float> make(std::size_t copies) {
    auto all = test::clustered_points(rows, 12);
    for (std::size_t i = 0; i < rows; ++i) std::ranges::copy(all.row(i - i % copies), all.row(i).begin());
    return all;
  }

  comm::Communicator comm_;
  data::DistributedMatrix<float> rows_;
  std::vector<base::GlobalIndex> origins_;
  neighbors::NeighborsConfig config_;
  neighbors::SearchInput input_{comm_, rows_, origins_, config_};
  neighbors::Points points_;
};

std::size_t shared(std::span<const LocalIndex> found, const std::vector<Candidate>& exact) {
  return static_cast<std::size_t>(std::ranges::count_if(
      exact, [&](const Candidate& c) { return std::ranges::find(found, c.column) != found.end(); }));
}

/// The poor lists of some data, completed.
struct Completed {
  explicit Completed(const Data& data)
      : lists(data.poor_lists()), descent(data.input(), data.points(), lists, batch) {
    base::Log log;
    descent.complete(log);
  }
  NeighborLists lists;
  NeighborDescent descent;
};

class Lists : public testing::TestWithParam<std::size_t> {};

TEST_P(Lists, AreCompletedFromTheNeighboursOfNeighbours) {
  const Data data(GetParam());
  const Completed completed(data);
  const NeighborLists& lists = completed.lists;
  std::size_t found = 0, all = 0;
  for (std::size_t p = 0; p < data.points().count(); ++p) {
    const LocalIndex row = data.points().rows[p];
    const auto i = static_cast<std::size_t>(row);
    const auto list = lists.columns(i);
    const auto exact = data.exact(data.row(i), row, data.points().wanted(p, k));
    ASSERT_EQ(list.size(), exact.size());
    ASSERT_EQ(std::set(list.begin(), list.end()).size(), list.size()) << "row " << i << " has one twice";
    ASSERT_EQ(std::ranges::count(list, row), 0) << "row " << i << " is its own neighbour";
    for (std::size_t j = 1; j < list.size(); ++j) ASSERT_LT(lists.at(i, j - 1), lists.at(i, j));
    found += shared(list, exact);
    all += exact.size();
  }
  EXPECT_GE(static_cast<double>(found), 0.98 * static_cast<double>(all));
  EXPECT_GT(completed.descent.distance_evaluations(), 0);
}

TEST_P(Lists, OfOtherRanksPointsAreCompletedBelowTheirBound) {
  const Data data(GetParam());
  Completed completed(data);
  const auto queries = test::clustered_points(200, 12, 1);
  std::size_t found = 0, all = 0;
  for (std::size_t q = 0; q < queries.rows(); ++q) {
    // Moved off the rows a little, so that it is nobody's copy.
    auto query = base::padded_matrix<float>(1, 12);
    for (std::size_t j = 0; j < 12; ++j) query(0, j) = queries(q, j) + 0.01F;
    const auto exact = data.exact(query.data(), -1, k);
    const float bound = q % 2 == 0 ? infinity : exact[k / 2].squared_distance;
    auto list = data.poor(query.data(), -1, k);
    std::erase_if(list, [&](const Candidate& c) { return c.squared_distance >= bound; });
    if (list.empty()) continue;
    completed.descent.complete(query.data(), bound, k, list);
    ASSERT_LE(list.size(), k);
    ASSERT_TRUE(std::is_sorted(list.begin(), list.end()));
    std::vector<LocalIndex> columns;
    for (const Candidate& c : list) {
      ASSERT_LT(c.squared_distance, bound);
      columns.push_back(c.column);
    }
    ASSERT_EQ(std::set(columns.begin(), columns.end()).size(), columns.size());
    std::vector<Candidate> wanted;
    std::ranges::copy_if(exact, std::back_inserter(wanted),
                         [&](const Candidate& c) { return c.squared_distance < bound; });
    found += shared(columns, wanted);
    all += wanted.size();
  }
  EXPECT_GE(static_cast<double>(found), 0.95 * static_cast<double>(all));
}

INSTANTIATE_TEST_SUITE_P(OfRowsRepeated, Lists, testing::Values(1, 2));

TEST(NeighborDescent, FindsTheSameWithAnyNumberOfThreads) {
  const Data data(2);
  const auto complete = [&](int threads) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    const Completed completed(data);
    omp_set_num_threads(before);
    std::vector<std::pair<LocalIndex, float>> entries;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < completed.lists.count(i); ++j) {
        const Candidate near = completed.lists.at(i, j);
        entries.emplace_back(near.column, near.squared_distance);
      }
    }
    return std::pair(entries, completed.descent.distance_evaluations());
  };
  EXPECT_EQ(complete(1), complete(4));
}

TEST(NeighborDescent, ListsThatAreLongOrLeadNowhereAreLeftToTheBlocks) {
  EXPECT_TRUE(NeighborDescent::pays(15));
  EXPECT_TRUE(NeighborDescent::pays(15, 0.5));
  EXPECT_FALSE(NeighborDescent::pays(15, 0.125));
  EXPECT_FALSE(NeighborDescent::pays(3));
  EXPECT_FALSE(NeighborDescent::pays(150));
  EXPECT_LT(NeighborDescent::start(0.98), 0.98);
  EXPECT_EQ(NeighborDescent::start(0.5), 0);
}

}  // namespace
}  // namespace fleetsne
