// Compressed tiles against the rows they were made from.
#include "fleetsne/base/random.hpp"
#include "fleetsne/data/sparse_matrix.hpp"
#include "fleetsne/data/tile_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

namespace fleetsne::data {
namespace {

using Rows = std::vector<std::map<LocalIndex, float>>;

/// Rows of about `per_row` entries among `columns` columns; some are empty, the last one is full.
Rows random_rows(std::size_t rows, std::size_t columns, std::size_t per_row) {
  const base::Random random(5, base::Stream::test);
  Rows result(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t count = i % 7 == 3 ? i % 5 : i + 1 == rows ? columns : per_row + i % 35;
    for (std::size_t j = 0; j < count; ++j) {
      const auto id = static_cast<base::GlobalIndex>(i * 100000 + j);
      const auto column = i + 1 == rows
                              ? static_cast<LocalIndex>(j)
                              : static_cast<LocalIndex>(random.uniform(id) * static_cast<double>(columns));
      result[i][column] = static_cast<float>(std::pow(random.uniform(id, 1), 6) * std::pow(10, i % 5));
    }
  }
  return result;
}

SparseMatrix write(const Rows& rows, std::size_t columns, ValueCoding coding, TileShape shape) {
  SparseMatrix matrix;
  matrix.row_count = static_cast<LocalIndex>(rows.size());
  matrix.coding = coding;
  TileWriter writer(columns, coding, matrix.storage, shape);
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i % 50 == 0) {
      writer.finish();
      writer.start(static_cast<LocalIndex>(i), matrix.tiles);
    }
    edges.clear();
    // Backwards, and every third in two halves.
    for (const auto& [column, value] : rows[i])
      edges.push_back({column, column % 3 == 0 ? value / 2 : value});
    std::reverse(edges.begin(), edges.end());
    for (const auto& [column, value] : rows[i]) {
      if (column % 3 == 0) edges.push_back({column, value / 2});
    }
    writer.add(edges);
  }
  writer.finish();
  matrix.entries = writer.entries();
  return matrix;
}

class Tiles : public testing::TestWithParam<TileShape> {};

TEST_P(Tiles, HoldWhatWasWritten) {
  constexpr std::size_t columns = 4000;
  for (const std::size_t per_row : {0, 1, 10, 300}) {
    const Rows rows = random_rows(120, columns, per_row);
    const auto matrix = write(rows, columns, ValueCoding::squared16, GetParam());
    Rows read(rows.size());
    matrix.for_each_entry([&](LocalIndex row, LocalIndex column, float value) {
      EXPECT_TRUE(read[static_cast<std::size_t>(row)].emplace(column, value).second);
    });
    std::size_t entries = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      entries += rows[i].size();
      float largest = 0;
      for (const auto& [column, value] : rows[i]) largest = std::max(largest, value);
      for (const auto& [column, value] : rows[i]) {
        const auto found = read[i].find(column);
        ASSERT_NE(found, read[i].end()) << "no entry is too small";
        const float stored = found->second;
        EXPECT_GT(stored, 0);
        // Half a code's step: 1 / c of the value, and for the smallest ones the first code's.
        ASSERT_NEAR(stored, value,
                    std::sqrt(value * largest) / 65530 + largest / 65535 / 65535 + 2e-7F * value);
        read[i].erase(found);
      }
      EXPECT_TRUE(read[i].empty()) << "nothing else is there";
    }
    EXPECT_EQ(matrix.entries, static_cast<std::int64_t>(entries));
  }
}

TEST_P(Tiles, HoldUniformRows) {
  constexpr std::size_t columns = 4000;
  for (const std::size_t per_row : {0, 1, 10, 300}) {
    const Rows rows = random_rows(120, columns, per_row);
    auto matrix = write(rows, columns, ValueCoding::uniform, GetParam());
    matrix.scale(0.25);
    std::size_t entries = 0;
    matrix.for_each_entry([&](LocalIndex row, LocalIndex column, float value) {
      EXPECT_EQ(value, 0.25F);
      EXPECT_TRUE(rows[static_cast<std::size_t>(row)].contains(column));
      ++entries;
    });
    EXPECT_EQ(matrix.entries, static_cast<std::int64_t>(entries));
    EXPECT_EQ(entries, std::accumulate(rows.begin(), rows.end(), std::size_t{0},
                                       [](std::size_t n, const auto& row) { return n + row.size(); }));
  }
}

TEST_P(Tiles, StandInOrderAndWithinTheirLimit) {
  const Rows rows = random_rows(120, 4000, 60);
  const auto matrix = write(rows, 4000, ValueCoding::squared16, GetParam());
  LocalIndex next = 0;
  for (const EdgeTile& tile : matrix.tiles) {
    EXPECT_LE(tile.columns, GetParam().columns);
    EXPECT_TRUE(std::ranges::is_sorted(tile.directory()));
    EXPECT_EQ(tile.first_row, tile.continued ? next - tile.rows : next);
    next = tile.first_row + tile.rows;
  }
  EXPECT_EQ(next, 120);
}

TEST_P(Tiles, ScaleMultipliesEveryValue) {
  const Rows rows = random_rows(60, 3000, 40);
  auto matrix = write(rows, 3000, ValueCoding::squared16, GetParam());
  double before = 0, after = 0;
  matrix.for_each_entry([&](LocalIndex, LocalIndex, float value) { before += static_cast<double>(value); });
  matrix.scale(1e-7);
  matrix.for_each_entry([&](LocalIndex, LocalIndex, float value) { after += static_cast<double>(value); });
  EXPECT_NEAR(after, 1e-7 * before, 1e-13 * before);
}

TEST(TileParts, LongRowsStandSideBySideInNarrowTiles) {
  constexpr std::size_t columns = 4000;
  const Rows rows = random_rows(120, columns, 300);
  const auto matrix = write(rows, columns, ValueCoding::squared16, {.part_columns = 700, .part_entries = 5});
  std::size_t side_by_side = 0;
  for (const EdgeTile& tile : matrix.tiles) {
    EXPECT_LE(tile.columns, 700U);
    if (tile.continued) side_by_side += tile.rows > 1 ? 1 : 0;
  }
  EXPECT_GT(side_by_side, 0U);
  // Rows with fewer entries than a part is worth stay whole.
  const auto whole = write(rows, columns, ValueCoding::squared16, {.part_columns = 700, .part_entries = 300});
  for (const EdgeTile& tile : whole.tiles) EXPECT_FALSE(tile.continued);
}

INSTANTIATE_TEST_SUITE_P(Directories, Tiles,
                         testing::Values(TileShape{}, TileShape{.columns = 1000}, TileShape{.columns = 257},
                                         TileShape{.columns = 16},
                                         TileShape{.part_columns = 700, .part_entries = 5},
                                         TileShape{.columns = 900, .part_columns = 1, .part_entries = 1}));

TEST(TileWriter, TellsTheSumOfWhatIsStored) {
  SparseMatrix matrix;
  TileWriter writer(1000, ValueCoding::squared16, matrix.storage);
  writer.start(0, matrix.tiles);
  for (int i = 0; i < 20; ++i) {
    std::vector<Edge> edges;
    for (LocalIndex c = 0; c < 900; c += 1 + i) edges.push_back({c, 1.F / static_cast<float>(c + 1)});
    writer.add(edges);
  }
  writer.finish();
  double sum = 0;
  matrix.for_each_entry([&](LocalIndex, LocalIndex, float value) { sum += static_cast<double>(value); });
  EXPECT_NEAR(static_cast<double>(writer.sum()) * TileWriter::sum_unit, sum, 1e-6 * sum);
}

TEST(TileWriter, TakesThreeBytesAnEdgeWhereColumnsAreShared) {
  Rows rows(256);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < 230; ++j) rows[i][static_cast<LocalIndex>((i * 7 + j * 13) % 4000)] = 1;
  }
  const auto matrix = write(rows, 4000, ValueCoding::squared16, {});
  EXPECT_LT(static_cast<double>(matrix.bytes()) / static_cast<double>(matrix.entries), 4.5);
}

}  // namespace
}  // namespace fleetsne::data
