// Blocked distances against differences squared and summed in float64.
#include "fleetsne/search/blocked_rows.hpp"

#include "fleetsne/base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace fleetsne {
namespace {

using search::block_rows;

/// Rows of two far clusters, tight within themselves.
std::vector<std::vector<float>> clustered(std::size_t n, std::size_t columns, double apart) {
  const base::Random random(8, base::Stream::test);
  std::vector<std::vector<float>> rows(n, std::vector<float>(columns));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const double drawn =
          random.normal_pair(static_cast<base::GlobalIndex>(i), static_cast<std::uint32_t>(j)).first;
      rows[i][j] = static_cast<float>(drawn + (i / block_rows % 2 == 0 ? 0 : apart));
    }
  }
  return rows;
}

std::vector<const float*> pointers(const std::vector<std::vector<float>>& rows) {
  std::vector<const float*> result;
  for (const auto& row : rows) result.push_back(row.data());
  return result;
}

double squared_distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j)
    sum += (static_cast<double>(a[j]) - static_cast<double>(b[j])) *
           (static_cast<double>(a[j]) - static_cast<double>(b[j]));
  return sum;
}

TEST(BlockedRows, DistancesAreThoseOfFloat64) {
  for (const std::size_t columns : {1U, 2U, 15U, 50U, 100U, 784U}) {
    const auto rows = clustered(150, columns, 5);
    const auto to = pointers(rows);
    const search::BlockedRows blocked(to, columns);
    ASSERT_EQ(blocked.blocks(), 5U);
    ASSERT_EQ(blocked.rows_of(4), 150U - 4 * block_rows);
    search::QueryBlock queries(columns);
    std::vector<float> distances(block_rows * block_rows);
    for (const std::size_t count : {1U, 7U, 31U, 32U}) {
      queries.load(std::span(to).subspan(3, count));
      for (std::size_t b = 0; b < blocked.blocks(); ++b) {
        blocked.distances(queries, b, distances);
        for (std::size_t q = 0; q < count; ++q) {
          for (std::size_t i = 0; i < blocked.rows_of(b); ++i) {
            const double exact = squared_distance(rows[3 + q], rows[b * block_rows + i]);
            ASSERT_NEAR(static_cast<double>(distances[q * block_rows + i]), exact,
                        3e-6 * (exact + 4 * static_cast<double>(columns)));
          }
          for (std::size_t i = blocked.rows_of(b); i < block_rows; ++i)
            ASSERT_TRUE(std::isinf(distances[q * block_rows + i])) << "there is no row";
        }
      }
    }
  }
}

TEST(BlockedRows, NearRowsAreToldApartFarFromTheOrigin) {
  const std::size_t columns = 50;
  const auto rows = clustered(64, columns, 3000);  // the clusters are 20,000 apart, a row's neighbours 10
  const auto to = pointers(rows);
  const search::BlockedRows blocked(to, columns);
  search::QueryBlock queries(columns);
  queries.load(std::span(to).subspan(32, 32));
  std::vector<float> distances(block_rows * block_rows);
  blocked.distances(queries, 1, distances);
  for (std::size_t q = 0; q < 32; ++q) {
    for (std::size_t i = 0; i < 32; ++i) {
      const double exact = squared_distance(rows[32 + q], rows[32 + i]);
      ASSERT_NEAR(static_cast<double>(distances[q * block_rows + i]), exact, 1e-3) << q << " " << i;
    }
  }
}

TEST(BlockedRows, MeansAreThoseOfTheBlocks) {
  const auto rows = clustered(40, 3, 1);
  const search::BlockedRows blocked(pointers(rows), 3);
  for (std::size_t j = 0; j < 3; ++j) {
    double sum = 0;
    for (std::size_t i = 32; i < 40; ++i) sum += static_cast<double>(rows[i][j]);
    EXPECT_NEAR(static_cast<double>(blocked.mean(1)[j]), sum / 8, 1e-6);
  }
  EXPECT_EQ(blocked.mean(1)[3], 0.0F) << "padding";
  EXPECT_EQ(search::BlockedRows({}, 3).blocks(), 0U);
}

TEST(BlockedRows, ManhattanDistancesAreThoseOfFloat64) {
  for (const std::size_t columns : {1U, 15U, 50U, 784U}) {
    const auto rows = clustered(90, columns, 5);
    const auto to = pointers(rows);
    const search::BlockedRows blocked(to, columns, search::Measure::manhattan);
    search::QueryBlock queries(columns);
    std::vector<float> distances(block_rows * block_rows);
    for (const std::size_t count : {1U, 7U, 32U}) {
      queries.load(std::span(to).subspan(3, count));
      for (std::size_t b = 0; b < blocked.blocks(); ++b) {
        blocked.distances(queries, b, distances);
        for (std::size_t q = 0; q < count; ++q) {
          for (std::size_t i = 0; i < block_rows; ++i) {
            const float found = distances[q * block_rows + i];
            if (i >= blocked.rows_of(b)) {
              EXPECT_TRUE(std::isinf(found));
              continue;
            }
            double exact = 0;
            for (std::size_t j = 0; j < columns; ++j)
              exact += std::abs(static_cast<double>(rows[3 + q][j]) -
                                static_cast<double>(rows[b * block_rows + i][j]));
            ASSERT_NEAR(found, exact, 1e-5 * static_cast<double>(columns) * 5);
          }
        }
      }
    }
  }
}

TEST(ManhattanDistance, IsThatOfFloat64EitherWayRound) {
  for (const std::size_t columns : {16U, 32U, 48U, 784U}) {
    const auto rows = clustered(20, columns, 5);
    for (std::size_t i = 1; i < rows.size(); ++i) {
      double exact = 0;
      for (std::size_t j = 0; j < columns; ++j)
        exact += std::abs(static_cast<double>(rows[0][j]) - static_cast<double>(rows[i][j]));
      const float found = search::manhattan_distance(rows[0].data(), rows[i].data(), columns);
      EXPECT_NEAR(found, exact, 1e-6 * exact);
      EXPECT_EQ(found, search::manhattan_distance(rows[i].data(), rows[0].data(), columns));
    }
  }
}

}  // namespace
}  // namespace fleetsne
