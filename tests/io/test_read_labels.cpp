// Labels read from every kind of source; FLEETSNE_IO_FILES holds what make_files.py wrote.
#include "fleetsne/io/label_source.hpp"
#include "fleetsne/io/read.hpp"

#include "io/scratch.hpp"
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>

namespace fleetsne::io {
namespace {

using testing::expect_error;
using testing::idx_bytes;

using Names = std::vector<std::string>;

constexpr std::int64_t file_rows = 101;  // as in make_files.py

class ReadLabels : public testing::Scratch {
 protected:
  static std::string file(const std::string& name) {
    const char* folder = std::getenv("FLEETSNE_IO_FILES");
    return std::string(folder != nullptr ? folder : "FLEETSNE_IO_FILES") + "/" + name;
  }
  data::RowDistribution over(std::int64_t rows) const {
    return data::RowDistribution::balanced(rows, comm.size());
  }

  void expect_labels(const Names& sources, std::int64_t rows, const std::string& name,
                     const Names& categories, const std::function<std::int32_t(std::int64_t)>& code) {
    for (const std::size_t limit : {std::size_t{1} << 10, std::size_t{64} << 20}) {
      set_transfer_limit(limit);
      const auto labels = read_labels(comm, sources, over(rows));
      EXPECT_EQ(labels.name, name);
      EXPECT_EQ(labels.categories, categories) << sources[0];
      ASSERT_EQ(static_cast<std::int64_t>(labels.codes.size()), over(rows).count(comm.rank()));
      const std::int64_t begin = over(rows).begin(comm.rank());
      for (std::size_t i = 0; i < labels.codes.size(); ++i) {
        ASSERT_EQ(labels.codes[i], code(begin + static_cast<std::int64_t>(i))) << sources[0] << " row " << i;
      }
    }
  }
};

std::int32_t modulo(std::int64_t row, int n) {
  return static_cast<std::int32_t>(row % n);
}

TEST_F(ReadLabels, IntegersFromIdxAndNpy) {
  const std::string bytes =
      idx_bytes<std::int16_t>(0x0b, {500}, [](std::size_t e) { return static_cast<int>(e % 3) * 10 - 10; });
  const auto code = [](std::int64_t row) { return modulo(row, 3); };
  expect_labels({make_file("labels", bytes)}, 500, "label", {"-10", "0", "10"}, code);
  expect_labels({make_gzip("labels.gz", bytes)}, 500, "label", {"-10", "0", "10"}, code);
  expect_labels({file("labels.npy")}, file_rows, "label", {"0", "1", "2"}, code);
}

TEST_F(ReadLabels, Hdf5IntegersAndStrings) {
  Names numbers;
  for (int v = -3; v < 10; ++v) numbers.push_back(std::to_string(v));
  expect_labels({file("labels.h5:/integers")}, file_rows, "integers", numbers,
                [](std::int64_t row) { return modulo(row, 13); });
  const auto sorted = [](std::int64_t row) {
    return row % 3 == 0 ? 2 : modulo(row, 3) - 1;
  };  // zebra, ape, cow
  expect_labels({file("labels.h5:fixed")}, file_rows, "fixed", {"ape", "cow", "zebra"}, sorted);
  expect_labels({file("labels.h5:/variable")}, file_rows, "variable", {"ape", "cow", "zebra"}, sorted);
  expect_labels({file("labels.h5:/one_column/integers")}, file_rows, "integers", numbers,
                [](std::int64_t row) { return modulo(row, 13); });
  for (const std::string name : {"fixed", "variable"}) {
    expect_labels({file("labels.h5:/one_column/" + name)}, file_rows, name, {"ape", "cow", "zebra"}, sorted);
  }
  expect_labels({file("labels.h5:/unsigned")}, file_rows, "unsigned",
                {"9223372036854775805", "9223372036854775806", "9223372036854775807"},
                [](std::int64_t row) { return modulo(row, 3); });
  expect_labels({file("labels.h5:/nullable")}, file_rows, "nullable", {"ape", "cow", "zebra"},
                [&](std::int64_t row) { return row % 10 == 9 ? -1 : sorted(row); });
}

TEST_F(ReadLabels, ColumnsOfAnnData) {
  const auto cluster = [](std::int64_t row) { return row % 10 == 9 ? -1 : modulo(row, 3); };
  expect_labels({file("cells.h5ad:obs/cluster")}, file_rows, "cluster", {"zebra", "ape", "cow"}, cluster);
  expect_labels({file("old.h5ad:obs/cluster")}, file_rows, "cluster", {"zebra", "ape", "cow"}, cluster);
  Names twelve;
  for (int v = 0; v < 12; ++v) twelve.push_back(std::to_string(v));
  // The file's order is that of texts (0, 1, 10, 11, 2); numbers are put in theirs.
  expect_labels({file("cells.h5ad:obs/louvain")}, file_rows, "louvain", twelve,
                [](std::int64_t row) { return modulo(row * 7, 12); });
  expect_labels({file("cells.h5ad:obs/numbers")}, file_rows, "numbers", {"10", "11", "12", "13"},
                [](std::int64_t row) { return modulo(row, 4); });
  expect_labels({file("cells.h5ad:/obs/batch")}, file_rows, "batch", {"b0", "b1", "b2", "b3"},
                [](std::int64_t row) { return modulo(row, 4); });
  expect_labels({file("cells.h5ad:obs/count")}, file_rows, "count", {"-2", "-1", "0", "1", "2"},
                [](std::int64_t row) { return modulo(row * 3, 5); });
  expect_labels({file("cells.h5ad:obs/flag")}, file_rows, "flag", {"False", "True"},
                [](std::int64_t row) { return 1 - modulo(row, 2); });
  expect_labels({file("cells.h5ad:obs/maybe")}, file_rows, "maybe", {"0", "1", "2"},
                [](std::int64_t row) { return row % 7 == 0 ? -1 : modulo(row, 3); });
}

TEST_F(ReadLabels, StackedSourcesShareTheirCategories) {
  // Integers: one numerical order over all. Rows 0..100 from npy (0 to 2), then 500 from IDX (-10, 0, 10).
  const std::string bytes =
      idx_bytes<std::int16_t>(0x0b, {500}, [](std::size_t e) { return static_cast<int>(e % 3) * 10 - 10; });
  expect_labels({file("labels.npy"), make_file("more", bytes)}, file_rows + 500, "label",
                {"-10", "0", "1", "2", "10"}, [](std::int64_t row) {
                  if (row < file_rows) return modulo(row, 3) + 1;
                  constexpr std::int32_t codes[] = {0, 1, 4};
                  return codes[(row - file_rows) % 3];
                });
  // Names: the first file's order, new ones behind it.
  expect_labels({file("cells.h5ad:obs/cluster"), file("cells.h5ad:obs/batch"), file("labels.h5:fixed")},
                3 * file_rows, "cluster", {"zebra", "ape", "cow", "b0", "b1", "b2", "b3"},
                [](std::int64_t row) {
                  const std::int64_t own = row % file_rows;
                  if (row < file_rows) return own % 10 == 9 ? -1 : modulo(own, 3);
                  return row < 2 * file_rows ? modulo(own, 4) + 3 : modulo(own, 3);
                });
}

TEST_F(ReadLabels, ColumnsOfTables) {
  const std::string clusters =
      make_file("clusters.csv", "Barcode,Cluster\nAAAC-1,10\nAAAG-1,2\nAACC-1,\nAACT-1,2\nAAGG-1,NA\n");
  const auto code = [](std::int64_t row) {
    return std::array{1, 0, -1, 0, -1}[static_cast<std::size_t>(row)];
  };
  expect_labels({clusters}, 5, "Cluster", {"2", "10"}, code);
  const std::string kinds = make_file(
      "kinds.tsv", "Barcode\tCell type\tBatch\nA-1\tT, old\t1\nA-2\tB\t1\nA-3\tNA\t2\nA-4\tB\t2\nA-5\t\t2\n");
  expect_labels({kinds + ":Cell type"}, 5, "Cell type", {"B", "T, old"}, code);
  expect_labels({make_file("two.csv", "Barcode,Kind\nA-1,T\nA-2,B\nA-3,\nA-4,B\nA-5,NA\n")}, 5, "Kind",
                {"B", "T"}, code);
  expect_labels({make_file("one.csv", "kind\nT\nB\nNA\nB\nNA\n")}, 5, "kind", {"B", "T"}, code);
  expect_labels({make_file("plain.csv", "10\n2\nNA\n2\nNA\n")}, 5, "label", {"2", "10"}, code);
  const auto refused = [&](const std::string& source, const Names& texts) {
    expect_error(comm, base::ErrorKind::input, texts, [&] { read_labels(comm, Names{source}, over(5)); });
  };
  refused(kinds,
          {"kinds.tsv has more than one column of labels", "Barcode, Cell type, Batch", "kinds.tsv:COLUMN"});
  refused(kinds + ":Clutser", {"no column Clutser", "Barcode, Cell type, Batch"});

  const auto scores = read_numbers(
      comm, make_file("scores.csv", "id,depth,kind\nx,1.5,T\ny,NA,B\nz,4,T\n") + ":depth", over(3));
  const auto all = comm.all_gather(std::span<const double>(scores.values)).values;
  EXPECT_EQ(all[0], 1.5);
  EXPECT_TRUE(std::isnan(all[1]));
  EXPECT_EQ(all[2], 4);
}

/// The bytes of texts of four letters as numpy stores them.
std::string fixed_texts(const Names& texts, std::size_t letter_bytes, bool big_endian) {
  std::string bytes;
  for (const std::string& text : texts) {
    std::string padded = text;
    padded.resize(4, '\0');
    for (const char letter : padded) {
      std::string unit(letter_bytes, '\0');
      (big_endian ? unit.back() : unit.front()) = letter;
      bytes += unit;
    }
  }
  return bytes;
}

TEST_F(ReadLabels, TextInNpy) {
  const Names texts{"zoo", "ape", "", "zoo", "NA", "cow", "long"};
  const auto code = [](std::int64_t row) {
    return std::array{3, 0, -1, 3, -1, 1, 2}[static_cast<std::size_t>(row)];
  };
  struct Case {
    const char* type;
    std::size_t letter_bytes;
  };
  for (const auto& [type, letter_bytes] : {Case{"<U4", 4}, Case{">U4", 4}, Case{"|S4", 1}}) {
    const std::string bytes = testing::npy_header(1, type, false, "(7,)") +
                              fixed_texts(texts, letter_bytes, std::string(type) == ">U4");
    expect_labels({make_file("texts.npy", bytes)}, 7, "label", {"ape", "cow", "long", "zoo"}, code);
    expect_error(comm, base::ErrorKind::input, {"cut.npy"}, [&] {
      read_labels(comm, Names{make_file("cut.npy", bytes.substr(0, bytes.size() - 1))}, over(7));
    });
  }
  const auto refused = [&](const char* type, const char* shape, const Names& words) {
    const std::string bytes = testing::npy_header(1, type, false, shape) + std::string(64, '\0');
    expect_error(comm, base::ErrorKind::input, words,
                 [&] { read_labels(comm, Names{make_file("bad.npy", bytes)}, over(2)); });
  };
  refused("<U4", "(2, 2)", {"bad.npy has 2 x 2 labels"});
  refused("|O", "(2,)", {"Python objects", "numpy.save(file, array.astype(str))"});
  refused("<M8[s]", "(2,)", {"bad.npy holds times", "plot --values"});
}

TEST_F(ReadLabels, WholeNumbersThatAreStoredAsFloats) {
  const auto code = [](std::int64_t row) { return std::array{1, 0, -1, 0}[static_cast<std::size_t>(row)]; };
  std::string bytes = testing::npy_header(1, "<f8", false, "(4,)");
  for (const double value : {10.0, 2.0, std::nan(""), 2.0})
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  expect_labels({make_file("floats.npy", bytes)}, 4, "label", {"2", "10"}, code);
  expect_labels({make_file("floats.csv", "leiden\n10.0\n2.0\n\"\"\n2.0\n")}, 4, "leiden", {"2", "10"}, code);
  expect_labels({make_file("comma.csv", "id;leiden\na;10,0\nb;2,0\nc;\nd;2,0\n") + ":leiden"}, 4, "leiden",
                {"2", "10"}, code);
  expect_labels({make_file("text.csv", "version\nv1.0\nv1.0\n\"\"\n1.0\n")}, 4, "version", {"1.0", "v1.0"},
                [](std::int64_t row) { return row == 2   ? -1
                                              : row == 3 ? 0
                                                         : 1; });
}

TEST_F(ReadLabels, FashionMnist) {
  const std::string folder = "/usr/share/datasets/fashion-mnist/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs Debian's dataset-fashion-mnist";
  const Names sources{folder + "train-labels-idx1-ubyte.gz", folder + "t10k-labels-idx1-ubyte.gz"};
  const auto labels = read_labels(comm, sources, over(70000));
  EXPECT_EQ(labels.categories, (Names{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
  std::vector<std::int64_t> counts(11, 0);  // of each label, and the codes weighed by their place
  for (std::size_t i = 0; i < labels.codes.size(); ++i) {
    ++counts[static_cast<std::size_t>(labels.codes[i])];
    counts[10] += labels.codes[i] * ((over(70000).begin(comm.rank()) + static_cast<std::int64_t>(i)) % 1009);
  }
  comm.all_reduce(std::span(counts), comm::Reduction::sum);
  for (int c = 0; c < 10; ++c) EXPECT_EQ(counts[static_cast<std::size_t>(c)], 7000);
  EXPECT_EQ(counts[10], 158048066);
}

TEST_F(ReadLabels, RowsOfAnnDataMadeByPython) {
  for (const char* name : {"cells.h5ad", "old.h5ad", "dense.h5ad:X", "cells.h5ad:obsm/X_pca", "rows.npy"}) {
    const auto rows = read_rows(comm, Names{file(name)});
    ASSERT_EQ(rows.rows.total(), file_rows);
    for (std::size_t i = 0; i < rows.local.rows(); ++i) {
      for (std::size_t j = 0; j < 5; ++j) {
        ASSERT_EQ(rows.local(i, j),
                  static_cast<float>((rows.rows.begin(comm.rank()) + static_cast<std::int64_t>(i)) * 3) +
                      static_cast<float>(j))
            << name;
      }
    }
  }
  EXPECT_EQ(read_rows(comm, Names{file("cells.h5ad:obsm/X_umap")}).columns(), 2u);
  expect_error(comm, base::ErrorKind::input, {"X is a sparse matrix"},
               [&] { read_rows(comm, Names{file("cells.h5ad:X")}); });
  expect_error(comm, base::ErrorKind::input, {"no obsm/X_pca", "this one has X)"},
               [&] { read_rows(comm, Names{file("dense.h5ad")}); });
}

TEST_F(ReadLabels, BadLabels) {
  const std::string npy_of_one_beyond =
      testing::npy_header(1, "<u8", false, "(2,)") + std::string(15, '\0') + '\x80';
  const auto refused = [&](const Names& sources, std::int64_t rows, const Names& texts) {
    expect_error(comm, base::ErrorKind::input, texts, [&] { read_labels(comm, sources, over(rows)); });
  };
  refused({file("labels.npy")}, 100, {"101 labels for 100 rows"});
  refused({file("labels.npy"), file("labels.npy")}, 101, {"202 labels for 101 rows"});
  refused({file("nothing")}, 101, {"No such file"});
  refused({file("rows.npy")}, 101, {"101 x 5 labels"});
  refused({file("cells.h5ad")}, 101, {"needs the name", "obs/cluster", "obs/batch", "cells.h5ad:obs/COLUMN"});
  refused({file("cells.h5ad:obs/clutser")}, 101, {"no labels obs/clutser", "obs/cluster"});
  refused({file("cells.h5ad:obs/weight")}, 101, {"weight holds floating-point numbers"});
  refused({file("labels.h5:/floats")}, 101, {"floating-point"});
  refused({file("labels.h5:/none")}, 101, {"no labels none", "/fixed (101)"});
  refused({file("cells.h5ad:obsm/X_pca")}, 101, {"2 dimensions, 101 x 5", "1 column"});
  refused({file("labels.h5:two_columns")}, 101, {"two_columns has 2 dimensions, 101 x 2"});
  refused({file("labels.h5:beyond")}, 101, {"labels.h5 has an integer of 2^63 or more"});
  refused({make_file("beyond", npy_of_one_beyond)}, 2, {"integer beyond 2^63"});
  refused({file("cells.h5ad:obsm")}, 101, {"is not a column of labels"});
  refused({make_file("float", idx_bytes<float>(0x0d, {20}, [](std::size_t) { return 0.5; }))}, 20,
          {"floating-point numbers, such as 0.5"});
}

/// An element wider than 64 bits must never be read into a slot of 64.
TEST_F(ReadLabels, ColumnsWithElementsOfTheWrongKind) {
  const auto refused = [&](const std::string& source, const std::string& text) {
    expect_error(comm, base::ErrorKind::input, {text},
                 [&] { read_labels(comm, Names{source}, over(file_rows)); });
  };
  for (const std::string part : {"codes", "mask"}) {
    for (const std::string kind : {"strings", "floats"}) {
      const std::string name = fmt::format("{}_of_{}", part, kind);
      refused(file("labels.h5:" + name), fmt::format("{}/{} does not hold integers", name, part));
    }
  }
  refused(file("labels.h5:mask_of_strings_over_strings"), "/mask does not hold integers");
  refused(file("labels.h5:short_mask"), "short_mask/mask has 50 values for 101 rows");
  refused(file("labels.h5:flat_mask"), "flat_mask/mask has 2 dimensions");

  // Integers and enumerations of 16 bytes, which h5py does not write.
  const std::string wide = make("wide.h5", [](const std::string& where) {
    const hdf5::Handle integer(H5Tcopy(H5T_STD_I64LE), H5Tclose);
    H5Tset_precision(integer.get(), 64);
    H5Tset_size(integer.get(), 16);
    const std::vector<char> zeros(16 * file_rows, 0);
    testing::write_dataset(where, "integers", integer.get(), {file_rows}, zeros);
    testing::write_dataset(where, "nullable/values", integer.get(), {file_rows}, zeros);
    testing::write_dataset(where, "nullable/mask", H5T_STD_I8LE, {file_rows}, zeros);
    testing::write_dataset(where, "categorical/codes", integer.get(), {file_rows}, zeros);
    testing::write_dataset(where, "categorical/categories", H5T_STD_I8LE, {file_rows}, zeros);
    testing::write_dataset(where, "values/values", H5T_STD_I8LE, {file_rows}, zeros);
    testing::write_dataset(where, "values/mask", integer.get(), {file_rows}, zeros);
  });
  refused(wide + ":integers", "has values that are not numbers");
  refused(wide + ":nullable", "nullable has values that are not numbers");
  refused(wide + ":categorical", "categorical has values that are not numbers");
  refused(wide + ":values", "values/mask has values that are not numbers");
  const hdf5::Guard guard(base::ErrorKind::input, wide);
  const hdf5::Handle open = hdf5::open_file(guard);
  const hdf5::Handle dataset = hdf5::open_dataset(guard, open.get(), "integers");
  std::vector<std::int64_t> out(file_rows);
  EXPECT_THROW(hdf5::read_integers(guard, dataset.get(), 0, out), base::Error);
}

TEST_F(ReadLabels, ANumberForEachPointIsNoCategory) {
  const std::size_t rows = most_categories + 7;
  const std::string bytes =
      idx_bytes<std::int32_t>(0x0c, {static_cast<std::uint32_t>(rows)}, [](std::size_t e) { return e; });
  const std::string source = make_file("ids", bytes);
  expect_error(comm, base::ErrorKind::input, {"more than 100000 distinct labels"},
               [&] { read_labels(comm, Names{source}, over(static_cast<std::int64_t>(rows))); });
}

}  // namespace
}  // namespace fleetsne::io
