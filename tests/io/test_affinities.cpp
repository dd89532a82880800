// Affinity files: what is read is what was written, on any number of ranks, or it is an error.
#include "fleetsne/base/random.hpp"
#include "fleetsne/data/digest.hpp"
#include "fleetsne/data/tile_writer.hpp"
#include "fleetsne/io/affinity_file.hpp"

#include "io/scratch.hpp"
#include "largest_transfer.hpp"

#include <map>
#include <vector>

namespace fleetsne::io::testing {
namespace {

using base::ErrorKind;
using base::GlobalIndex;
using base::LocalIndex;
using data::ValueCoding;

/// An entry of row i with column j, by a rule that any rank can follow; none if 0.
float value_of(GlobalIndex i, GlobalIndex j, GlobalIndex rows) {
  const base::Random random(3, base::Stream::test);
  const GlobalIndex low = std::min(i, j), high = std::max(i, j);
  const bool near = high - low < 9 || low == 0, by_chance = random.uniform(low * rows + high) < 0.02;
  return near || by_chance ? static_cast<float>(0.001 + random.uniform(low * rows + high, 1)) : 0.F;
}

/// Rows in the order 3, 2, 1, 0, 7, 6, ... and every row's own index as its start.
AffinityContents contents_on(const comm::Communicator& comm, const data::RowDistribution& rows,
                             ValueCoding coding, data::TileShape shape) {
  AffinityContents made;
  const GlobalIndex begin = rows.begin(comm.rank()), count = rows.count(comm.rank()), all = rows.total();
  auto& matrix = made.affinities;
  matrix.rows = rows;
  matrix.row_count = static_cast<LocalIndex>(count);
  matrix.coding = coding;
  made.permutation = {data::RowDistribution::balanced(all, comm.size()), rows, {}};
  made.start = base::Matrix<float>(static_cast<std::size_t>(count), 2);
  std::vector<GlobalIndex> referenced;
  for (GlobalIndex i = begin; i < begin + count; ++i)
    for (GlobalIndex j = 0; j < all; ++j)
      if (i != j && value_of(i, j, all) > 0) referenced.push_back(j);
  matrix.ghosts = data::Ghosts(rows, comm.rank(), referenced);
  data::TileWriter writer(static_cast<std::size_t>(count) + matrix.ghosts.count(), coding, matrix.storage,
                          shape);
  std::vector<data::Edge> edges;
  for (LocalIndex r = 0; r < matrix.row_count; ++r) {
    if (r % data::tile_rows == 0) {
      writer.finish();
      writer.start(r, matrix.tiles);
    }
    edges.clear();
    for (GlobalIndex j = 0; j < all; ++j)
      if (const float value = value_of(begin + r, j, all); begin + r != j && value > 0)
        edges.push_back({matrix.ghosts.column(j), value});
    writer.add(edges);
    const GlobalIndex row = begin + r;
    made.permutation.origins.push_back(std::min(row / 4 * 4 + 3, all - 1) - row % 4);
    made.start(static_cast<std::size_t>(r), 0) = static_cast<float>(row);
    made.start(static_cast<std::size_t>(r), 1) = -1;
  }
  writer.finish();
  matrix.entries = writer.entries();
  matrix.scale(1.0 / 3);
  return made;
}

using Entries = std::map<std::pair<GlobalIndex, GlobalIndex>, float>;

Entries entries_of(const data::SparseMatrix& matrix, base::Rank rank) {
  Entries entries;
  matrix.for_each_entry([&](LocalIndex row, LocalIndex column, float value) {
    entries[{matrix.rows.begin(rank) + row, matrix.ghosts.row(column)}] = value;
  });
  return entries;
}

class Affinities : public Scratch {
 public:
  static constexpr GlobalIndex rows = 1000;  // a multiple of 4
  /// Blocks of uneven size.
  data::RowDistribution uneven(int ranks) const {
    std::vector<GlobalIndex> counts(static_cast<std::size_t>(ranks), rows / ranks);
    counts.back() += rows - rows / ranks * ranks;
    if (ranks > 1) {
      counts.front() += 77;
      counts.back() -= 77;
    }
    return data::RowDistribution::of_counts(counts);
  }
  /// Written by all ranks, or by rank 0 alone.
  std::string written(const std::string& name, ValueCoding coding, bool alone,
                      data::TileShape shape = data::attraction_tiles) {
    const nlohmann::json about{{"kind", "perplexity"}, {"name", "\xc3\xa9"}};
    if (!alone) {
      const auto made = contents_on(comm, uneven(comm.size()), coding, shape);
      const std::int64_t bytes = write_affinities(comm, path(name), made, 42, about);
      EXPECT_EQ(bytes, static_cast<std::int64_t>(std::filesystem::file_size(path(name))));
    } else if (comm.rank() == 0) {
      const auto self = comm::Communicator::self();
      write_affinities(self, path(name), contents_on(self, uneven(1), coding, shape), 42, about);
    }
    comm.barrier();
    return path(name);
  }
};

TEST_F(Affinities, AreReadAsTheyWereWrittenByAnyNumberOfRanks) {
  base::Log log;
  for (const ValueCoding coding : {ValueCoding::squared16, ValueCoding::uniform}) {
    const data::TileShape narrow{.columns = 300, .part_columns = 64, .part_entries = 16};
    for (const data::TileShape& shape : {data::attraction_tiles, narrow}) {
      for (const bool alone : {false, true}) {
        const std::string name = "a" + std::to_string(static_cast<int>(coding)) +
                                 std::to_string(shape.columns) + std::to_string(static_cast<int>(alone)) +
                                 ".h5";
        const AffinityHeader header = inspect_affinities(comm, written(name, coding, alone, shape));
        EXPECT_EQ(header.input_digest, 42U);
        EXPECT_EQ(header.about.at("name"), "\xc3\xa9");
        const AffinityContents read = read_affinities(comm, header, log);
        const auto& matrix = read.affinities;
        const bool as_written = alone ? comm.size() == 1 : true;
        const auto blocks =
            as_written ? uneven(comm.size()) : data::RowDistribution::balanced(rows, comm.size());
        ASSERT_EQ(matrix.rows, blocks);
        const auto expected = contents_on(comm, blocks, coding, shape);
        EXPECT_EQ(entries_of(matrix, comm.rank()), entries_of(expected.affinities, comm.rank()));
        EXPECT_EQ(matrix.entries, expected.affinities.entries);
        EXPECT_EQ(read.permutation.origins, expected.permutation.origins);
        EXPECT_TRUE(std::ranges::equal(read.start.elements(), expected.start.elements()));
        if (as_written && shape.columns == data::attraction_tiles.columns) {
          ASSERT_EQ(matrix.tiles.size(), expected.affinities.tiles.size());
          for (std::size_t t = 0; t < matrix.tiles.size(); ++t) {
            const data::EdgeTile &one = matrix.tiles[t], &other = expected.affinities.tiles[t];
            ASSERT_EQ(one.bytes, other.bytes);
            EXPECT_EQ(std::memcmp(one.data, other.data, one.bytes), 0) << "the same bits";
          }
        }
      }
    }
  }
}

TEST_F(Affinities, TravelInSmallPieces) {
  set_transfer_limit(1024);
  reset_transfers();
  const AffinityHeader header = inspect_affinities(comm, written("small.h5", ValueCoding::squared16, false));
  EXPECT_LE(writes().largest, 1024U);
  EXPECT_GE(writes().calls, 2U);
  base::Log log;
  reset_transfers();
  const auto read = read_affinities(comm, header, log);
  EXPECT_LE(reads().largest, 1024U);
  EXPECT_GE(reads().calls, static_cast<std::size_t>(header.bytes / comm.size() / 1024));
  const auto expected =
      contents_on(comm, uneven(comm.size()), ValueCoding::squared16, data::attraction_tiles);
  EXPECT_EQ(entries_of(read.affinities, comm.rank()), entries_of(expected.affinities, comm.rank()));
}

TEST_F(Affinities, ADifferentByteAnywhereIsNoticed) {
  const std::string file = written("whole.h5", ValueCoding::squared16, false);
  const auto size = std::filesystem::file_size(file);
  base::Log log;
  const auto fails = [&](const std::string& name, auto&& look) {
    try {
      look(inspect_affinities(comm, name));
    } catch (const base::Error& error) {
      return error.kind() == ErrorKind::input;
    }
    return false;
  };
  const auto refused = [&](const std::string& name) {
    const bool by_reading =
        fails(name, [&](const AffinityHeader& header) { read_affinities(comm, header, log); });
    EXPECT_EQ(fails(name, [&](const AffinityHeader& header) { verify_affinities(comm, header); }), by_reading)
        << name;
    return by_reading;
  };
  EXPECT_FALSE(refused(file));
  const base::Random random(9, base::Stream::test);
  std::uint64_t noticed = 0, unused = 0;
  constexpr int flips = 60;
  for (int flip = 0; flip < flips; ++flip) {
    const auto at = static_cast<std::streamoff>(random.uniform(flip) * static_cast<double>(size));
    char was = 0;
    const std::string name = make("flip" + std::to_string(flip), [&](const std::string& where) {
      std::filesystem::copy_file(file, where);
      std::fstream stream(where, std::ios::in | std::ios::out | std::ios::binary);
      stream.seekg(at);
      stream.get(was);
      stream.seekp(at);
      stream.put(static_cast<char>(was ^ 0x20));
    });
    if (refused(name)) {
      ++noticed;
    } else {
      // HDF5 leaves room between its structures that nothing refers to.
      const auto read = read_affinities(comm, inspect_affinities(comm, name), log);
      const auto expected =
          contents_on(comm, uneven(comm.size()), ValueCoding::squared16, data::attraction_tiles);
      EXPECT_EQ(entries_of(read.affinities, comm.rank()), entries_of(expected.affinities, comm.rank())) << at;
      ++unused;
    }
  }
  EXPECT_GT(noticed, 50U);
  EXPECT_LT(unused, 10U);
}

TEST_F(Affinities, OtherFilesAreRefused) {
  const std::string file = written("whole.h5", ValueCoding::squared16, false);
  const auto inspected = [&](const std::string& name) {
    return [&, name] { inspect_affinities(comm, name); };
  };
  expect_error(comm, ErrorKind::input, {"nowhere.h5"}, inspected(path("nowhere.h5")));
  expect_error(
      comm, ErrorKind::input, {"is not an HDF5 file"},
      inspected(make_file("rows.npy", npy_header(1, "<f4", false, "(2, 1)") + std::string(8, '\0'))));
  const std::string other = make("other.h5", [&](const std::string& where) {
    write_dataset<float>(where, "rows", H5T_IEEE_F32LE, {2, 2}, {1, 2, 3, 4});
  });
  expect_error(comm, ErrorKind::input, {"holds no affinities", "/rows (2 x 2)"}, inspected(other));
  const std::string newer = make("newer.h5", [&](const std::string& where) {
    std::filesystem::copy_file(file, where);
    const hdf5::Handle h5(H5Fopen(where.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    H5Adelete(h5.get(), "affinity_format");
    hdf5::write_number(hdf5::Guard(ErrorKind::io, where), h5.get(), "affinity_format", 7);
  });
  expect_error(comm, ErrorKind::input, {"format 7", "this program knows 1"}, inspected(newer));
  const auto size = std::filesystem::file_size(file);
  for (const auto left : {size - 1, size / 2, std::uintmax_t{600}}) {
    base::Log log;
    const std::string name = cut(file, "cut" + std::to_string(left), left);
    expect_error(comm, ErrorKind::input, {name},
                 [&] { read_affinities(comm, inspect_affinities(comm, name), log); });
  }
}

TEST(Digest, TellsRowsFromOthersAtAnyRankCount) {
  const auto comm = comm::Communicator::world();
  const base::Random random(1, base::Stream::test);
  const auto rows_on = [&](const comm::Communicator& ranks, GlobalIndex changed) {
    data::DistributedMatrix<float> rows{data::RowDistribution::balanced(101, ranks.size()), {}};
    rows.local = base::padded_matrix<float>(static_cast<std::size_t>(rows.rows.count(ranks.rank())), 7);
    for (std::size_t i = 0; i < rows.local.rows(); ++i)
      for (std::size_t j = 0; j < 7; ++j) {
        const auto row = rows.rows.begin(ranks.rank()) + static_cast<GlobalIndex>(i);
        rows.local(i, j) = static_cast<float>(random.uniform(row * 7 + static_cast<GlobalIndex>(j))) +
                           (row == changed && j == 6 ? 1.F : 0.F);
      }
    return data::digest(ranks, rows);
  };
  const auto self = comm::Communicator::self();
  const std::uint64_t whole = rows_on(self, -1);
  EXPECT_EQ(rows_on(comm, -1), whole);
  for (const GlobalIndex row : {0, 50, 100}) EXPECT_NE(rows_on(comm, row), whole);
}

}  // namespace
}  // namespace fleetsne::io::testing
