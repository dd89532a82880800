// With the limit of a transfer at 1 KiB every format is read and written in calls of at most that, and is
// what it was: file positions and sizes beyond 2^31 go the same way as those beyond 1 KiB.
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/npy_file.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/state_file.hpp"
#include "fleetsne/io/write.hpp"

#include "io/scratch.hpp"
#include "largest_transfer.hpp"

#include <array>
#include <cstdlib>

namespace fleetsne::io {
namespace {

using testing::idx_bytes;
using testing::reads;
using testing::reset_transfers;
using testing::write_dataset;
using testing::writes;

constexpr std::size_t limit = 1024;
constexpr std::int64_t rows = 3001;
constexpr std::size_t columns = 5;

float element(std::int64_t i, std::size_t j) {
  return static_cast<float>((i * 31 + static_cast<std::int64_t>(j) * 7) % 251);
}

class Limits : public testing::Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    set_transfer_limit(limit);
    reset_transfers();
    blocks = data::RowDistribution::balanced(rows, comm.size());
    begin = blocks.begin(comm.rank());
    mine = base::Matrix<float>(static_cast<std::size_t>(blocks.count(comm.rank())), columns);
    for (std::size_t i = 0; i < mine.rows(); ++i)
      for (std::size_t j = 0; j < columns; ++j) mine(i, j) = element(begin + static_cast<std::int64_t>(i), j);
  }
  static std::vector<double> all_elements(std::size_t width) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < width; ++j) values.push_back(element(i, j));
    return values;
  }
  void expect_mine(base::MatrixView<const float> read) {
    ASSERT_EQ(read.rows(), mine.rows());
    ASSERT_EQ(read.columns(), columns);
    for (std::size_t i = 0; i < mine.rows(); ++i)
      for (std::size_t j = 0; j < columns; ++j) ASSERT_EQ(read(i, j), mine(i, j)) << i << " " << j;
  }
  /// The limit was kept, and needed by a block of `bytes`.
  static void expect_kept(testing::Transfers transfers, std::size_t bytes) {
    EXPECT_LE(transfers.largest, limit);
    EXPECT_GE(transfers.calls, bytes / limit);
  }

  data::RowDistribution blocks;
  std::int64_t begin = 0;
  base::Matrix<float> mine;
};

TEST_F(Limits, RowsOfHdf5AndPackedArrays) {
  make("rows.h5", [](const std::string& file) {
    write_dataset(file, "piece", H5T_IEEE_F32LE, {rows, columns}, all_elements(columns));
    write_dataset(file, "chunks", H5T_IEEE_F32LE, {rows, columns}, all_elements(columns), {30, 2});
  });
  const std::string packed =
      make_gzip("rows.gz",
                idx_bytes<std::uint8_t>(0x08, {static_cast<std::uint32_t>(rows), columns}, [](std::size_t e) {
                  return element(static_cast<std::int64_t>(e / columns), e % columns);
                }));
  for (const std::string& input : {path("rows.h5") + ":piece", path("rows.h5") + ":chunks", packed}) {
    reset_transfers();
    expect_mine(read_rows(comm, std::span(&input, 1)).local.view());
    expect_kept(reads(), mine.rows() * columns);
  }
}

TEST_F(Limits, LabelsAndNumbers) {
  make("l.h5", [](const std::string& file) {
    std::vector<std::int64_t> integers(rows);
    for (std::size_t i = 0; i < integers.size(); ++i) integers[i] = static_cast<std::int64_t>(i % 3);
    write_dataset(file, "integers", H5T_STD_I16LE, {rows}, integers);
    write_dataset(file, "numbers", H5T_IEEE_F32LE, {rows}, all_elements(1));
    write_dataset(file, "column/values", H5T_IEEE_F64LE, {rows, 1}, all_elements(1), {100, 1});
    write_dataset(file, "column/mask", H5T_STD_I8LE, {rows}, std::vector<std::int64_t>(rows, 0));
  });
  for (const char* name : {":numbers", ":column"}) {
    reset_transfers();
    const auto numbers = read_numbers(comm, path("l.h5") + name, blocks);
    ASSERT_EQ(numbers.values.size(), mine.rows());
    for (std::size_t i = 0; i < mine.rows(); ++i) ASSERT_EQ(numbers.values[i], mine(i, 0)) << name;
    expect_kept(reads(), mine.rows() * sizeof(float));
  }
  reset_transfers();
  const std::string labels = path("l.h5") + ":integers";
  const auto codes = read_labels(comm, std::span(&labels, 1), blocks).codes;
  expect_kept(reads(), mine.rows() * sizeof(std::int16_t));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    ASSERT_EQ(codes[i], (begin + static_cast<std::int64_t>(i)) % 3);
  }
}

TEST_F(Limits, WhatIsWritten) {
  write_npy(comm, path("out.npy"), blocks, mine.view());
  expect_kept(writes(), mine.rows() * columns * sizeof(float));
  const std::string npy = path("out.npy");
  expect_mine(read_rows(comm, std::span(&npy, 1)).local.view());

  reset_transfers();
  data::Labels labels{.name = "kind", .codes = {}, .categories = {"a", "b"}};
  for (std::size_t i = 0; i < mine.rows(); ++i) labels.codes.push_back(static_cast<std::int32_t>(i % 2));
  base::Matrix<float> two(mine.rows(), 2);
  write_anndata(comm, path("out.h5ad"),
                {.rows = blocks,
                 .embedding = two.view(),
                 .labels = labels,
                 .inputs = {},
                 .parameters = {},
                 .more = {{"more", mine.view()}}});
  expect_kept(writes(), mine.rows() * (columns + 3) * sizeof(float));
  const std::string more = path("out.h5ad") + ":obsm/more";
  expect_mine(read_rows(comm, std::span(&more, 1)).local.view());

  reset_transfers();
  const NamedMatrix matrices[] = {{"a", mine.view()}, {"b", mine.view()}};
  write_state(comm, path("state.h5"), blocks, matrices, {{"iteration", 7}});
  expect_kept(writes(), 2 * mine.rows() * columns * sizeof(float));
  const StateHeader header = inspect_state_file(comm, path("state.h5"));
  reset_transfers();
  const std::array<std::string, 2> names{"a", "b"};
  for (const auto& read : read_state_file(comm, header, names)) expect_mine(read.view());
  expect_kept(reads(), 2 * mine.rows() * columns * sizeof(float));
}

/// An array of more than 2^31 elements, of which no byte but the last rows' is on the disk.
TEST_F(Limits, PositionsBeyondAnInt) {
  set_transfer_limit(std::size_t{64} << 20);
  constexpr std::int64_t wide = 16, many = (std::int64_t{1} << 27) + 1000;  // 2^31 + 16,000 bytes
  const auto value = [](std::int64_t i, std::int64_t j) { return static_cast<std::uint8_t>((i + j) % 251); };
  // The last 500 rows are there, the others are holes.
  const auto write_end = [&](const std::string& file, std::int64_t offset) {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(offset + (many - 500) * wide);
    for (std::int64_t i = many - 500; i < many; ++i)
      for (std::int64_t j = 0; j < wide; ++j) out.put(static_cast<char>(value(i, j)));
  };
  make("many.u8bin", [&](const std::string& file) {
    std::string head;
    testing::append(head, static_cast<std::uint32_t>(many), false);
    testing::append(head, static_cast<std::uint32_t>(wide), false);
    std::ofstream(file, std::ios::binary) << head;
    write_end(file, 8);
  });
  make("many.h5", [&](const std::string& file) {
    const hdf5::Guard guard(base::ErrorKind::io, file);
    hdf5::Handle open = hdf5::create_file(guard, file);
    const auto place =
        hdf5::lay_out(guard, open.get(), "x", H5T_STD_U8LE, {static_cast<hsize_t>(many), wide}).offset;
    open.reset();
    write_end(file, place);
  });
  for (const std::string& input : {path("many.u8bin"), path("many.h5") + ":x"}) {
    const RowInput looked_at = inspect_all_rows(comm, std::span(&input, 1)).front();
    ASSERT_EQ(looked_at.rows, many);
    base::Matrix<float> last = base::padded_matrix<float>(500, wide);
    read_input_rows(comm, looked_at, many - 500, last.view());
    std::size_t wrong = 0;
    for (std::int64_t i = 0; i < 500; ++i)
      for (std::int64_t j = 0; j < wide; ++j)
        wrong += last(static_cast<std::size_t>(i), static_cast<std::size_t>(j)) == value(many - 500 + i, j)
                     ? 0
                     : 1;
    EXPECT_EQ(wrong, 0u) << input;
    base::Matrix<float> hole = base::padded_matrix<float>(10, wide);
    read_input_rows(comm, looked_at, many - 510, hole.view());
    for (const float x : hole.elements()) ASSERT_EQ(x, 0.0F);
  }
}

/// More than 2^31 bytes that are written by all ranks and read by all.
TEST_F(Limits, MoreThanFitsAnInt) {
  if (std::getenv("FLEETSNE_TEST_LARGE") == nullptr)
    GTEST_SKIP() << "takes 9 GB of memory, 2.2 of disk and half a minute: set FLEETSNE_TEST_LARGE";
  if (comm.size() != 2) GTEST_SKIP() << "runs on 2 ranks";
  set_transfer_limit(std::size_t{64} << 20);
  constexpr std::int64_t many = (std::int64_t{1} << 25) + 1000;
  constexpr std::size_t wide = 16;  // 2^31 + 64,000 bytes
  const auto all = data::RowDistribution::balanced(many, comm.size());
  const auto value = [](std::int64_t i, std::size_t j) {
    return static_cast<float>((i * 16 + static_cast<std::int64_t>(j)) % 16777213);
  };
  {
    base::Matrix<float> part(static_cast<std::size_t>(all.count(comm.rank())), wide);
    for (std::size_t i = 0; i < part.rows(); ++i)
      for (std::size_t j = 0; j < wide; ++j)
        part(i, j) = value(all.begin(comm.rank()) + static_cast<std::int64_t>(i), j);
    write_npy(comm, path("large.npy"), all, part.view());
  }
  const std::string input = path("large.npy");
  const auto read = read_rows(comm, std::span(&input, 1));
  ASSERT_EQ(read.rows, all);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < read.local.rows(); ++i)
    for (std::size_t j = 0; j < wide; ++j)
      wrong += read.local(i, j) == value(all.begin(comm.rank()) + static_cast<std::int64_t>(i), j) ? 0 : 1;
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace fleetsne::io
