#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/io/read.hpp"

#include "io/scratch.hpp"

#include <cmath>

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
  refuse("1,1\n2,2\n3,3\n1e999,4\n", {"infinity", "row 3, column 0"});
}

TEST_F(Tables, WhatIsNoTableIsRefused) {
  refuse("1,2\n3,4\n5\n7,8\n", {"bad.csv", "line 3", "1 value", "have 2"});
  refuse("1,2\n3,4\n5,6,7\n7,8\n", {"line 3", "3 values"});
  refuse("x,y\n1,2\n3,abc\n5,6\n7,8\n", {"line 3", "\"abc\"", "no number"});
  refuse("1,2\n3,\n5,6\n7,8\n", {"line 2", "an empty value"});
  refuse("1,2\n3,4x\n5,6\n7,8\n", {"line 2", "\"4x\""});
  refuse("x,y\n1,2,3,4\n", {"line 2", "4 values", "names 2"});
  refuse("x,y\n", {"no rows"});
  refuse("\n# nothing\n", {"no rows"});
  refuse("", {"empty"});
  refuse("1,2\nnan,4\n5,6\n7,8\n", {"NaN", "row 1, column 0"});
  refuse("1,2\n3,4\n5,6\n7,8\n", {"bad.csv.txt", "text file"}, "bad.csv.txt");
  refuse("1\n\x02\xff\n3\n4\n", {"line 2", "\"??\"", "no number"});
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
  testing::expect_error(comm, base::ErrorKind::input, {"2 x 2", "one column"},
                        [&] { read_numbers(comm, two, data::RowDistribution::balanced(2, comm.size())); });
}

}  // namespace
}  // namespace fleetsne::io
