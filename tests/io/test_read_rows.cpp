// Rows read back from every format, at any number of ranks and with pieces of 1 KiB as well as large ones.
#include "fleetsne/io/element_type.hpp"
#include "fleetsne/io/location.hpp"
#include "fleetsne/io/read.hpp"

#include "io/scratch.hpp"

#include <cmath>
#include <cstring>

namespace fleetsne::io {
namespace {

using testing::idx_bytes;
using testing::npy_header;
using testing::write_dataset;

constexpr std::size_t rows = 203, columns = 21;

/// Element (i, j) of the matrix in most files here: small integers, so that every type holds it exactly.
double element(std::size_t i, std::size_t j) {
  return static_cast<double>((i * 31 + j * 7) % 97);
}

class ReadRows : public testing::Scratch {
 protected:
  void expect_rows(const std::vector<std::string>& inputs, std::size_t all_rows = rows,
                   const std::function<double(std::size_t, std::size_t)>& expected = element) {
    for (const std::size_t limit : {std::size_t{1} << 10, std::size_t{64} << 20}) {
      set_transfer_limit(limit);
      const auto matrix = read_rows(comm, inputs);
      ASSERT_EQ(matrix.rows,
                data::RowDistribution::balanced(static_cast<std::int64_t>(all_rows), comm.size()));
      ASSERT_EQ(matrix.local.rows(), static_cast<std::size_t>(matrix.rows.count(comm.rank())));
      ASSERT_EQ(matrix.local.columns(), columns);
      ASSERT_EQ(matrix.local.stride() % base::row_padding, 0u);
      const auto begin = static_cast<std::size_t>(matrix.rows.begin(comm.rank()));
      for (std::size_t i = 0; i < matrix.local.rows(); ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
          ASSERT_EQ(matrix.local(i, j), static_cast<float>(expected(begin + i, j)))
              << inputs[0] << " " << i << " " << j;
        }
        for (std::size_t j = columns; j < matrix.local.stride(); ++j) {
          ASSERT_EQ(matrix.local.data()[i * matrix.local.stride() + j], 0.0f);  // padding stays zero
        }
      }
    }
  }

  template <class T>
  std::string npy(const std::string& descr, int version = 1, bool fortran = false) {
    std::string bytes = npy_header(version, descr, fortran, "(203, 21)");
    for (std::size_t e = 0; e < rows * columns; ++e) {
      const double value = fortran ? element(e % rows, e / rows) : element(e / columns, e % columns);
      testing::append(bytes, static_cast<T>(value), descr[0] == '>');
    }
    return bytes;
  }
};

TEST_F(ReadRows, NpyOfEveryType) {
  expect_rows({make_file("f4.npy", npy<float>("<f4"))});
  expect_rows({make_file("f8.npy", npy<double>("<f8"))});
  expect_rows({make_file("f8big.npy", npy<double>(">f8"))});
  expect_rows({make_file("i1.npy", npy<std::int8_t>("|i1"))});
  expect_rows({make_file("u1.npy", npy<std::uint8_t>("|u1"))});
  expect_rows({make_file("i2.npy", npy<std::int16_t>("<i2"))});
  expect_rows({make_file("u2big.npy", npy<std::uint16_t>(">u2"))});
  expect_rows({make_file("i4big.npy", npy<std::int32_t>(">i4"))});
  expect_rows({make_file("u4.npy", npy<std::uint32_t>("<u4"))});
  expect_rows({make_file("i8.npy", npy<std::int64_t>("<i8"))});
  expect_rows({make_file("u8.npy", npy<std::uint64_t>("<u8"))});
}

TEST_F(ReadRows, NpyOfEveryVersionAndOrder) {
  for (const int version : {1, 2, 3}) {
    expect_rows({make_file("c" + std::to_string(version), npy<float>("<f4", version))});
    expect_rows({make_file("f" + std::to_string(version), npy<double>(">f8", version, true))});
  }
  expect_rows({make_gzip("c.npy.gz", npy<float>("<f4"))});
  expect_rows({make_gzip("f.npy.gz", npy<float>("<f4", 1, true))});
}

TEST_F(ReadRows, ASampleIsRowsOfTheRanksOwnBlockFromItsBeginningToItsEnd) {
  constexpr std::size_t many = 40000, sampled = 8000;
  std::string bytes = npy_header(1, "<f4", false, "(40000, 2)");
  for (std::size_t i = 0; i < many; ++i) {
    testing::append(bytes, static_cast<float>(i), false);
    testing::append(bytes, -static_cast<float>(i), false);
  }
  const std::string plain = make_file("many.npy", bytes), packed = make_gzip("many.npy.gz", bytes);
  const auto blocks = data::RowDistribution::balanced(2 * many, comm.size());
  for (const auto& inputs : {std::vector{plain, plain}, std::vector{packed, plain}}) {
    const auto sample = read_sample(comm, inputs, sampled).rows;
    ASSERT_EQ(sample.rows, data::RowDistribution::balanced(sampled, comm.size()));
    ASSERT_EQ(sample.local.rows(), static_cast<std::size_t>(sample.rows.count(comm.rank())));
    std::int64_t last = -1;
    for (std::size_t i = 0; i < sample.local.rows(); ++i) {
      auto row = static_cast<std::int64_t>(sample.local(i, 0));
      EXPECT_EQ(sample.local(i, 1), -sample.local(i, 0));
      // The second file's rows bear the numbers of the first's.
      if (row <= last || row < blocks.begin(comm.rank())) row += many;
      ASSERT_GT(row, last);
      ASSERT_LT(row, blocks.end(comm.rank()));
      last = row;
    }
    if (inputs[0] == plain) {
      EXPECT_GE(last, blocks.end(comm.rank()) - 1) << "runs reach to the end";
    }
  }
  expect_rows({make_file("few.npy", npy<float>("<f4"))});
  EXPECT_EQ(read_sample(comm, std::vector{path("few.npy")}, 1000).rows.rows.total(), 203)
      << "all, if no more";
}

TEST_F(ReadRows, HalfPrecision) {
  EXPECT_EQ(half_to_float(0x3c00), 1.0f);
  EXPECT_EQ(half_to_float(0xc000), -2.0f);
  EXPECT_EQ(half_to_float(0x7bff), 65504.0f);
  EXPECT_EQ(half_to_float(0x0001), 0x1p-24f);
  EXPECT_EQ(half_to_float(0x8000), 0.0f);
  EXPECT_TRUE(std::signbit(half_to_float(0x8000)));
  EXPECT_TRUE(std::isinf(half_to_float(0x7c00)));
  EXPECT_TRUE(std::isnan(half_to_float(0x7e00)));
  std::string bytes = npy_header(1, "<f2", false, "(203, 21)");
  for (std::size_t e = 0; e < rows * columns; ++e)
    testing::append(bytes, static_cast<std::uint16_t>(0x3c00 + e % 1024), false);
  expect_rows({make_file("f2.npy", bytes)}, rows, [](std::size_t i, std::size_t j) {
    return 1.0 + static_cast<double>((i * columns + j) % 1024) / 1024.0;
  });
}

TEST_F(ReadRows, IdxOfEveryTypePlainAndPacked) {
  const auto value = [](std::size_t e) { return element(e / columns, e % columns); };
  expect_rows({make_file("u1", idx_bytes<std::uint8_t>(0x08, {203, 21}, value))});
  expect_rows({make_file("i1", idx_bytes<std::int8_t>(0x09, {203, 21}, value))});
  expect_rows({make_file("i2", idx_bytes<std::int16_t>(0x0b, {203, 21}, value))});
  expect_rows({make_file("i4", idx_bytes<std::int32_t>(0x0c, {203, 21}, value))});
  expect_rows({make_file("f4", idx_bytes<float>(0x0d, {203, 21}, value))});
  expect_rows({make_file("f8", idx_bytes<double>(0x0e, {203, 21}, value))});
  expect_rows({make_file("images", idx_bytes<std::uint8_t>(0x08, {203, 3, 7}, value))});
  expect_rows({make_gzip("u1.gz", idx_bytes<std::uint8_t>(0x08, {203, 3, 7}, value))});
  // Packed is known by the first bytes, whatever the name.
  expect_rows({make_gzip("f4packed", idx_bytes<float>(0x0d, {203, 21}, value))});
}

std::vector<double> all_elements() {
  std::vector<double> values(rows * columns);
  for (std::size_t e = 0; e < values.size(); ++e) values[e] = element(e / columns, e % columns);
  return values;
}

TEST_F(ReadRows, Hdf5OfEveryTypeAndLayout) {
  const std::vector<double> values = all_elements();
  const std::vector<hsize_t> shape{rows, columns};
  make("all.h5", [&](const std::string& file) {
    write_dataset(file, "f4", H5T_IEEE_F32LE, shape, values);
    write_dataset(file, "f8", H5T_IEEE_F64LE, shape, values);
    write_dataset(file, "f8big", H5T_IEEE_F64BE, shape, values);
    write_dataset(file, "deep/er/i1", H5T_STD_I8LE, shape, values);
    write_dataset(file, "u2", H5T_STD_U16BE, shape, values);
    write_dataset(file, "i4", H5T_STD_I32LE, shape, values);
    write_dataset(file, "u8", H5T_STD_U64LE, shape, values);
    write_dataset(file, "packed/f4", H5T_IEEE_F32LE, shape, values, {16, columns});
    write_dataset(file, "packed/f8", H5T_IEEE_F64LE, shape, values, {10, 4});
    write_dataset(file, "packed/i2", H5T_STD_I16BE, shape, values, {rows, 1});
  });
  for (const char* name : {"/f4", "f8", "/f8big", "/deep/er/i1", "/u2", "/i4", "/u8", "/packed/f4",
                           "/packed/f8", "/packed/i2"}) {
    expect_rows({path("all.h5") + ":" + name});
  }
}

TEST_F(ReadRows, AnnDataDefaultsToPrincipalComponents) {
  make("cells.h5ad", [&](const std::string& file) {
    write_dataset(file, "obsm/X_pca", H5T_IEEE_F32LE, {rows, columns}, all_elements());
    write_dataset(file, "X", H5T_IEEE_F64LE, {rows, columns}, all_elements(), {50, 5});
  });
  expect_rows({path("cells.h5ad")});
  expect_rows({path("cells.h5ad") + ":X"});
  expect_rows({path("cells.h5ad") + ":/obsm/X_pca/"});
}

TEST_F(ReadRows, StackedInputsOfAllFormats) {
  const auto value = [](std::size_t e) { return element(e / columns, e % columns); };
  make("a.h5", [&](const std::string& file) {
    write_dataset(file, "x", H5T_IEEE_F64LE, {rows, columns}, all_elements());
    write_dataset(file, "y", H5T_IEEE_F32LE, {rows, columns}, all_elements(), {64, columns});
  });
  expect_rows({make_gzip("u1.gz", idx_bytes<std::uint8_t>(0x08, {203, 21}, value)), path("a.h5") + ":/x",
               make_file("f4.npy", npy<float>("<f4")), path("a.h5") + ":/y"},
              4 * rows, [](std::size_t i, std::size_t j) { return element(i % rows, j); });
}

TEST_F(ReadRows, PathsMayHaveColons) {
  expect_rows({make_file("a:b.npy", npy<float>("<f4"))});
  expect_rows({make_file("run:12", npy<float>("<f4"))});
  make("x:y.h5", [&](const std::string& file) {
    write_dataset(file, "f4", H5T_IEEE_F32LE, {rows, columns}, all_elements());
  });
  expect_rows({path("x:y.h5") + ":/f4"});
}

TEST_F(ReadRows, DatasetsMayHaveColons) {
  make("d.h5", [](const std::string& file) {
    write_dataset(file, "a:b/c:d", H5T_IEEE_F32LE, {rows, columns}, all_elements());
  });
  make("no_suffix", [&](const std::string& where) { std::filesystem::copy_file(path("d.h5"), where); });
  make("x.h5:y.h5", [&](const std::string& where) { std::filesystem::copy_file(path("d.h5"), where); });
  for (const char* name : {"d.h5", "no_suffix", "x.h5:y.h5"}) {
    expect_rows({path(name) + ":/a:b/c:d"});
    expect_rows({path(name) + ":a:b/c:d"});
  }
  // A file that is not there is known by its suffix, so that it is named in what is said of it.
  EXPECT_EQ(split_input("none.h5:/a:b/").path, "none.h5");
  EXPECT_EQ(split_input("none.h5:/a:b/").dataset, "a:b");
  EXPECT_EQ(split_input("c:none.h5ad:obs/x").path, "c:none.h5ad");
  EXPECT_EQ(split_input("none:a").path, "none:a");
  EXPECT_EQ(split_input("none.h5:").dataset, "");
}

TEST_F(ReadRows, FashionMnist) {
  const std::string folder = "/usr/share/datasets/fashion-mnist/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs Debian's dataset-fashion-mnist";
  const std::vector<std::string> inputs{folder + "train-images-idx3-ubyte.gz",
                                        folder + "t10k-images-idx3-ubyte.gz"};
  const auto images = read_rows(comm, inputs);
  EXPECT_EQ(images.rows.total(), 70000);
  EXPECT_EQ(images.columns(), 784u);
  std::int64_t sums[2] = {0, 0};  // of pixels, and of pixels weighed by their place
  for (std::size_t i = 0; i < images.local.rows(); ++i) {
    const std::int64_t row = images.rows.begin(comm.rank()) + static_cast<std::int64_t>(i);
    for (std::size_t j = 0; j < 784; ++j) {
      const auto pixel = static_cast<std::int64_t>(images.local(i, j));
      sums[0] += pixel;
      sums[1] += pixel * ((row * 784 + static_cast<std::int64_t>(j)) % 1009);
    }
  }
  comm.all_reduce(std::span<std::int64_t>(sums), comm::Reduction::sum);
  EXPECT_EQ(sums[0], 4004583251);
  EXPECT_EQ(sums[1], 2017446884152);
}

}  // namespace
}  // namespace fleetsne::io
