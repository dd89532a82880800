#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/table.hpp"

#include "io/scratch.hpp"

#include <cmath>
#include <cstdlib>
#include <utility>

namespace fleetsne::io {
namespace {

class Tables : public testing::Scratch {
 public:
  /// The rows of a file as all ranks together read them, in pieces of 64 bytes and at once.
  std::vector<std::vector<float>> rows_of(const std::string& bytes, const std::string& name = "rows.csv") {
    const std::string file = name.ends_with(".gz") ? make_gzip(name, bytes) : make_file(name, bytes);
    std::vector<std::vector<float>> result;
    for (const std::size_t limit : {std::size_t{64}, std::size_t{1} << 20}) {
      set_transfer_limit(limit);
      const auto rows = read_rows(comm, std::span(&file, 1));
      std::vector<float> packed;
      for (std::size_t i = 0; i < rows.local.rows(); ++i)
        packed.insert(packed.end(), rows.local.row(i).begin(), rows.local.row(i).end());
      const auto all = comm.all_gather(std::span<const float>(packed)).values;
      std::vector<std::vector<float>> now;
      for (std::size_t i = 0; i < all.size(); i += rows.columns())
        now.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(i),
                         all.begin() + static_cast<std::ptrdiff_t>(i + rows.columns()));
      if (!result.empty()) {
        EXPECT_EQ(now, result);
      }
      result = now;
    }
    return result;
  }

  void refuse(const std::string& bytes, const std::vector<std::string>& texts,
              const std::string& name = "bad.csv") {
    const std::string file = make_file(name, bytes);
    testing::expect_error(comm, base::ErrorKind::input, texts, [&] { read_rows(comm, std::span(&file, 1)); });
  }
};

using Rows = std::vector<std::vector<float>>;
const Rows four = {{1, 2.5F}, {-3, 4e-2F}, {5, 6}, {7, 8}};

TEST_F(Tables, WithAndWithoutHeaderAndInEveryDialect) {
  EXPECT_EQ(rows_of("1,2.5\n-3,4e-2\n5,6\n7,8\n"), four);
  EXPECT_EQ(rows_of("1,2.5\n-3,4e-2\n5,6\n7,8"), four) << "no newline at the end";
  EXPECT_EQ(rows_of("x,y\r\n1,2.5\r\n-3, +4E-2 \r\n5,6\r\n\r\n7,8\r\n\r\n"), four);
  EXPECT_EQ(rows_of("\xef\xbb\xbf\"x\";\"y\"\n1;2.5\n\"-3\";4e-2\n5;6\n7;8\n"), four);
  EXPECT_EQ(rows_of("# a note, with commas\n1\t2.5\n-3\t4e-2\n5\t6\n# another\n7\t8\n", "rows.tsv"), four);
  EXPECT_EQ(rows_of("1 2.5\n -3   4e-2\n5 6 \n7 8\n"), four);
  EXPECT_EQ(rows_of("a,b\n1,2.5\n-3,4e-2\n5,6\n7,8\n", "rows.csv.gz"), four);
}

TEST_F(Tables, NamesOfRowsArePassedOver) {
  EXPECT_EQ(rows_of(",0,1\ncell-1,1,2.5\n\"a, b\",-3,4e-2\n\"\",5,6\n7,7,8\n"), four) << "pandas";
  EXPECT_EQ(rows_of("\"\",\"V1\",\"V2\"\n\"1\",1,2.5\n\"2\",-3,4e-2\n\"3\",5,6\n\"4\",7,8\n"), four)
      << "write.csv of R";
  EXPECT_EQ(rows_of("V1 V2\n1 1 2.5\n2 -3 4e-2\n3 5 6\n4 7 8\n"), four) << "write.table of R";
}

TEST_F(Tables, OneColumnAndLongLines) {
  EXPECT_EQ(rows_of("1\n2\n3\n4\n"), (Rows{{1}, {2}, {3}, {4}}));
  std::string line;
  std::vector<float> values;
  for (int i = 0; i < 400; ++i) {
    line += (i == 0 ? "" : ",") + std::to_string(i * 1000);
    values.push_back(static_cast<float>(i * 1000));
  }
  EXPECT_EQ(rows_of(line + "\n" + line + "\n" + line + "\n" + line + "\n"), (Rows(4, values)));
}

TEST_F(Tables, NumbersBeyondFloat64) {
  EXPECT_EQ(rows_of("1e-999,1\n2,2\n3,3\n4,4\n").front(), (std::vector<float>{0, 1}));
  refuse("1,1\n2,2\n3,3\n1e999,4\n", {"line 4, column 1", "infinity"});
}

TEST_F(Tables, WhatIsNoTableIsRefused) {
  refuse("1,2\n3,4\n5\n7,8\n", {"bad.csv", "line 3", "1 value", "has 2"});
  refuse("1,2\n3,4\n5,6,7\n7,8\n", {"line 3", "3 values"});
  refuse("x,y\n1,2\n3,abc\n5,6\n7,8\n", {"line 3, column 2", "\"abc\"", "not a number"});
  refuse("1,2\n3,\n5,6\n7,8\n", {"line 2", "an empty value"});
  refuse("1,2\n3,4x\n5,6\n7,8\n", {"line 2", "\"4x\""});
  refuse("x,y\n1,2,3,4\n", {"line 2", "4 values", "names 2"});
  refuse("x,y\n", {"no rows"});
  refuse("\n# nothing\n", {"no rows"});
  refuse("", {"empty"});
  refuse("1,2\nnan,4\n5,6\n7,8\n", {"line 2, column 1", "missing"});
  refuse("1,2\n3,4\n5,6\n7,8\n", {"bad.csv.txt", "text file"}, "bad.csv.txt");
  refuse("1\n\x02\xff\n3\n4\n", {"line 2", "\"??\"", "not a number"});
}

TEST_F(Tables, ValuesAsSpreadsheetsWriteThem) {
  const auto with = [](const std::string& value) {
    return "name,a,b\nr1,0.5,1.5\nr2,2.5," + value + "\nr3,3.5,4.5\nr4,5.5,6.5\n";
  };
  for (const char* value : {"1e5", "1E+5", "\"100000\"", " +100000 "})
    EXPECT_EQ(rows_of(with(value)), (Rows{{0.5F, 1.5F}, {2.5F, 1e5F}, {3.5F, 4.5F}, {5.5F, 6.5F}})) << value;
  for (const char* value :
       {"2024-01-05", "12:30", "12.5%", "\"1,234.5\"", "1'234.5", "1 234", "0x1F", "1d5", "(5)", "$5", "1/2",
        "1\xc2\xa0"
        "234",
        "\xe2\x88\x92"
        "5"})
    refuse(with(value), {"line 3, column 3", "is not a number", "Replace such values"});
  for (const char* value : {"#N/A", "-", ".", "?", ""})
    refuse(with(value), {"line 3, column 3", "missing value"});
  for (const char* value : {"Inf", "-inf"}) refuse(with(value), {"line 3, column 3", "infinity"});
  refuse("name,a,b\nr1,0.5,1 234\nr2,2.5,1 235\nr3,3.5,1 236\n", {"line 2, column 3", "is not a number"});
}

TEST_F(Tables, LineEndsEncodingsAndDeclaredSeparators) {
  const std::string semicolons = "a;b\n1;2.5\n-3;4e-2\n5;6\n7;8\n";
  const auto with_ends = [&](const std::string& end) {
    std::string text;
    for (const char letter : semicolons) text += letter == '\n' ? end : std::string(1, letter);
    return text;
  };
  EXPECT_EQ(rows_of(with_ends("\r")), four);
  EXPECT_EQ(rows_of("sep=;\r\n" + with_ends("\r\n")), four);
  EXPECT_EQ(rows_of("a|b\n1|2.5\n-3|4e-2\n5|6\n7|8\n"), four);
  const auto utf16 = [&](const std::string& text, bool big, const std::string& mark) {
    std::string bytes = mark;
    for (const char letter : text) bytes += big ? std::string{'\0', letter} : std::string{letter, '\0'};
    return bytes;
  };
  EXPECT_EQ(rows_of(utf16(with_ends("\r\n"), false, "\xff\xfe")), four) << "Excel's Unicode text";
  EXPECT_EQ(rows_of(utf16(semicolons, true, "\xfe\xff")), four);
  EXPECT_EQ(rows_of(utf16(semicolons, false, "")), four);
}

TEST_F(Tables, DecimalCommas) {
  EXPECT_EQ(rows_of("a;b\n1;2,5\n-3;4e-2\n5;6\n7;8\n"), four);
  EXPECT_EQ(rows_of("1\t2,5\n-3\t4e-2\n5\t6\n7\t8\n", "rows.tsv"), four);
  refuse("a;b\n1,5;2\n1.5;2\n3,5;1\n", {"line 2, column 1", "\"1,5\"", "not a number"});
}

TEST_F(Tables, TrailingSeparators) {
  EXPECT_EQ(rows_of("a,b,\n1,2.5,\n-3,4e-2,\n5,6,\n7,8,\n"), four);
  EXPECT_EQ(rows_of("a,b\n1,2.5,\n-3,4e-2,\n5,6,\n7,8,\n"), four);
  EXPECT_EQ(rows_of("1\t2.5\t\n-3\t4e-2\t\n5\t6\t\n7\t8\t\n", "rows.tsv"), four);
  refuse("a,b,c\n1,2,\n3,4,\n5,6,\n", {"line 2, column 3", "missing"});
}

TEST_F(Tables, QuotesHoldSeparatorsAndLineEnds) {
  EXPECT_EQ(rows_of("\"a\nb\",\"c,d\"\n1,2.5\n-3,4e-2\n5,6\n7,8\n"), four);
  EXPECT_EQ(rows_of("name,a,b\n\"x, \"\"1\"\"\n\",1,2.5\ny,-3,4e-2\nz,5,6\n5\" w,7,8\n"), four);
  refuse("a,b\n1,2\n\"3,4\n5,6\n", {"line 3", "quote", "not closed"});
}

/// One line of numbers above others: the numbers of columns, or a row.
TEST_F(Tables, HeadersOfNumbers) {
  const Rows three = {{0.5F, 2.5F, 3.25F}, {4.5F, 5.5F, 6.5F}, {1.5F, 2.25F, 0.5F}};
  const std::string rows = "0.5,2.5,3.25\n4.5,5.5,6.5\n1.5,2.25,0.5\n";
  EXPECT_EQ(rows_of("0,1,2\n" + rows), three) << "pandas without names";
  EXPECT_EQ(rows_of("1,2,3\n" + rows), three);
  EXPECT_EQ(rows_of("\"2017\",\"2018\",\"2019\"\n" + rows), three) << "quotes in the header alone";
  EXPECT_EQ(rows_of(",2017,2018,2019\n0,0.5,2.5,3.25\n1,4.5,5.5,6.5\n2,1.5,2.25,0.5\n"), three);
  EXPECT_EQ(rows_of("0,1\n-3.5,4.5\n1.5,2.5\n2.5,0.5\n").size(), 3U);
  EXPECT_EQ(rows_of("0,1,2\n3,4,5\n6,7,8\n9,10,11\n").size(), 4U) << "rows that look alike";
  EXPECT_EQ(rows_of("0,1\n1,0\n1,1\n0,0\n").size(), 4U);
  EXPECT_EQ(rows_of("1,2,3\n4,9,2\n3,5,7\n8,1,6\n").size(), 4U);
}

TEST_F(Tables, AMissingValueDoesNotMakeAHeader) {
  for (const char* mark : {"NA", "NaN", "", "inf", "null", "?", "#N/A"}) {
    refuse(mark + std::string(",2.5,3\n4,5,6\n7,8,9.5\n1,1,1\n"), {"line 1, column 1"});
    refuse("2.5," + std::string(mark) + ",3\n4,5,6\n7,8,9.5\n1,1,1\n", {"line 1, column 2"});
    refuse("1,2,3\n4,5.5,6\n" + std::string(mark) + ",5,6\n1,1,1\n", {"line 3, column 1"});
  }
}

TEST_F(Tables, ColumnsThatNameTheRows) {
  const auto inspected = [&](const std::string& first, bool header = true) {
    std::string bytes = header ? first + ",a,b\n" : "";
    for (int i = 0; i < 6; ++i)
      bytes +=
          (header ? std::to_string(i) : first + std::to_string(i)) + "," + std::to_string(i * i) + ".5,7\n";
    return inspect_table(*ByteStream::open(make_file("rows.csv", bytes)));
  };
  for (const char* index : {"", "Unnamed: 0", "id", "index", "cell_id"}) {
    const TableInspection found = inspected(index);
    EXPECT_EQ(found.names_column, index);
    EXPECT_EQ(found.layout.columns, 2);
    EXPECT_EQ(found.column_names, (std::vector<std::string>{"a", "b"}));
    EXPECT_THAT(found.warnings, ::testing::ElementsAre(::testing::HasSubstr("only counts the rows")));
    TableTexts names(path("rows.csv"), found.layout, names_of_rows);
    for (const std::int64_t first : {2, 4, 0}) {  // the next block, and back
      const std::vector<std::string> expected{std::to_string(first), std::to_string(first + 1)};
      EXPECT_EQ(names.read(first, 2), expected);
    }
  }
  const TableInspection other = inspected("order");
  EXPECT_EQ(other.layout.columns, 3);
  EXPECT_THAT(warnings_of_counters(other, path("rows.csv"), {}),
              ::testing::ElementsAre(::testing::HasSubstr("\"order\" only counts the rows")));
  const auto chosen = inspect_all_rows(comm, std::vector<std::string>{path("rows.csv") + ":a,b"});
  if (comm.rank() == 0) {
    EXPECT_TRUE(chosen[0].warnings.empty()) << "order is not read";
    EXPECT_THAT(chosen[0].notes, ::testing::Contains(::testing::HasSubstr("2 of 3 columns are read (a,b)")));
  }
  EXPECT_EQ(inspected("AAAC-", false).layout.columns, 2) << "text names rows, without a header too";
  refuse("a,b,c\n1,x1,2\n3,x2,4\n5,x3,6\n", {"\"b\" holds text", "COLUMN1,COLUMN2"});
}

TEST_F(Tables, ColumnsByNameAndNumber) {
  const std::string file =
      make_file("rows.csv", "cell,x,\"y, z\",kind\nA,1,2.5,T\nB,-3,4e-2,B\nC,5,6,T\nD,7,8,\n");
  const TableInspection table = inspect_table(*ByteStream::open(file));
  EXPECT_EQ(find_table_column(table, file, "cell"), names_of_rows);
  EXPECT_EQ(find_table_column(table, file, "kind"), 2);
  EXPECT_EQ(find_table_column(table, file, "2"), 0) << "the second value of a line";
  EXPECT_EQ(find_table_columns(table, file, "\"y, z\",x"), (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(TableTexts(file, table.layout, 2).read(1, 3), (std::vector<std::string>{"B", "T", ""}));
  const auto rows = read_rows(comm, std::vector<std::string>{file + ":\"y, z\",x"});
  if (comm.rank() == 0) {
    EXPECT_EQ(rows.local(0, 0), 2.5F);
  }
  testing::expect_error(comm, base::ErrorKind::input, {"no column depth", "cell, x, y, z, kind"},
                        [&] { read_rows(comm, std::vector<std::string>{file + ":depth"}); });
}

TEST_F(Tables, ColumnsInAnotherOrderAreMatchedByName) {
  const std::string first = make_file("first.csv", "id,a,b,c\n10,1,2,3\n11,4,5,6\n");
  const std::string other = make_file("other.csv", "c,a,b\n9,7,8\n12,10,11\n");
  const auto values = [&](const std::vector<std::string>& inputs, const std::vector<std::string>& like = {}) {
    const auto rows = read_rows(comm, inputs, {.like = like});
    std::vector<float> mine;
    for (std::size_t i = 0; i < rows.local.rows(); ++i)
      mine.insert(mine.end(), rows.local.row(i).begin(), rows.local.row(i).end());
    return comm.all_gather(std::span<const float>(mine)).values;
  };
  EXPECT_EQ(values({first, other}), (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  if (comm.size() <= 2) {
    EXPECT_EQ(values({other}, {first}), (std::vector<float>{7, 8, 9, 10, 11, 12}));
  }
  const std::string unnamed = make_file("unnamed.csv", "7,8.5,9\n1,2,3.5\n");
  EXPECT_EQ(values({first, unnamed}).size(), 12U);
  const std::string numbered = make_file("numbered.csv", "PC1,PC2,PC3\n7,8.5,9\n1,2,3.5\n");
  const std::string otherwise = make_file("otherwise.csv", "0,1,2\n7,8.5,9\n1,2,3.5\n");
  EXPECT_EQ(values({numbered, otherwise}).size(), 12U) << "names that say no more than their places";
  const auto refuse_all = [&](const std::string& bytes, const std::vector<std::string>& texts) {
    const std::vector<std::string> inputs{first, make_file("bad.csv", bytes)};
    testing::expect_error(comm, base::ErrorKind::input, texts, [&] { read_rows(comm, inputs); });
  };
  refuse_all("a,b,d\n1,2,3\n", {"bad.csv does not have the columns of", "lacks c", "also has d"});
  refuse_all("b,a,b\n1,2,3\n", {"several columns \"b\""});
  refuse_all("a,b,c,d\n1,2,3,4\n", {"also has d"});
}

/// The axes of an embedding among other columns.
TEST_F(Tables, EmbeddingsWithFurtherColumns) {
  const auto chosen = [&](const std::string& header, const std::string& line) {
    const std::string file = make_file("map.csv", header + "\n" + line + "\n" + line + "\n");
    return embedding_inputs(comm, std::span(&file, 1)).front().substr(file.size());
  };
  EXPECT_EQ(chosen("x,y", "1.5,2"), "");
  EXPECT_EQ(chosen("Barcode,TSNE-1,TSNE-2", "A-1,1.5,2"), "") << "Cell Ranger";
  EXPECT_EQ(chosen("cluster,x,y", "3,1.5,2"), ":x,y");
  EXPECT_EQ(chosen("tSNE_1,tSNE_2,cluster", "1.5,2,3"), ":tSNE_1,tSNE_2");
  EXPECT_EQ(chosen("gene1,gene2,umap 2,umap 1,kind", "1,2,3.5,4,T"), ":4,3") << "by number";
  const auto refuse_map = [&](const std::string& bytes, const std::vector<std::string>& texts) {
    const std::string file = make_file("map.csv", bytes);
    testing::expect_error(comm, base::ErrorKind::input, texts,
                          [&] { embedding_inputs(comm, std::span(&file, 1)); });
  };
  refuse_map("1.5,2,3\n4,5,6.5\n", {"3 columns", "1 or 2 axes", "map.csv:COLUMN1,COLUMN2"});
  refuse_map("x,y,z\n1,2,3\n", {"(x, y, z; an embedding has 1 or 2 axes)"});
  refuse_map("tsne1,cluster\n1.5,2\n", {"2 columns"});
}

/// Files that pandas 3 and R wrote (tests/files/make/tables.py and tables.R).
TEST_F(Tables, AsPandasAndRWriteThem) {
  const std::string folder = std::string(std::getenv("FLEETSNE_REAL_FILES")) + "/tables/";
  const auto value = [](int i, int j) { return static_cast<float>((7 * i + 13 * j) % 31 + j) + 0.25F; };
  const auto expect_values = [&](const std::string& input, std::size_t begin) {
    const auto rows = read_rows(comm, std::vector<std::string>{input});
    ASSERT_EQ(rows.rows.total(), 12) << input;
    const auto first = static_cast<int>(rows.rows.begin(comm.rank()));
    for (int i = 0; i < static_cast<int>(rows.local.rows()); ++i)
      for (int j = 0; j < 3; ++j)
        ASSERT_EQ(rows.local(static_cast<std::size_t>(i), begin + static_cast<std::size_t>(j)),
                  value(first + i, j))
            << input;
  };
  for (const char* name : {"no-names.csv", "default.csv", "id.csv", "read-and-written.csv", "filtered.csv",
                           "barcodes.csv", "barcodes.tsv.gz", "german.csv", "excel.csv", "old-mac.csv",
                           "r-matrix.csv", "r-no-row-names.csv", "r-csv2.csv", "r-table.tsv", "r-bare.tsv",
                           "r-names.tsv", "mixed.csv:PC1,PC2,PC3", "another-order.csv:PC1,PC2,PC3"})
    expect_values(folder + name, 0);
  expect_values(folder + "counted.csv", 1);
  const auto inspected = [&](const std::string& name) {
    return inspect_table(*ByteStream::open(folder + name));
  };
  EXPECT_EQ(inspected("barcodes.csv").names_column, "Barcode");
  EXPECT_EQ(inspected("counted.csv").counting_columns.size(), 1U);
  for (const auto& [name, place] :
       {std::pair("missing.csv", "line 2, column 1"), std::pair("missing-no-header.csv", "line 1, column 1"),
        std::pair("r-missing.csv", "line 2, column 2")})
    testing::expect_error(comm, base::ErrorKind::input, {name, place, "missing value"},
                          [&] { read_rows(comm, std::vector<std::string>{folder + name}); });
}

TEST_F(Tables, NumbersForAColourScale) {
  const std::string file = make_file("value.csv", "depth\n1\n2\nnan\n4\n");
  const auto rows = data::RowDistribution::balanced(4, comm.size());
  const auto mine = read_numbers(comm, file, rows).values;
  const auto all = comm.all_gather(std::span<const double>(mine)).values;
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1], 2);
  EXPECT_TRUE(std::isnan(all[2]));
  testing::expect_error(comm, base::ErrorKind::input, {"4 numbers for 5 rows"},
                        [&] { read_numbers(comm, file, data::RowDistribution::balanced(5, comm.size())); });
  const std::string two = make_file("two.csv", "1,2\n3,4\n");
  testing::expect_error(comm, base::ErrorKind::input,
                        {"two.csv has more than one column of numbers", "2 columns"},
                        [&] { read_numbers(comm, two, data::RowDistribution::balanced(2, comm.size())); });
}

}  // namespace
}  // namespace fleetsne::io
