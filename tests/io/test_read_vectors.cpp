// Vectors files and ann-benchmarks' HDF5 layout, as numpy and h5py wrote them: FLEETSNE_IO_FILES holds what
// make_files.py left.
#include "fleetsne/io/read.hpp"

#include "io/scratch.hpp"

#include <cstdlib>

namespace fleetsne::io {
namespace {

constexpr std::int64_t rows = 101, columns = 7;  // as in make_files.py

class ReadVectors : public testing::Scratch {
 protected:
  static std::string file(const std::string& name) {
    const char* folder = std::getenv("FLEETSNE_IO_FILES");
    return std::string(folder != nullptr ? folder : "FLEETSNE_IO_FILES") + "/" + name;
  }
  /// Element (i, j) of row i of all is value(i, j).
  void expect_rows(const std::vector<std::string>& inputs, std::int64_t all_rows,
                   const std::function<double(std::int64_t, std::int64_t)>& value) {
    for (const std::size_t limit : {std::size_t{64}, std::size_t{1} << 10, std::size_t{64} << 20}) {
      set_transfer_limit(limit);
      const auto matrix = read_rows(comm, inputs);
      ASSERT_EQ(matrix.rows, data::RowDistribution::balanced(all_rows, comm.size()));
      ASSERT_EQ(matrix.local.columns(), static_cast<std::size_t>(columns));
      const std::int64_t begin = matrix.rows.begin(comm.rank());
      for (std::size_t i = 0; i < matrix.local.rows(); ++i)
        for (std::size_t j = 0; j < matrix.local.columns(); ++j)
          ASSERT_EQ(matrix.local(i, j), static_cast<float>(value(begin + static_cast<std::int64_t>(i),
                                                                 static_cast<std::int64_t>(j))))
              << inputs[0] << " " << i << " " << j;
    }
  }
};

double halves(std::int64_t i, std::int64_t j) {
  return static_cast<double>(i * 3 + j) / 2 - 20;
}
double bytes(std::int64_t i, std::int64_t j) {
  return static_cast<double>((i * 31 + j * 7) % 256);
}
double signed_bytes(std::int64_t i, std::int64_t j) {
  return bytes(i, j) - 128;
}

TEST_F(ReadVectors, OfEveryKindAsNumpyWritesThem) {
  expect_rows({file("rows.fvecs")}, rows, halves);
  expect_rows({file("rows.bvecs")}, rows, bytes);
  expect_rows({file("rows.ivecs")}, rows, [](auto i, auto j) { return 1000 * signed_bytes(i, j); });
  expect_rows({file("rows.fbin")}, rows, halves);
  expect_rows({file("rows.u8bin")}, rows, bytes);
  expect_rows({file("rows.i8bin")}, rows, signed_bytes);
}

TEST_F(ReadVectors, PackedAndStacked) {
  expect_rows({file("rows.fvecs.gz")}, rows, halves);
  expect_rows({file("rows.u8bin.gz")}, rows, bytes);
  expect_rows({file("rows.fvecs"), file("rows.fbin"), file("rows.fvecs.gz")}, 3 * rows,
              [](auto i, auto j) { return halves(i % rows, j); });
}

TEST_F(ReadVectors, SamplesAndNumbersAndLabels) {
  const auto sample = read_sample(comm, std::vector{file("rows.fvecs")}, 40).rows;
  ASSERT_EQ(sample.rows.total(), 40);
  for (std::size_t i = 0; i < sample.local.rows(); ++i) {
    const auto row = static_cast<std::int64_t>((sample.local(i, 0) + 20) * 2 / 3);
    for (std::int64_t j = 0; j < columns; ++j)
      EXPECT_EQ(sample.local(i, static_cast<std::size_t>(j)), static_cast<float>(halves(row, j)));
  }
  const auto blocks = data::RowDistribution::balanced(rows, comm.size());
  const auto labels = read_labels(comm, std::vector{file("column.ivecs")}, blocks);
  const auto numbers = read_numbers(comm, file("column.ivecs"), blocks);
  EXPECT_EQ(labels.categories, (std::vector<std::string>{"0", "10", "20"}));
  for (std::size_t i = 0; i < labels.codes.size(); ++i) {
    const auto code =
        static_cast<std::int32_t>((blocks.begin(comm.rank()) + static_cast<std::int64_t>(i)) % 3);
    EXPECT_EQ(labels.codes[i], code);
    EXPECT_EQ(numbers.values[i], static_cast<float>(10 * code));
  }
}

TEST_F(ReadVectors, AnnBenchmarksMeansItsTrainingRows) {
  expect_rows({file("ann.hdf5")}, rows, halves);
  expect_rows({file("ann.hdf5") + ":test"}, 11, bytes);
  expect_rows({file("ann.hdf5") + ":/train", file("ann.hdf5") + ":test"}, rows + 11,
              [](auto i, auto j) { return i < rows ? halves(i, j) : bytes(i - rows, j); });
}

}  // namespace
}  // namespace fleetsne::io
