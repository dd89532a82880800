// Columns and names of rows in files that other programs wrote: tests/files/make/elements.py says what is in
// them.
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/row_names.hpp"

#include "io/scratch.hpp"
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>

namespace fleetsne::io {
namespace {

using testing::expect_error;

using Names = std::vector<std::string>;

constexpr std::int64_t file_rows = 30;

class Elements : public testing::Scratch {
 protected:
  static std::string file(const std::string& name) {
    const char* folder = std::getenv("FLEETSNE_REAL_FILES");
    return std::string(folder != nullptr ? folder : "FLEETSNE_REAL_FILES") + "/elements/" + name;
  }
  data::RowDistribution over(std::int64_t rows) const {
    return data::RowDistribution::balanced(rows, comm.size());
  }

  void expect_codes(const std::string& source, const Names& categories, std::int64_t rows,
                    const std::function<std::int32_t(std::int64_t)>& code) {
    const auto labels = read_labels(comm, std::span(&source, 1), over(rows));
    EXPECT_EQ(labels.categories, categories) << source;
    const std::int64_t begin = over(rows).begin(comm.rank());
    for (std::size_t i = 0; i < labels.codes.size(); ++i) {
      const std::int64_t row = begin + static_cast<std::int64_t>(i);
      ASSERT_EQ(labels.codes[i], code(row)) << source << " row " << row;
    }
  }
};

std::int32_t cluster(std::int64_t row) {
  return row % 10 == 9 ? -1 : static_cast<std::int32_t>(row % 3);
}
std::int32_t sorted_cluster(std::int64_t row) {  // ape, cow, zebra
  return row % 10 == 9 ? -1 : row % 3 == 0 ? 2 : static_cast<std::int32_t>(row % 3) - 1;
}

TEST_F(Elements, LabelsOfEveryAnnData) {
  const Names in_order{"zebra", "ape", "cow"}, sorted{"ape", "cow", "zebra"};
  for (const char* name : {"anndata13.h5ad", "anndata07.h5ad", "anndata0622.h5ad", "anndata0618.h5ad"})
    expect_codes(file(name) + ":obs/cluster", in_order, file_rows, cluster);
  const std::string modern = file("anndata13.h5ad:obs/");
  expect_codes(modern + "text", sorted, file_rows, sorted_cluster);
  expect_codes(modern + "batch", {"10", "20"}, file_rows,
               [](std::int64_t row) { return row % 7 == 3 ? -1 : static_cast<std::int32_t>(row % 2); });
  expect_codes(modern + "batch_category", {"20", "10"}, file_rows,
               [](std::int64_t row) { return row % 7 == 3 ? -1 : 1 - static_cast<std::int32_t>(row % 2); });
  expect_codes(modern + "flag", {"False", "True"}, file_rows, [](std::int64_t row) {
    return row % 11 == 5 ? -1 : row % 3 == 0 ? 1 : 0;
  });
  expect_codes(modern + "yes", {"False", "True"}, file_rows,
               [](std::int64_t row) { return row % 3 == 0 ? 1 : 0; });
  expect_codes(
      file("anndata0622.h5ad:obs/n_genes"),
      [] {
        Names numbers;
        for (int v = 0; v < file_rows; ++v) numbers.push_back(std::to_string(v));
        return numbers;
      }(),
      file_rows, [](std::int64_t row) { return static_cast<std::int32_t>(row); });
  expect_codes(file("loompy.loom:col_attrs/cluster"), sorted, file_rows, sorted_cluster);
}

/// anndata 0.6.18 keeps obsm as a table whose columns are matrices; 0.6.22 keeps only obs and var so.
TEST_F(Elements, RowsOfOldAnnData) {
  const auto rows_of = [&](const std::string& name) {
    return read_rows(comm, Names{file(name)}).rows.total();
  };
  EXPECT_EQ(rows_of("anndata0622.h5ad"), file_rows);
  EXPECT_EQ(rows_of("anndata0618.h5ad:X"), file_rows);
  expect_error(comm, base::ErrorKind::input,
               {"was written by an anndata older than 0.7", "write('new.h5ad')", "anndata0618.h5ad:X"},
               [&] { rows_of("anndata0618.h5ad"); });
}

TEST_F(Elements, EnumerationsAreTheNamesOfTheirMembers) {
  expect_codes(file("factors.h5:factor"), {"ctrl", "stim"}, file_rows,
               [](std::int64_t row) { return row % 10 == 9 ? -1 : static_cast<std::int32_t>(row % 2); });
  const auto labels = read_labels(comm, Names{file("factors.h5:exchanged")}, over(file_rows));
  const std::int64_t begin = over(file_rows).begin(comm.rank());
  for (std::size_t i = 0; i < labels.codes.size(); ++i)
    EXPECT_EQ(labels.categories[static_cast<std::size_t>(labels.codes[i])],
              (begin + static_cast<std::int64_t>(i)) % 2 == 1 ? "FALSE" : "TRUE");
  expect_codes(file("factors.h5:seurat"), {"zebra", "ape", "cow"}, file_rows, cluster);
  expect_codes(file("factors.h5:placeholder"), {"ape", "cow", "zebra"}, file_rows, sorted_cluster);
}

TEST_F(Elements, MissingValuesOfR) {
  constexpr std::int32_t ints[] = {0, -1, 1, 0, 1, 1}, logicals[] = {1, -1, 0, 0, 1, 1},
                         strings[] = {1, -1, 0, 0, 1, 1}, clusters[] = {1, 1, 0, 0, 1, 0};
  for (const char* name : {"rhdf5.h5", "hdf5r.h5"}) {
    expect_codes(file(name) + ":ints", {"1", "3"}, 6, [&](std::int64_t row) { return ints[row]; });
    expect_codes(file(name) + ":logicals", {"FALSE", "TRUE"}, 6,
                 [&](std::int64_t row) { return logicals[row]; });
  }
  expect_codes(file("rhdf5.h5:strings"), {"a", "b"}, 6, [&](std::int64_t row) { return strings[row]; });
  expect_codes(file("hdf5r.h5:clusters"), {"ctrl", "stim"}, 6,
               [&](std::int64_t row) { return clusters[row]; });
  constexpr std::int32_t named[] = {2, 0, 1,
                                    1, 2, 2};  // a text that is NA where no mark says that one is missing
  expect_codes(file("rhdf5.h5:name_is_NA"), {"NA", "a", "b"}, 6,
               [&](std::int64_t row) { return named[row]; });
}

TEST_F(Elements, NumbersOfNullableColumns) {
  const auto numbers = read_numbers(comm, file("anndata13.h5ad:obs/batch"), over(file_rows));
  const std::int64_t begin = over(file_rows).begin(comm.rank());
  for (std::size_t i = 0; i < numbers.values.size(); ++i) {
    const std::int64_t row = begin + static_cast<std::int64_t>(i);
    if (row % 7 == 3) {
      EXPECT_TRUE(std::isnan(numbers.values[i]));
    } else {
      EXPECT_EQ(numbers.values[i], row % 2 == 0 ? 10 : 20);
    }
  }
  expect_error(comm, base::ErrorKind::input,
               {"does not hold numbers or dates (\"zebra\" in row 0", "--labels"},
               [&] { read_numbers(comm, file("anndata13.h5ad:obs/cluster"), over(file_rows)); });
}

TEST_F(Elements, TimesAreSecondsSince1970) {
  constexpr double noon = 1'709'294'400, day = 86'400;  // of 2024-03-01
  const auto expect_days = [&](const std::string& source, double first) {
    const auto times = read_numbers(comm, source, over(file_rows));
    EXPECT_EQ(times.quantity, data::Quantity::time) << source;
    const std::int64_t begin = over(file_rows).begin(comm.rank());
    for (std::size_t i = 0; i < times.values.size(); ++i) {
      const std::int64_t row = begin + static_cast<std::int64_t>(i);
      const double expected =
          row % 10 == 9 ? std::numeric_limits<double>::quiet_NaN() : first + static_cast<double>(row) * day;
      EXPECT_THAT(times.values[i], ::testing::NanSensitiveDoubleEq(expected)) << source << " row " << row;
    }
  };
  for (const char* source :
       {"times.h5:time", "times.h5:big", "times.h5:day", "times_v2.zarr.zip", "times_v3.zarr.zip"})
    expect_days(file(source), noon);
  expect_days(file("dates.h5ad:obs/day"), noon - day / 2);
  std::string table = "name,when\n";
  for (int row = 0; row < file_rows; ++row)
    table +=
        fmt::format("c-{},{}\n", row, row % 10 == 9 ? "" : fmt::format("2024-03-{:02}T23:00-01:00", row));
  table.replace(table.find("2024-03-00"), 10, "2024-02-29");
  expect_days(make_file("days.csv", table) + ":when", noon - day / 2);
  expect_error(comm, base::ErrorKind::input, {"times.h5:time holds times", "plot --values"},
               [&] { read_labels(comm, Names{file("times.h5:time")}, over(file_rows)); });
  expect_error(comm, base::ErrorKind::input, {"pairs", "plain numbers"},
               [&] { read_rows(comm, Names{file("times.h5:pairs")}); });
  expect_error(comm, base::ErrorKind::input, {"does not hold numbers or dates (\"s0\" in row 0"},
               [&] { read_numbers(comm, file("dates.h5ad:obs/sample"), over(file_rows)); });
}

TEST_F(Elements, UnitsAndDates) {
  for (const char* type : {"<M8[ns]", "<M8[us]", "<M8[ms]", "<M8[s]", "<M8[m]", "<M8[h]", "<M8[D]"}) {
    const TimeUnit unit = time_unit_of_type(type).value();
    const std::int64_t counts[] = {86'400 * unit.per / unit.seconds,
                                   std::numeric_limits<std::int64_t>::min()};
    double seconds[2];
    to_seconds(unit, counts, seconds);
    EXPECT_EQ(seconds[0], 86'400) << type;
    EXPECT_TRUE(std::isnan(seconds[1])) << type;
  }
  for (const char* type : {"<M8[M]", "<M8[Y]", "<M8", "<M8[0s]", "<M8[99999999999s]", "<m8[s]", ""})
    EXPECT_FALSE(time_unit_of_type(type)) << type;
  EXPECT_EQ(parse_iso_date("1970-01-02"), 86'400);
  EXPECT_EQ(parse_iso_date("1970-01-01 00:01:30.25Z"), 90.25);
  EXPECT_EQ(parse_iso_date("1970-01-01T01:00+01:00"), 0);
  for (const char* text : {"", "1970", "1970-02-30", "1970-01-01T", "1970-01-01T25:00", "1970-01-01 00:00x",
                           "1970-1-1", "01/02/1970"})
    EXPECT_FALSE(parse_iso_date(text)) << text;
}

TEST_F(Elements, WhatIsNoColumnOfLabels) {
  const auto refused = [&](const std::string& source, const Names& texts) {
    expect_error(comm, base::ErrorKind::input, texts,
                 [&] { read_labels(comm, Names{file(source)}, over(file_rows)); });
  };
  refused("anndata13.h5ad:obs/score", {"floating-point", "plot --values"});
  refused("dates.h5ad:uns/nothing", {"uns/nothing", "a single value or none"});
  refused("anndata13.h5ad:obs", {"is a data frame", "obs/cluster, obs/flag"});
  refused("anndata0622.h5ad:obs", {"is a record", "as in obs/index"});
  refused("anndata0622.h5ad:obs/clutser", {"has no labels", "obs/n_genes, obs/cluster"});
  refused("index_group.h5ad:obs/barcode", {"is not a column"});
}

TEST_F(Elements, NamesOfRowsInEveryKind) {
  const auto expect_names = [&](const std::string& input,
                                const std::function<std::string(std::int64_t)>& name) {
    const auto inputs = inspect_all_rows(comm, Names{file(input)});
    EXPECT_EQ(inputs[0].warnings, Names{}) << input;
    const RowNames names(inputs);
    EXPECT_TRUE(names.known()) << input;
    const std::vector<std::string> read = names.read(3, inputs[0].rows - 3);
    for (std::size_t i = 0; i < read.size(); ++i)
      ASSERT_EQ(read[i], name(static_cast<std::int64_t>(i) + 3)) << input;
  };
  const auto cell = [](std::int64_t row) { return fmt::format("cell-{}", row); };
  for (const char* input :
       {"anndata13.h5ad", "anndata07.h5ad", "anndata0622.h5ad", "index_fixed.h5ad", "index_column.h5ad",
        "index_enumeration.h5ad", "index_categorical.h5ad", "mudata.h5mu:mod/rna/obsm/X_pca"})
    expect_names(input, cell);
  expect_names("mudata.h5mu:mod/protein/obsm/X_pca",
               [&](std::int64_t row) { return cell(file_rows - 1 - row); });
  expect_names("index_integers.h5ad", [](std::int64_t row) { return std::to_string(1000 + row); });
  expect_names("factors.h5:rows", cell);
  expect_names("loompy.loom", cell);
}

TEST_F(Elements, NamesOfRowsInTables) {
  const std::string named = make_file("named.csv", "cell,x,y\nC-1,1.5,2\nC-2,3,4\nC-3,5,6\n");
  const std::string unnamed = make_file("unnamed.csv", "x,y\n1.5,2\n3,4\n");
  const RowNames names(inspect_all_rows(comm, Names{unnamed, named}));
  EXPECT_EQ(names.named_rows(), 3);
  EXPECT_EQ(names.read(1, 3), (Names{"1", "C-1", "C-2"}));
}

TEST_F(Elements, NamesThatCannotBeUsedAreAWarning) {
  const auto warned = [&](const std::string& input, const std::string& text) {
    const auto inputs = inspect_all_rows(comm, Names{file(input)});
    ASSERT_EQ(inputs[0].warnings.size(), 1u) << input;
    EXPECT_THAT(inputs[0].warnings[0], ::testing::HasSubstr(text));
    const RowNames names(inputs);
    EXPECT_EQ(names.named_rows(), 0);
    EXPECT_EQ(names.read(3, 2), (Names{"3", "4"}));
  };
  warned("index_group.h5ad",
         "obs/barcode is not a column of labels, names or numbers (it is a group). Write the names");
  const auto inputs = inspect_all_rows(comm, Names{file("index_missing.h5ad")});
  ASSERT_EQ(inputs[0].warnings.size(), 1u);
  EXPECT_THAT(inputs[0].warnings[0], ::testing::HasSubstr("3 of 30 rows"));
  const RowNames some(inputs);
  EXPECT_EQ(some.named_rows(), 27);
  EXPECT_EQ(some.read(8, 2), (Names{"cell-8", "9"}));
  warned("index_wrong_length.h5ad", "has 7 names for 30 rows");
}

TEST_F(Elements, NamesOfColumnsThatCannotBeUsedAreAWarning) {
  const auto warned = [&](const char* name, std::vector<hsize_t> extents, const std::string& text) {
    const std::string path = make(name, [&](const std::string& where) {
      testing::write_dataset(where, "X", H5T_STD_I8LE, {4, 3}, std::vector<char>(12, 1));
      testing::write_dataset(where, "var/_index", H5T_STD_I8LE, extents, std::vector<char>(12, 1));
    });
    const auto inputs = inspect_all_rows(comm, Names{path + ":X"});
    ASSERT_EQ(inputs[0].warnings.size(), 1u);
    EXPECT_THAT(inputs[0].warnings[0], ::testing::HasSubstr(text));
    EXPECT_TRUE(inputs[0].column_names.empty());
  };
  warned("flat.h5ad", {3, 4}, "no names of columns can be read");
  warned("longer.h5ad", {12}, "var/_index has 12 names for 3 columns");
}

TEST_F(Elements, NamesThatOccurTwiceAreAWarning) {
  const auto warnings_of = [&](const Names& inputs) {
    base::Log log;
    expect_row_names(comm, inspect_all_rows(comm, inputs), log);
    return log.warnings();
  };
  EXPECT_EQ(warnings_of({file("anndata13.h5ad"), file("index_integers.h5ad")}).size(), 0u);
  const auto twice = warnings_of({file("twice.h5ad")});
  const auto stacked =
      warnings_of({file("anndata13.h5ad"), file("index_integers.h5ad"), file("anndata07.h5ad")});
  ASSERT_EQ(twice.size(), 1u);
  ASSERT_EQ(stacked.size(), 1u);
  EXPECT_THAT(twice[0],
              ::testing::HasSubstr("30 of 30 rows have a name that another row has as well (cell-0"));
  EXPECT_THAT(stacked[0], ::testing::HasSubstr("60 of 90 rows have a name"));
}

TEST_F(Elements, BooleanRowsAreZerosAndOnes) {
  const auto rows = read_rows(comm, Names{file("factors.h5:hamming")});
  const std::int64_t begin = rows.rows.begin(comm.rank());
  for (std::size_t i = 0; i < rows.local.rows(); ++i)
    for (std::size_t j = 0; j < 5; ++j)
      EXPECT_EQ(rows.local(i, j), static_cast<float>(((begin + static_cast<std::int64_t>(i)) >> j) & 1));
}

TEST_F(Elements, MissingValuesOfRAmongRows) {
  for (const char* name : {"rhdf5.h5:rows", "hdf5r.h5:rows"})
    expect_error(comm, base::ErrorKind::input, {"has NaN at row 5, column 1"},
                 [&] { read_rows(comm, Names{file(name)}); });
}

}  // namespace
}  // namespace fleetsne::io
