#include "fleetsne/plot/ticks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace fleetsne::plot {
namespace {

using ::testing::ElementsAre;

constexpr double day = 86400, new_year = 1798761600;  // 2027-01-01

TEST(NumberTicks, OfLargeNumbersShowWhatDiffers) {
  const Ticks seconds = number_ticks(1.7e9, 1.7e9 + 3 * day, 5);
  EXPECT_EQ(seconds.offset, "+ 1,700,000,000");
  EXPECT_THAT(seconds.texts, ElementsAre("0", "50000", "100000", "150000", "200000", "250000"));
  EXPECT_EQ(seconds.places[1], 1.7e9 + 50000);
  EXPECT_EQ(number_ticks(5400000.0, 5400000.7, 5).offset, "+ 5,400,000");
  EXPECT_EQ(number_ticks(-3, 7, 5).offset, "");
  EXPECT_EQ(number_ticks(0, 5e6, 5).offset, "");
}

TEST(NumberTicks, AreDistinctInsideAndFewAtAnySize) {
  for (const double low : {-1.7e18, -5e6, 0.0, 1e-30, 1e9, 1.7e18, 1e300})
    for (const double range : {1e-9, 1.0, 86400.0, 1e15, 1e300}) {
      const double high = low + range;
      for (const Ticks& ticks :
           {number_ticks(low, high, 5), time_ticks(low, high, 5), axis_ticks(low, high, 5)}) {
        EXPECT_EQ(ticks.places.size(), ticks.texts.size());
        EXPECT_LE(ticks.places.size(), 13U);
        EXPECT_EQ(std::set(ticks.texts.begin(), ticks.texts.end()).size(), ticks.texts.size())
            << low << " " << range;
      }
    }
}

TEST(TimeTicks, StandAtWholeUnits) {
  const auto texts = [](double low, double high) { return time_ticks(low, high, 4).texts; };
  EXPECT_THAT(texts(new_year - 1.5 * day, new_year + day),
              ElementsAre("2026-12-30 12:00", "2026-12-31 00:00", "2026-12-31 12:00", "2027-01-01 00:00",
                          "2027-01-01 12:00", "2027-01-02 00:00"));
  EXPECT_THAT(texts(new_year - 4 * day, new_year + 3.5 * day),
              ElementsAre("2026-12-29", "2026-12-31", "2027-01-02", "2027-01-04"));
  EXPECT_THAT(texts(new_year - 100 * day, new_year + 40 * day),
              ElementsAre("2026-10", "2026-11", "2026-12", "2027-01", "2027-02"));
  EXPECT_THAT(texts(new_year, new_year + 20),
              ElementsAre("2027-01-01 00:00:00", "2027-01-01 00:00:05", "2027-01-01 00:00:10",
                          "2027-01-01 00:00:15", "2027-01-01 00:00:20"));
  EXPECT_THAT(texts(new_year, new_year + 1),
              ElementsAre("2027-01-01 00:00:00.0", "2027-01-01 00:00:00.2", "2027-01-01 00:00:00.4",
                          "2027-01-01 00:00:00.6", "2027-01-01 00:00:00.8", "2027-01-01 00:00:01.0"));
  EXPECT_THAT(texts(-40 * 365.25 * day, new_year), ElementsAre("1940", "1960", "1980", "2000", "2020"));
}

}  // namespace
}  // namespace fleetsne::plot
