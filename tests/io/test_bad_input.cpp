// Every bad input ends on all ranks with one message that says what is wrong and the same kind of error.
#include "fleetsne/io/read.hpp"

#include "io/scratch.hpp"
#include <sys/stat.h>

#include <cmath>
#include <limits>

namespace fleetsne::io {
namespace {

using testing::expect_error;
using testing::idx_bytes;
using testing::npy_header;
using testing::write_dataset;

class BadInput : public testing::Scratch {
 protected:
  /// Reading fails with InputError, all texts are in the message.
  void expect_refused(const std::vector<std::string>& inputs, const std::vector<std::string>& texts) {
    for (const std::size_t limit : {std::size_t{1} << 10, std::size_t{64} << 20}) {
      set_transfer_limit(limit);
      expect_error(comm, base::ErrorKind::input, texts, [&] { read_rows(comm, inputs); });
    }
  }
  static std::string npy(std::size_t rows, std::size_t columns, float value = 1) {
    std::string bytes =
        npy_header(1, "<f4", false, "(" + std::to_string(rows) + ", " + std::to_string(columns) + ")");
    for (std::size_t e = 0; e < rows * columns; ++e) testing::append(bytes, value, false);
    return bytes;
  }
  static std::string idx(std::size_t rows) {
    // Hard to compress, so that a truncated gzip file lacks rows.
    return idx_bytes<std::uint8_t>(0x08, {static_cast<std::uint32_t>(rows), 28, 28},
                                   [](std::size_t e) { return (e * e * 2654435761u >> 7) & 255; });
  }
};

TEST_F(BadInput, NoSuchFile) {
  expect_refused({path("nothing.npy")}, {"nothing.npy", "No such file"});
  expect_refused({path("nothing.h5") + ":/x"}, {"nothing.h5", "No such file"});
  expect_refused({""}, {"No such file"});
}

TEST_F(BadInput, FileThatOneRankDoesNotFind) {
  if (comm.size() == 1) GTEST_SKIP() << "needs 2 ranks";
  // A folder of each node's own: the same relative path leads to a file on all ranks but the last.
  make("full", [](const std::string& where) {
    std::filesystem::create_directories(where);
    const std::vector<float> values(4000, 1.0f);
    write_dataset(where + "/x.h5", "whole", H5T_IEEE_F32LE, {400, 10}, values);
    write_dataset(where + "/x.h5", "chunks", H5T_IEEE_F32LE, {400, 10}, values, {20, 10});
    std::ofstream(where + "/x.npy", std::ios::binary) << npy(400, 10);
    std::ofstream(where + "/x.idx", std::ios::binary) << idx(400);
  });
  make("empty", [](const std::string& where) { std::filesystem::create_directories(where); });
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(path(comm.rank() + 1 < comm.size() ? "full" : "empty"));
  for (const char* input : {"x.h5:whole", "x.h5:chunks", "x.npy", "x.idx"}) {
    expect_refused({input}, {"rank " + std::to_string(comm.size() - 1) + " of", "No such file", "share"});
  }
  std::filesystem::current_path(before);
}

TEST_F(BadInput, Directory) {
  expect_refused({directory}, {directory, "directory"});
}

TEST_F(BadInput, PipeThatNobodyWritesTo) {
  const std::string pipe =
      make("pipe", [](const std::string& where) { ASSERT_EQ(::mkfifo(where.c_str(), 0600), 0); });
  expect_refused({pipe}, {"pipe is no regular file", "Save it to a file"});
}

TEST_F(BadInput, EmptyFile) {
  expect_refused({make_file("empty.npy", "")}, {"empty.npy", "empty"});
}

TEST_F(BadInput, UnknownFormat) {
  expect_refused({make_file("table.txt", "1,2,3\n4,5,6\n")}, {"table.txt", "text file"});
  expect_refused({make_file("short", "x")}, {"short", "text file"});
  expect_refused({make_gzip("table.txt.gz", "1,2,3\n4,5,6\n")}, {"table.txt.gz", "text file"});
}

TEST_F(BadInput, TruncatedNpy) {
  const std::string whole = make_file("whole.npy", npy(100, 10));
  expect_refused({cut(whole, "data.npy", 2000)}, {"data.npy", "100 x 10", "truncated"});
  expect_refused({cut(whole, "header.npy", 30)}, {"header.npy", "ends too early"});
  expect_refused({cut(whole, "magic.npy", 7)}, {"magic.npy", "ends too early"});
}

TEST_F(BadInput, HeaderLargerThanAnyMemory) {
  expect_refused({make_file("huge.npy", npy_header(1, "<f8", false, "(1000000000000, 1000000)"))},
                 {"huge.npy", "cannot hold"});
  expect_refused({make_file("over.npy", npy_header(1, "<f8", false, "(4000000000, 4000000000, 4000000000)"))},
                 {"over.npy"});
  expect_refused(
      {make_gzip("huge.gz", std::string("\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16))},
      {"huge.gz", "cannot hold"});
}

TEST_F(BadInput, TruncatedOrDamagedGzip) {
  const std::string whole = make_gzip("whole.gz", idx(200));
  const auto size = std::filesystem::file_size(whole);
  comm.barrier();
  expect_refused({cut(whole, "half.gz", size / 2)}, {"half.gz", "truncated"});
  expect_refused({cut(whole, "sum.gz", size - 4)}, {"sum.gz", "truncated"});
  expect_refused({cut(whole, "start.gz", 6)}, {"start.gz"});
  const std::string damaged = make("damaged.gz", [&](const std::string& where) {
    std::filesystem::copy_file(whole, where);
    std::fstream file(where, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size - 6));  // in the checksum
    file.put('\x5a').put('\x5a');
  });
  expect_refused({damaged}, {"damaged.gz", "damaged"});
}

TEST_F(BadInput, IdxWithMoreOrLessThanItsHeaderSays) {
  expect_refused({make_file("less", idx(20).substr(0, 10000))}, {"less", "20 x 784", "truncated"});
  expect_refused({make_file("more", idx(20) + "x")}, {"more", "continues after its last row"});
  expect_refused({make_gzip("less.gz", idx(20).substr(0, 10000))}, {"less.gz", "ends too early"});
  expect_refused({make_gzip("more.gz", idx(20) + "x")}, {"more.gz", "continues after its last row"});
}

TEST_F(BadInput, UnreadableNpyTypes) {
  const std::vector<std::pair<const char*, const char*>> kinds = {
      {"<c8", "<c8"}, {"<U5", "holds text"}, {"|O", "Python objects"}, {"<f16", "<f16"}, {"|V8", "|V8"}};
  for (const auto& [descr, said] : kinds) {
    expect_refused({make_file("type.npy", npy_header(1, descr, false, "(3, 3)") + std::string(1000, '\0'))},
                   {"type.npy", said});
  }
  expect_refused({make_file("none.npy", npy_header(1, "<f4", false, "nothing"))}, {"none.npy", "shape"});
}

TEST_F(BadInput, WrongNumberOfDimensions) {
  const std::string zeros(4096, '\0');
  expect_refused({make_file("one.npy", npy_header(1, "<f4", false, "(50,)") + zeros)},
                 {"one.npy", "1 dimension "});
  expect_refused({make_file("three.npy", npy_header(1, "<f4", false, "(5, 5, 5)") + zeros)},
                 {"three.npy", "3 dimensions"});
  expect_refused({make_file("zero.npy", npy_header(1, "<f4", false, "()") + zeros)},
                 {"zero.npy", "0 dimensions"});
  expect_refused({make_file("one.idx", idx_bytes<std::uint8_t>(0x08, {50}, [](std::size_t) { return 1; }))},
                 {"one.idx", "1 dimension "});
  make("d.h5", [](const std::string& file) {
    write_dataset(file, "one", H5T_IEEE_F32LE, {20}, std::vector<float>(20));
    write_dataset(file, "three", H5T_IEEE_F32LE, {5, 2, 2}, std::vector<float>(20));
  });
  expect_refused({path("d.h5") + ":/one"}, {"d.h5", "one has 1 dimension "});
  expect_refused({path("d.h5") + ":/three"}, {"d.h5", "three has 3 dimensions"});
}

TEST_F(BadInput, NoRows) {
  expect_refused({make_file("none.npy", npy(0, 5))}, {"none.npy", "holds no data"});
  make("none.h5", [](const std::string& file) {
    write_dataset(file, "x", H5T_IEEE_F32LE, {0, 5}, std::vector<float>());
  });
  expect_refused({path("none.h5") + ":/x"}, {"none.h5", "holds no data"});
}

TEST_F(BadInput, FewerRowsThanRanks) {
  if (comm.size() == 1) GTEST_SKIP() << "needs 2 ranks";
  const std::string rows = std::to_string(comm.size() - 1);
  expect_refused({make_file("few.npy", npy(static_cast<std::size_t>(comm.size() - 1), 5))},
                 {"few.npy", rows + " row", "fewer than the " + std::to_string(comm.size()) + " ranks"});
}

TEST_F(BadInput, TruncatedHdf5) {
  const std::string whole = make("whole.h5", [](const std::string& file) {
    write_dataset(file, "x", H5T_IEEE_F32LE, {1000, 10}, std::vector<float>(10000, 1.0f));
  });
  expect_refused({cut(whole, "half.h5", 20000) + ":/x"}, {"half.h5", "truncated"});
  expect_refused({cut(whole, "start.h5", 60) + ":/x"}, {"start.h5"});
  expect_refused({cut(whole, "magic.h5", 5) + ":/x"}, {"magic.h5"});
}

TEST_F(BadInput, DamagedChunk) {
  // A chunk that cannot be unpacked concerns one rank only, and all must leave.
  const std::string file = make("chunks.h5", [](const std::string& where) {
    std::vector<float> values(40000);
    for (std::size_t e = 0; e < values.size(); ++e) values[e] = static_cast<float>(e * e % 9973);
    write_dataset(where, "x", H5T_IEEE_F32LE, {4000, 10}, values, {100, 10});
    const auto size = std::filesystem::file_size(where);
    std::fstream damaged(where, std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(static_cast<std::streamoff>(size - 3000));
    damaged << std::string(2000, '\x55');
  });
  expect_refused({file + ":/x"}, {"chunks.h5"});
}

TEST_F(BadInput, WrongDatasetNamesWhatExists) {
  make("d.h5", [](const std::string& file) {
    write_dataset(file, "good/x", H5T_IEEE_F32LE, {10, 3}, std::vector<float>(30));
    write_dataset(file, "y", H5T_IEEE_F32LE, {10}, std::vector<float>(10));
  });
  expect_refused({path("d.h5") + ":/bad"}, {"no dataset bad", "/good/x (10 x 3)", "/y (10)"});
  expect_refused({path("d.h5") + ":/y/x"}, {"no dataset y/x"});
  expect_refused({path("d.h5") + ":/good"}, {"good is a group", "/good/x (10 x 3)"});
  expect_refused({path("d.h5")}, {"needs the name of a dataset", "/good/x (10 x 3)"});
  expect_refused({make_file("x.npy", npy(5, 2)) + ":/x"}, {"x.npy has no datasets"});
}

TEST_F(BadInput, AnnDataWithoutComponentsSaysWhatThereIs) {
  make("cells.h5ad", [](const std::string& file) {
    write_dataset(file, "obsm/X_umap", H5T_IEEE_F32LE, {10, 2}, std::vector<float>(20));
    write_dataset(file, "X", H5T_IEEE_F32LE, {10, 3}, std::vector<float>(30));
  });
  expect_refused({path("cells.h5ad")}, {"no obsm/X_pca", "obsm/X_umap, X", "cells.h5ad:obsm/NAME"});
  make("sparse.h5ad", [](const std::string& file) {
    write_dataset(file, "X/data", H5T_IEEE_F32LE, {10}, std::vector<float>(10));
    const hdf5::Handle open(H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    const hdf5::Handle group(H5Gopen2(open.get(), "X", H5P_DEFAULT), H5Gclose);
    const hdf5::Handle type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
    H5Tset_size(type.get(), 10);
    const hdf5::Handle attribute(
        H5Acreate2(group.get(), "encoding-type", type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose);
    H5Awrite(attribute.get(), type.get(), "csr_matrix");
  });
  expect_refused({path("sparse.h5ad") + ":X"}, {"X is a sparse matrix", "scanpy.pp.pca"});
}

TEST_F(BadInput, DatasetOfNoNumbers) {
  make("s.h5", [](const std::string& file) {
    const hdf5::Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    write_dataset(file, "names", type.get(), {10, 3}, std::vector<char>(30, 'x'));
  });
  expect_refused({path("s.h5") + ":/names"}, {"names does not hold plain numbers"});
}

TEST_F(BadInput, StackedInputsOfDifferentWidth) {
  expect_refused({make_file("a.npy", npy(10, 3)), make_file("b.npy", npy(10, 4))},
                 {"b.npy has 4 columns", "a.npy has 3"});
}

TEST_F(BadInput, AllProblemsAreReportedTogether) {
  expect_refused({path("one"), make_file("ok.npy", npy(10, 3)), make_file("two", "")},
                 {"one cannot be read", "two is empty"});
}

TEST_F(BadInput, FirstNumberThatIsNone) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                  infinity = std::numeric_limits<float>::infinity();
  const auto poisoned = [](const std::vector<std::pair<std::size_t, float>>& where) {
    std::string bytes = npy(40, 5);
    const std::size_t start = bytes.size() - 40 * 5 * sizeof(float);
    for (const auto& [element, value] : where) std::memcpy(bytes.data() + start + element * 4, &value, 4);
    return bytes;
  };
  // The last is on the last rank, the first on the first: the first is named, at any number of ranks.
  expect_refused({make_file("both.npy", poisoned({{199, nan}, {7, infinity}, {5, nan}}))},
                 {"both.npy", "NaN at row 1, column 0"});
  expect_refused({make_file("late.npy", poisoned({{198, -infinity}}))},
                 {"late.npy", "infinity", "row 39, column 3"});
  // Stacked: the row is counted in its own file.
  expect_refused({make_file("fine.npy", npy(40, 5)), path("late.npy")}, {"late.npy", "row 39, column 3"});
  expect_refused({make_file("huge.npy", poisoned({{11, 1e19F}}))},
                 {"huge.npy", "too large to square", "row 2, column 1"});
  make("big.h5", [](const std::string& file) {
    std::vector<double> values(100, 1.0);
    values[93] = 1e300;
    write_dataset(file, "x", H5T_IEEE_F64LE, {20, 5}, values);
  });
  expect_refused({path("big.h5") + ":/x"}, {"big.h5", "too large for float32", "row 18, column 3"});
}

}  // namespace
}  // namespace fleetsne::io
