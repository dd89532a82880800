#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/base/random.hpp"
#include "fleetsne/base/sum.hpp"
#include "fleetsne/base/utf8.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <thread>

namespace fleetsne::base {
namespace {

TEST(Matrix, RowsArePaddedWithZerosAndAligned) {
  auto matrix = padded_matrix<float>(3, 50);
  EXPECT_EQ(matrix.stride(), 64U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(matrix.row(1).data()) % 64, 0U);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 50; j < 64; ++j) EXPECT_EQ(matrix.data()[i * 64 + j], 0.F);
  }
}

TEST(Utf8, WhatIsNoneIsReplaced) {
  const std::string mark = "\xEF\xBF\xBD";
  for (const std::string text : {"", "plain", "é", "€", "😀", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(valid_utf8(text), text);
  }
  EXPECT_EQ(valid_utf8("caf\xE9s"), "caf" + mark + "s");
  EXPECT_EQ(valid_utf8("\xC3"), mark);                                // cut off
  EXPECT_EQ(valid_utf8("\xC0\xAF"), mark + mark);                     // overlong
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), mark + mark + mark);          // half of a surrogate pair
  EXPECT_EQ(valid_utf8("\xF5\x80\x80\x80").size(), 4 * mark.size());  // beyond U+10FFFF
  EXPECT_EQ(code_point_bytes(""), 0U);
}

TEST(Random, DependsOnSeedStreamIdAndDrawAlone) {
  const Random a(1, Stream::init), b(1, Stream::init), other_seed(2, Stream::init),
      other_stream(1, Stream::recall);
  EXPECT_EQ(a.bits(17, 3), b.bits(17, 3));
  std::set<std::uint64_t> values{
      a.bits(17, 3), other_seed.bits(17, 3), other_stream.bits(17, 3),
      a.bits(18, 3), a.bits(17, 4),          a.bits((GlobalIndex{1} << 40) + 17, 3)};
  EXPECT_EQ(values.size(), 6U);
}

TEST(Random, NormalPairsHaveMeanZeroAndVarianceOne) {
  const Random random(1, Stream::test);
  double sum = 0, square = 0;
  for (GlobalIndex i = 0; i < 20000; ++i) {
    const auto [x, y] = random.normal_pair(i);
    sum += x + y;
    square += x * x + y * y;
  }
  EXPECT_NEAR(sum / 40000, 0, 0.02);
  EXPECT_NEAR(square / 40000, 1, 0.03);
}

TEST(Random, FourNormalsAreIndependentWithMeanZeroAndVarianceOne) {
  const Random random(1, Stream::test);
  std::array<double, 4> sum{}, square{};
  double product = 0, tail = 0;
  constexpr GlobalIndex rows = 50000;
  for (GlobalIndex i = 0; i < rows; ++i) {
    const auto values = random.four_normals(i, 3);
    for (std::size_t k = 0; k < 4; ++k) {
      ASSERT_LT(std::abs(values[k]), 6.8f);
      sum[k] += values[k];
      square[k] += values[k] * values[k];
      tail += std::abs(values[k]) > 1.96f ? 1 : 0;
    }
    product += values[0] * values[1] + values[2] * values[3] + values[0] * values[2];
  }
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(sum[k] / rows, 0, 0.02);
    EXPECT_NEAR(square[k] / rows, 1, 0.03);
  }
  EXPECT_NEAR(product / rows, 0, 0.03);
  EXPECT_NEAR(tail / (4 * rows), 0.05, 0.005);
}

TEST(Random, BitsAreTheFirstWords) {
  const Random random(1, Stream::test);
  const auto words = random.words(17, 3);
  EXPECT_EQ(random.bits(17, 3), (std::uint64_t{words[1]} << 32) | words[0]);
  EXPECT_NE(words[2], words[0]);
}

TEST(OrderedSum, IsTheSameForAnyNumberOfThreads) {
  const auto term = [](std::size_t i) { return std::sin(static_cast<double>(i)) * 1e-3; };
  const int threads = omp_get_max_threads();
  const double here = ordered_sum(100'003, term);
  for (const int other : {1, 2, 3, 5}) {
    omp_set_num_threads(other);
    EXPECT_EQ(ordered_sum(100'003, term), here);
  }
  omp_set_num_threads(threads);
}

/// What was written to a temporary file so far.
std::string contents(std::FILE* file) {
  std::string text(1000, '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

std::string logged(LogStyle style) {
  std::FILE* file = std::tmpfile();
  Log log(file, style);
  log.info("hello");
  log.warn("careful");
  log.begin_phase("index", 10);
  log.advance(5);
  log.end_phase();
  std::string text = contents(file);
  std::fclose(file);
  return text;
}

TEST(Log, HasPlainLines) {
  const std::string all = logged(LogStyle::plain);
  EXPECT_NE(all.find("hello\nwarning: careful\nindex: "), std::string::npos);
  EXPECT_EQ(all.find('\r'), std::string::npos) << "no bar in a plain log";
}

TEST(Log, WarnsOfEachThingOnceAndKeepsTheList) {
  std::FILE* file = std::tmpfile();
  Log log(file, LogStyle::plain), silent;
  for (Log* one : {&log, &silent}) {
    one->warn("first");
    one->warn("second");
    one->warn("first");
    one->info_once("note");
    one->info_once("note");
    EXPECT_EQ(one->warnings(), (std::vector<std::string>{"first", "second"}));
  }
  EXPECT_EQ(contents(file), "warning: first\nwarning: second\nnote\n");
  std::fclose(file);
}

void wait_for_redraw() {
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
}

const std::string clear = "\r\033[K";

TEST(Log, DrawsABarWithPercentAndTimeLeftOnATerminal) {
  std::FILE* file = std::tmpfile();
  {
    Log log(file, LogStyle::terminal);
    log.begin_phase("index", 10);
    const Stopwatch watch;
    log.advance(1);
    const std::string at_once = contents(file);
    if (watch.seconds() < 0.1) {
      EXPECT_EQ(at_once, "") << "at most five times a second";
    }
    wait_for_redraw();
    log.advance(5);
    EXPECT_THAT(contents(file),
                testing::MatchesRegex("\r.\\[Kindex \\[#{15}\\.{15}\\]  50 %  0:0[0-9] left"));
    wait_for_redraw();
    log.advance(0);
    EXPECT_TRUE(contents(file).ends_with(clear + "index [" + std::string(30, '.') + "]   0 %  ? left"));
    log.info("a line");
    EXPECT_TRUE(contents(file).ends_with("left" + clear + "a line\n")) << "the bar makes room for a line";
    wait_for_redraw();
    log.advance(10);
    EXPECT_TRUE(contents(file).ends_with(clear + "index [" + std::string(30, '#') + "] 100 %  0:00 left"));
    log.end_phase();
    EXPECT_THAT(contents(file), testing::ContainsRegex("left\r.\\[Kindex: [0-9]+\\."));
  }
  EXPECT_TRUE(contents(file).ends_with(" s\n")) << "nothing is cleared twice";
  std::fclose(file);
}

TEST(Log, EndsWithoutABarStandingWhatEverHappens) {
  std::FILE* file = std::tmpfile();
  {
    Log log(file, LogStyle::terminal);
    log.begin_phase("index", 10);
    wait_for_redraw();
    log.advance(5);
  }
  EXPECT_TRUE(contents(file).ends_with("left" + clear));
  std::fclose(file);
}

TEST(Log, AFullDiskEndsNoRun) {
  std::FILE* file = std::fopen("/dev/full", "w");
  ASSERT_NE(file, nullptr);
  {
    Log log(file, LogStyle::terminal);
    EXPECT_NO_THROW(log.info("hello"));
    EXPECT_NO_THROW(log.warn("careful"));
    log.begin_phase("index", 10);
    wait_for_redraw();
    EXPECT_NO_THROW(log.advance(5));
  }
  std::fclose(file);
}

}  // namespace
}  // namespace fleetsne::base
