#pragma once

#include <string>
#include <vector>

namespace fleetsne::plot {

/// Numbers between low and high, ascending, that a reader likes on a scale: 1, 2 or 5 times a power of ten
/// apart, about `wanted` of them.
std::vector<double> nice_ticks(double low, double high, int wanted);

/// Places on a scale and what stands beside them, no two alike.
struct Ticks {
  std::vector<double> places;
  std::vector<std::string> texts;
  std::string offset{};  ///< what is to be added to every text ("+ 1,700,000,000"); empty: nothing
};

/// Ticks with whole numbers as texts.
Ticks axis_ticks(double low, double high, int wanted);

/// Ticks whose texts are short: of numbers that differ only in their last digits, what they have in common is
/// the offset.
Ticks number_ticks(double low, double high, int wanted);

/// Ticks at whole years, months, days, hours, minutes or seconds, with dates as texts.
/// @param low, high  seconds since 1970-01-01 00:00; beyond year 25000, or within a microsecond, as numbers
Ticks time_ticks(double low, double high, int wanted);

}  // namespace fleetsne::plot
