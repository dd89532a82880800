// What headers promise is checked before memory is taken for it: files that promise more than they hold, more
// than any file can hold, or what overflows, are refused on all ranks.
#include "fleetsne/base/clock.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/io/read.hpp"

#include "io/scratch.hpp"
#include <fmt/format.h>

#include <limits>

namespace fleetsne::io {
namespace {

using testing::append;
using testing::expect_error;
using testing::npy_header;

class Hostile : public testing::Scratch {
 protected:
  void expect_refused(const std::string& input, const std::vector<std::string>& texts) {
    for (const std::size_t limit : {std::size_t{64}, std::size_t{1} << 20}) {
      set_transfer_limit(limit);
      expect_error(comm, base::ErrorKind::input, texts, [&] { read_rows(comm, std::span(&input, 1)); });
    }
  }
  void expect_refused_bytes(const std::string& name, const std::string& bytes,
                            const std::vector<std::string>& texts) {
    expect_refused(make_file(name, bytes), texts);
    expect_refused(make_gzip(name + ".gz", bytes), texts);
    comm.barrier();
    if (comm.rank() == 0) std::filesystem::remove(path(name));
  }
  /// A dataset of which only the first `written` elements of the first chunk are ever written, if any.
  void make_dataset(const std::string& file, const std::string& name, hid_t type, std::vector<hsize_t> shape,
                    std::vector<hsize_t> chunk, bool deflate = false, hsize_t written = 0) {
    make(file, [&](const std::string& where) {
      const hdf5::Guard guard(base::ErrorKind::io, where);
      const hdf5::Handle open = guard.own(
          std::filesystem::exists(where) ? H5Fopen(where.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)
                                         : H5Fcreate(where.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT),
          H5Fclose, "fixture");
      const hdf5::Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
      H5Pset_create_intermediate_group(links.get(), 1);
      const hdf5::Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
      if (!chunk.empty()) H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data());
      if (deflate) H5Pset_deflate(creation.get(), 9);
      const hdf5::Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                               H5Sclose);
      const hdf5::Handle dataset = guard.own(
          H5Dcreate2(open.get(), name.c_str(), type, space.get(), links.get(), creation.get(), H5P_DEFAULT),
          H5Dclose, "fixture");
      if (written == 0) return;
      const hsize_t start[2] = {0, 0}, count[2] = {1, written};
      H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start, nullptr, count, nullptr);
      const hdf5::Handle memory(H5Screate_simple(2, count, nullptr), H5Sclose);
      const std::vector<float> values(written, 1.0F);
      guard.check(
          H5Dwrite(dataset.get(), H5T_NATIVE_FLOAT, memory.get(), space.get(), H5P_DEFAULT, values.data()),
          "fixture");
    });
  }
};

std::string numbers(std::initializer_list<std::uint32_t> values) {
  std::string bytes;
  for (const std::uint32_t value : values) append(bytes, value, false);
  return bytes;
}

/// A row of a file of vectors: its length as it is told, and so many floats.
std::string row(std::int32_t told, std::size_t floats) {
  std::string bytes;
  append(bytes, told, false);
  for (std::size_t i = 0; i < floats; ++i) append(bytes, static_cast<float>(i), false);
  return bytes;
}

std::string rows(std::size_t count, std::size_t columns) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += row(static_cast<std::int32_t>(columns), columns);
  return bytes;
}

TEST_F(Hostile, VectorsWithLengths) {
  expect_refused_bytes("negative.fvecs", row(-1, 4) + row(-1, 4), {"negative.fvecs", "-1 values"});
  expect_refused_bytes("least.bvecs", row(std::numeric_limits<std::int32_t>::min(), 4),
                       {"-2147483648 values"});
  expect_refused_bytes("none.ivecs", row(0, 0) + row(0, 0), {"none.ivecs", "0 values"});
  expect_refused_bytes("wide.fvecs", row(std::numeric_limits<std::int32_t>::max(), 100),
                       {"wide.fvecs", "2147483647"});
  expect_refused_bytes("start.fvecs", "abc", {"start.fvecs", "ends too early"});
  expect_refused_bytes("cut.fvecs", rows(20, 8).substr(0, 20 * 36 - 10),
                       {"cut.fvecs", "no whole number of rows"});
  expect_refused_bytes("longer.fvecs", rows(20, 8) + "x", {"longer.fvecs", "no whole number of rows"});
  // As long as rows of 8 are, but one is another; the last rank reads it.
  expect_refused_bytes("differ.fvecs", rows(18, 8) + row(7, 8) + row(8, 8),
                       {"differ.fvecs", "row 18", "7 values"});
  // Two rows of 6 and one of 3 in the place of two rows of 8.
  expect_refused_bytes("mixed.fvecs", rows(18, 8) + row(6, 6) + row(6, 6) + row(3, 3),
                       {"mixed.fvecs", "row 18", "6 values"});
}

/// 400 KB that would make 40 GB, if as many numbers as the first line has were taken for every line.
TEST_F(Hostile, TablesOfAnotherWidthThanTheirFirstLine) {
  std::string wide = "1", narrow;
  for (int i = 1; i < 100'000; ++i) wide += ",1";
  for (int i = 0; i < 100'000; ++i) narrow += "1\n";
  const std::string file = make_file("wide.csv", wide + "\n" + narrow);
  expect_refused(file, {"wide.csv, line 2", "1 value"});
  // Already by looking at it, before memory is taken.
  const base::Stopwatch watch;
  expect_error(comm, base::ErrorKind::input, {"wide.csv, line 2", "1 value"},
               [&] { inspect_all_rows(comm, std::span(&file, 1)); });
  EXPECT_LT(watch.seconds(), 5);
}

TEST_F(Hostile, VectorsWithExtents) {
  constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  const std::string some(400, '\1');
  expect_refused_bytes("most.fbin", numbers({most, most}) + some, {"most.fbin", "cannot hold"});
  expect_refused_bytes("rows.u8bin", numbers({most, 1}) + some, {"rows.u8bin", "cannot hold"});
  expect_refused_bytes("columns.i8bin", numbers({1, most}) + some, {"columns.i8bin", "cannot hold"});
  expect_refused_bytes("none.fbin", numbers({10, 0}) + some, {"none.fbin", "no data"});
  expect_refused_bytes("empty.fbin", numbers({0, 10}), {"empty.fbin", "no data"});
  expect_refused_bytes("start.fbin", numbers({10}), {"start.fbin", "ends too early"});
  expect_refused(make_file("cut.fbin", numbers({25, 4}) + some.substr(1)), {"cut.fbin", "cannot hold"});
  expect_refused(make_gzip("cut.fbin.gz", numbers({25, 4}) + some.substr(1)), {"cut.fbin", "ends too early"});
  expect_refused_bytes("more.fbin", numbers({25, 4}) + some + "x",
                       {"more.fbin", "continues after its last row"});
}

TEST_F(Hostile, Npy) {
  const std::string some(4000, '\0');
  const auto file = [&](const std::string& shape) { return npy_header(1, "<f8", false, shape) + some; };
  expect_refused_bytes("a.npy", file("(9223372036854775808, 2)"), {"no list of sizes"});  // 2^63
  expect_refused_bytes("b.npy", file("(9223372036854775807, 1)"), {"cannot hold"});
  expect_refused_bytes("c.npy", file("(2305843009213693952, 8)"),
                       {"cannot hold"});  // bytes: 2^67, 0 in 64 bits
  expect_refused_bytes("d.npy", file("(8, 2305843009213693952)"), {"cannot hold"});
  expect_refused_bytes("e.npy", file("(-3, 4)"), {"no list of sizes"});
  expect_refused_bytes("f.npy", file("(4, -3)"), {"no list of sizes"});
  expect_refused_bytes("g.npy", file("(10, 0)"), {"no data"});
  expect_refused_bytes("h.npy", file("(0, 10)"), {"no data"});
  expect_refused_bytes("i.npy", file("(1, 2, 4611686018427387904, 4)"), {"larger than any file"});
  expect_refused(make_file("cut.npy", file("(51, 10)").substr(0, 3500)), {"truncated"});
}

TEST_F(Hostile, Idx) {
  const auto file = [](std::initializer_list<std::uint32_t> extents) {
    std::string bytes{'\0', '\0', '\x0d', static_cast<char>(extents.size())};
    for (const std::uint32_t extent : extents) append(bytes, extent, true);
    return bytes + std::string(4000, '\0');
  };
  constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  expect_refused_bytes("a.idx", file({most, most}), {"cannot hold"});
  expect_refused_bytes("b.idx", file({most, most, most}), {"cannot hold"});
  expect_refused_bytes("c.idx", file({65536, 65536, 65536, 65536}), {"cannot hold"});  // 2^64 elements
  expect_refused_bytes("d.idx", file({10, 0}), {"no data"});
  expect_refused_bytes("e.idx", file({0, 10}), {"no data"});
  expect_refused_bytes("f.idx", std::string("\0\0\x08\xff", 4) + std::string(300, '\1'),
                       {"f.idx", "ends too early"});
}

TEST_F(Hostile, Hdf5RowsThatNobodyWrote) {
  const hid_t type = H5T_IEEE_F32LE;
  make_dataset("h.h5", "chunks", type, {hsize_t{1} << 40, 50}, {1000, 50});
  make_dataset("h.h5", "packed", type, {hsize_t{1} << 40, 50}, {1000, 50}, true, 50);
  make_dataset("h.h5", "piece", type, {hsize_t{1} << 40, 50}, {});
  make_dataset("h.h5", "overflow", type, {hsize_t{1} << 62, 4}, {1000, 4});
  make_dataset("h.h5", "some", type, {300, 5}, {100, 5}, false, 5);  // one chunk of three
  make_dataset("h.h5", "none", type, {100, 0}, {});
  for (const char* name : {"chunks", "packed", "piece", "overflow", "some"})
    expect_refused(path("h.h5") + ":" + name, {"h.h5", name, "not all there"});
  expect_refused(path("h.h5") + ":none", {"none holds no data"});
}

TEST_F(Hostile, Hdf5OfElsewhere) {
  make("v.h5", [](const std::string& where) {
    const hdf5::Handle file(H5Fcreate(where.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const hdf5::Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const hsize_t shape[2] = {hsize_t{1} << 61, 16};
    const hdf5::Handle space(H5Screate_simple(2, shape, nullptr), H5Sclose);
    H5Pset_virtual(creation.get(), space.get(), "nowhere.h5", "x", space.get());
    const hdf5::Handle dataset(
        H5Dcreate2(file.get(), "x", H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
        H5Dclose);
  });
  expect_refused(path("v.h5") + ":x", {"v.h5", "nowhere.h5"});
}

TEST_F(Hostile, LabelsNumbersAndNeighbors) {
  const auto some = data::RowDistribution::balanced(100, comm.size());
  const auto many = data::RowDistribution::balanced(std::int64_t{1} << 40, comm.size());
  make_dataset("l.h5", "labels", H5T_STD_I16LE, {hsize_t{1} << 40}, {1000});
  make_dataset("l.h5", "column/codes", H5T_STD_I8LE, {100}, {});
  make_dataset("l.h5", "column/categories", H5T_STD_I8LE, {90000}, {90000});
  make_dataset("l.h5", "whole/codes", H5T_STD_I8LE, {100}, {100});
  const std::string labels = path("l.h5") + ":labels";
  expect_error(comm, base::ErrorKind::input, {"labels is not all there"},
               [&] { read_labels(comm, std::span(&labels, 1), many); });
  expect_error(comm, base::ErrorKind::input, {"labels is not all there"},
               [&] { read_numbers(comm, labels, many); });
  const std::string column = path("l.h5") + ":column";
  expect_error(comm, base::ErrorKind::input, {"column/codes is not all there"},
               [&] { read_labels(comm, std::span(&column, 1), some); });
  make_dataset("n.h5", "indices", H5T_STD_I32LE, {hsize_t{1} << 40, 100}, {1000, 100});
  make_dataset("n.h5", "distances", H5T_IEEE_F32LE, {hsize_t{1} << 40, 100}, {1000, 100});
  expect_error(comm, base::ErrorKind::input, {"indices is not all there"}, [&] {
    inspect_neighbors(comm, {path("n.h5"), ""});
  });
  const std::string wide = make_file("i.npy", npy_header(1, "<i4", false, "(4611686018427387904, 4)"));
  expect_error(comm, base::ErrorKind::input, {"i.npy", "cannot hold"}, [&] {
    inspect_neighbors(comm, {wide, wide});
  });
}

TEST_F(Hostile, Tables) {
  expect_refused_bytes("header.csv", "a,b,c\n", {"header.csv", "no rows"});
  expect_refused_bytes("ragged.csv", "1,2\n3,4\n5\n6,7\n8,9\n", {"ragged.csv", "line 3", "1 value"});
  expect_refused_bytes("cut.csv", "1,2\n3,4\n5,6\n7,8\n9", {"cut.csv", "line 5", "1 value"});
  expect_refused_bytes("names.csv", "a\nx\n", {"names.csv"});
}

}  // namespace
}  // namespace fleetsne::io
