// Rows whose values lie far from 0, or are very large or small, keep their distances at any number of ranks.
#include "fleetsne/io/read.hpp"

#include "io/scratch.hpp"
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <sstream>

namespace fleetsne::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t rows = 1500, columns = 5;
constexpr Invariance euclidean{.offsets = Offsets::of_columns, .scale = true};
constexpr Invariance cosine{.offsets = Offsets::none, .scale = true};
constexpr Invariance correlation{.offsets = Offsets::of_rows, .scale = true};

using Values = std::function<double(std::size_t, std::size_t)>;

/// From -2 to 2 in steps of 1 / 64, which no shift in these tests rounds away.
double element(std::size_t i, std::size_t j) {
  return static_cast<double>(i * 7919 % 257 + j * 104729 % 251 * i % 257) / 128 - 2;
}

class KeptDistances : public testing::Scratch {
 protected:
  template <class T>
  std::string file(const std::string& name, const std::string& descr, const Values& value) {
    std::string bytes = testing::npy_header(1, descr, false, "(1500, 5)");
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) testing::append(bytes, static_cast<T>(value(i, j)), false);
    return make_file(name, bytes);
  }

  io::RescaledRows read(const std::string& name, const Invariance& invariance = euclidean,
                        base::Log* log = nullptr) {
    return read_rescaled_rows(comm, std::span(&name, 1), invariance, {.log = log});
  }

  /// All differences to the rank's first row are those of `element`, times `scale`.
  void expect_differences(const io::RescaledRows& read, double scale = 1, double within = 0) {
    const auto& local = read.rows.local;
    const auto begin = static_cast<std::size_t>(read.rows.rows.begin(comm.rank()));
    for (std::size_t i = 1; i < local.rows(); ++i)
      for (std::size_t j = 0; j < columns; ++j)
        ASSERT_NEAR(static_cast<double>(local(i, j)) - static_cast<double>(local(1, j)),
                    scale * (element(begin + i, j) - element(begin + 1, j)), within)
            << i << " " << j;
  }
};

TEST_F(KeptDistances, OrdinaryValuesKeepTheirBits) {
  for (const std::string& input :
       {file<double>("f8.npy", "<f8", element), file<float>("f4.npy", "<f4", element)}) {
    const auto plain = read_rows(comm, std::span(&input, 1));
    const auto rescaled = read(input);
    EXPECT_TRUE(rescaled.rescaling.is_identity());
    EXPECT_TRUE(std::ranges::equal(rescaled.rows.local.elements(), plain.local.elements()));
  }
}

TEST_F(KeptDistances, FarFromZeroColumnsAreCentered) {
  set_transfer_limit(1 << 10);  // in many pieces
  for (const double shift : {1e9, -3e12}) {
    const auto shifted = [&](std::size_t i, std::size_t j) { return element(i, j) + shift; };
    const auto rescaled = read(file<double>("f8.npy", "<f8", shifted));
    EXPECT_EQ(rescaled.rescaling.exponent, 0);
    ASSERT_EQ(rescaled.rescaling.offsets.size(), columns);
    for (const double offset : rescaled.rescaling.offsets) EXPECT_NEAR(offset, shift, 2);
    expect_differences(rescaled);
  }
  const auto counted = [](std::size_t i, std::size_t j) { return 128 * element(i, j) + 1e12; };
  expect_differences(read(file<std::int64_t>("i8.npy", "<i8", counted)), 128);
}

TEST_F(KeptDistances, OneColumnOfSecondsAmongOthersWithAValueMissing) {
  const auto seconds = [](std::size_t i, std::size_t j) {
    return j == 2 ? (i == 0 ? 0 : element(i, j) + 1.7e9) : element(i, j);
  };
  const auto rescaled = read(file<double>("time.npy", "<f8", seconds));
  ASSERT_EQ(rescaled.rescaling.offsets.size(), columns);
  for (std::size_t j = 0; j < columns; ++j) EXPECT_EQ(rescaled.rescaling.offsets[j] != 0, j == 2);
  expect_differences(rescaled);
}

TEST_F(KeptDistances, LargeAndSmallValuesAreScaledByAPowerOfTwo) {
  for (const double factor : {1e-30, 1e17}) {
    const auto scaled = [&](std::size_t i, std::size_t j) { return element(i, j) * factor; };
    for (const std::string& input :
         {file<float>("f4.npy", "<f4", scaled), file<double>("f8.npy", "<f8", scaled)}) {
      const auto rescaled = read(input);
      EXPECT_EQ(rescaled.rescaling.exponent, -std::ilogb(2 * factor)) << "the largest is 2";
      expect_differences(rescaled, std::ldexp(factor, rescaled.rescaling.exponent), 1e-6);
    }
  }
  const auto beyond = [](std::size_t i, std::size_t j) { return element(i, j) * 1e-200; };
  const auto tiny = read(file<double>("tiny.npy", "<f8", beyond));
  expect_differences(tiny, std::ldexp(1e-200, tiny.rescaling.exponent), 1e-6);
}

TEST_F(KeptDistances, AFewHugeValuesDoNotMakeTheOthersVanish) {
  const auto marked = [](std::size_t i, std::size_t j) { return i == 700 && j == 3 ? 1e30 : element(i, j); };
  for (const std::string& input :
       {file<float>("f4.npy", "<f4", marked), file<double>("f8.npy", "<f8", marked)}) {
    try {
      read(input);
      ADD_FAILURE() << "not noticed";
    } catch (const base::Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("row 700, column 3"));
    }
  }
}

TEST_F(KeptDistances, ValuesTooSmallToSquareAreRefusedWhereTheyKeepTheirScale) {
  const auto small = [](std::size_t i, std::size_t j) { return element(i, j) * 1e-30; };
  EXPECT_THROW(read(file<float>("f4.npy", "<f4", small), {.offsets = Offsets::of_columns, .scale = false}),
               base::Error);
}

TEST_F(KeptDistances, ForCorrelationEachRowLosesWhatItHasInCommon) {
  const auto shifted = [](std::size_t i, std::size_t j) {
    return element(i, j) + 1e10 * static_cast<double>(i % 3);
  };
  const auto rescaled = read(file<double>("f8.npy", "<f8", shifted), correlation);
  const auto begin = static_cast<std::size_t>(rescaled.rows.rows.begin(comm.rank()));
  for (std::size_t i = 0; i < rescaled.rows.local.rows(); ++i)
    for (std::size_t j = 1; j < columns; ++j)
      ASSERT_EQ(rescaled.rows.local(i, j) - rescaled.rows.local(i, 0),
                static_cast<float>(element(begin + i, j) - element(begin + i, 0)));
}

TEST_F(KeptDistances, RowsThatBecomeEqualAreCounted) {
  const auto pairs = [](std::size_t i, std::size_t j) {  // for each but the last 100 another, next to it
    return i < 1400 ? static_cast<double>(i / 2 % 350) + 1e-9 * static_cast<double>(i % 2) + 1
                    : static_cast<double>(i + j);
  };
  base::Log log;
  read(file<double>("f8.npy", "<f8", pairs), cosine, &log);
  ASSERT_EQ(log.warnings().size(), 1u);
  EXPECT_THAT(log.warnings()[0], HasSubstr("700 of 800 distinct rows became equal"));
  base::Log silent;
  read(file<double>("good.npy", "<f8", element), cosine, &silent);
  EXPECT_THAT(silent.warnings(), ElementsAre());
}

TEST_F(KeptDistances, WhatCanOnlyBeReadFromTheStartIsReadInPieces) {
  set_transfer_limit(1 << 10);
  const auto shifted = [](std::size_t i, std::size_t j) { return element(i, j) + 1e9; };
  const std::string plain = file<double>("f8.npy", "<f8", shifted);
  std::stringstream bytes;
  bytes << std::ifstream(plain, std::ios::binary).rdbuf();
  const std::string packed = make_gzip("f8.npy.gz", bytes.str());
  const std::vector<std::string> stacked{packed, plain, packed};
  const auto rescaled = read_rescaled_rows(comm, stacked, euclidean);
  const auto expected = read_rescaled_rows(comm, std::vector(3, plain), euclidean);
  EXPECT_FALSE(rescaled.rescaling.offsets.empty());
  EXPECT_TRUE(std::ranges::equal(rescaled.rows.local.elements(), expected.rows.local.elements()));
}

TEST_F(KeptDistances, OtherRowsAreRescaledInTheSameWay) {
  set_transfer_limit(1 << 10);
  const auto shifted = [](std::size_t i, std::size_t j) { return element(i, j) + 1e9; };
  const std::string wide = file<double>("f8.npy", "<f8", shifted);
  const std::string text = make("rows.csv", [&](const std::string& where) {
    std::ofstream out(where);
    out.precision(17);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) out << shifted(i, j) << (j + 1 < columns ? ',' : '\n');
  });
  const auto first = read(wide);
  const auto second = read_rows(comm, std::span(&text, 1), {.rescaling = &first.rescaling});
  EXPECT_TRUE(std::ranges::equal(second.local.elements(), first.rows.local.elements()));
}

TEST_F(KeptDistances, WhatIsNotANumberIsNamedWhereverItStands) {
  const auto broken = [](std::size_t i, std::size_t j) {
    return i == 1499 && j == 4 ? std::nan("") : element(i, j) + 1e9;
  };
  try {
    read(file<double>("f8.npy", "<f8", broken));
    ADD_FAILURE() << "not noticed";
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("NaN at row 1499, column 4"));
  }
}

}  // namespace
}  // namespace fleetsne::io
