// What a scan of blocks keeps, against all distances sorted.
#include "fleetsne/search/distance.hpp"

#include "block_scan.hpp"
#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace fleetsne {
namespace {

using neighbors::BlockScan;

constexpr float infinity = std::numeric_limits<float>::infinity();

struct Data {
  base::Matrix<float> rows;
  std::vector<const float*> pointers;
  explicit Data(std::size_t n) : rows(test::clustered_points(n, 12)) {
    for (std::size_t i = 0; i < n; ++i) pointers.push_back(rows.data() + i * rows.stride());
  }
  float squared(std::size_t a, std::size_t b) const {
    return search::squared_distance(pointers[a], pointers[b], rows.stride());
  }
};

std::vector<std::uint32_t> nearest(const Data& data, std::size_t query, std::size_t limit, float bound) {
  std::vector<std::pair<float, std::uint32_t>> all;
  for (std::size_t i = 0; i < data.pointers.size(); ++i) {
    if (data.squared(query, i) < bound)
      all.emplace_back(data.squared(query, i), static_cast<std::uint32_t>(i));
  }
  std::ranges::sort(all);
  std::vector<std::uint32_t> result;
  for (std::size_t i = 0; i < std::min(limit, all.size()); ++i) result.push_back(all[i].second);
  return result;
}

TEST(BlockScan, KeepsTheNearest) {
  const Data data(3001);
  const search::BlockedRows blocks(data.pointers, data.rows.columns());
  BlockScan scan(blocks);
  for (const std::size_t limit : {1U, 5U, 90U, 1500U}) {
    std::vector<BlockScan::Query> queries;
    for (std::size_t q = 0; q < 20; ++q) {
      const float bound = q % 3 == 0 ? data.squared(100 + q, 700) : infinity;
      queries.push_back({data.pointers[100 + q], q == 7 ? 0 : limit, bound});
    }
    scan.start(queries);
    for (std::size_t b = 0; b < blocks.blocks(); ++b) scan.scan(b);
    EXPECT_GT(scan.count_taken(), 0);
    EXPECT_EQ(scan.count_taken(), 0) << "none since";
    for (std::size_t q = 0; q < queries.size(); ++q) {
      std::vector<std::uint32_t> found;
      for (const std::uint64_t entry : scan.found(q)) found.push_back(BlockScan::point_of(entry));
      for (const std::uint32_t point : nearest(data, 100 + q, queries[q].limit, queries[q].bound))
        EXPECT_TRUE(std::ranges::count(found, point) == 1) << "limit " << limit << " query " << q;
      EXPECT_LE(found.size(), queries[q].limit + 8);
    }
  }
  EXPECT_EQ(scan.distance_evaluations(), 4 * 20 * 3001);
}

TEST(BlockScan, SameBitsWhateverCameBefore) {
  const Data data(2000);
  const search::BlockedRows blocks(data.pointers, data.rows.columns());
  BlockScan fresh(blocks), used(blocks);
  const std::vector<BlockScan::Query> before{{data.pointers[5], 1900, infinity}},
      wanted{{data.pointers[900], 30, infinity}, {data.pointers[901], 30, infinity}};
  used.start(before);
  for (std::size_t b = 0; b < blocks.blocks(); ++b) used.scan(b);
  for (BlockScan* scan : {&fresh, &used}) {
    scan->start(wanted);
    for (std::size_t b = 0; b < blocks.blocks(); ++b) scan->scan(b);
  }
  EXPECT_EQ(fresh.count_taken(), used.count_taken());
  for (std::size_t q = 0; q < wanted.size(); ++q)
    EXPECT_TRUE(std::ranges::equal(fresh.found(q), used.found(q)));
}

}  // namespace
}  // namespace fleetsne
