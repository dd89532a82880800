#include "fleetsne/plot/ticks.hpp"

#include "fleetsne/plot/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace fleetsne::plot {
namespace {

/// More digits than this make a text of a large or tiny number too long.
constexpr int most_digits = 4, most_plain_digits = 7;

double step_of(const std::vector<double>& ticks) {
  return ticks.size() > 1 ? ticks[1] - ticks[0] : std::max(1e-3, ticks.empty() ? 1 : std::abs(ticks[0]));
}

double largest(const std::vector<double>& ticks) {
  double size = 0;
  for (const double tick : ticks) size = std::max(size, std::abs(tick));
  return size;
}

/// Digits that distinguish numbers of this size at this distance.
int digits_needed(double size, double step) {
  return size < step ? 1 : static_cast<int>(std::floor(std::log10(size)) - std::floor(std::log10(step))) + 1;
}

/// Whether numbers are written with a power of ten.
bool needs_power(double size, double step) {
  return size >= 1e6 || step >= 1e6 || step < 1e-5;
}

/// A number with no more digits than `step` between ticks needs, and a true minus.
std::string tick_text(double value, double step) {
  const double size = std::abs(value) < 1e-9 * step ? 0 : std::abs(value);
  const char* sign = value < 0 && size > 0 ? "\u2212" : "";
  if (needs_power(size, step))
    return fmt::format("{}{:.{}g}", sign, size, std::max(most_digits, digits_needed(size, step)));
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
  return fmt::format("{}{:.{}f}", sign, size, decimals);
}

std::vector<std::string> tick_texts(const std::vector<double>& ticks) {
  std::vector<std::string> texts;
  for (const double tick : ticks) texts.push_back(tick_text(tick, step_of(ticks)));
  return texts;
}

std::string offset_text(double offset) {
  const bool whole = std::abs(offset) < 1e15 && offset == std::floor(offset);
  const std::string size =
      whole ? with_thousands(std::llabs(std::llround(offset))) : fmt::format("{:.15g}", std::abs(offset));
  return (offset < 0 ? "\u2212 " : "+ ") + size;
}

constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
constexpr std::array time_steps{std::int64_t{1},
                                std::int64_t{2},
                                std::int64_t{5},
                                std::int64_t{10},
                                std::int64_t{15},
                                std::int64_t{30},
                                minute,
                                2 * minute,
                                5 * minute,
                                10 * minute,
                                15 * minute,
                                30 * minute,
                                hour,
                                2 * hour,
                                3 * hour,
                                6 * hour,
                                12 * hour,
                                day,
                                2 * day,
                                5 * day,
                                10 * day};
constexpr std::array month_steps{1, 3, 6};
constexpr double days_of_month = 30.436875;
/// Times between which there is no usable date, in seconds: beyond year 25000, and closer than doubles of
/// today are.
constexpr double last_second = 7.2e11, shortest_time = 1e-6;

std::chrono::year_month_day date_of(double seconds) {
  const auto days = static_cast<int>(std::floor(seconds / static_cast<double>(day)));
  return std::chrono::sys_days(std::chrono::days(days));
}

int year_of(std::chrono::year_month_day date) {
  return static_cast<int>(date.year());
}

double start_of_month(int year, int month) {
  const std::chrono::sys_days first = std::chrono::year(year) / month / 1;
  return static_cast<double>(first.time_since_epoch().count() * day);
}

std::string date_text(double seconds) {
  const auto date = date_of(seconds);
  return fmt::format("{:04}-{:02}-{:02}", year_of(date), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

/// Date and time, as fine as ticks so far apart need.
std::string moment_text(double seconds, double step) {
  if (step >= day) return date_text(seconds);
  const double of_day = seconds - std::floor(seconds / day) * day;
  const auto minutes = static_cast<int>(of_day / minute);
  std::string text = fmt::format("{} {:02}:{:02}", date_text(seconds), minutes / 60, minutes % 60);
  if (step >= minute) return text;
  const int decimals =
      step >= 1 ? 0 : std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 1, 9);
  return text +
         fmt::format(":{:0{}.{}f}", of_day - minutes * 60.0, decimals == 0 ? 2 : decimals + 3, decimals);
}

/// Fractions of a second.
Ticks instants(double low, double high, int wanted) {
  const double second = std::floor(low);
  Ticks ticks;
  ticks.places = nice_ticks(low - second, high - second, wanted);
  const double step = step_of(ticks.places);
  for (double& place : ticks.places) ticks.texts.push_back(moment_text(place += second, step));
  return ticks;
}

Ticks multiples(double low, double high, double step) {
  Ticks ticks;
  for (double place = std::ceil(low / step) * step; place <= high; place += step) {
    ticks.places.push_back(place);
    ticks.texts.push_back(moment_text(place, step));
  }
  return ticks;
}

Ticks months(double low, double high, int step) {
  Ticks ticks;
  const int first = year_of(date_of(low)) * 12, last = year_of(date_of(high)) * 12 + 11;
  for (int month = first; month <= last; month += step) {
    const int year = static_cast<int>(std::floor(month / 12.0)), of_year = month - 12 * year + 1;
    const double place = start_of_month(year, of_year);
    if (place < low || place > high) continue;
    ticks.places.push_back(place);
    ticks.texts.push_back(fmt::format("{:04}-{:02}", year, of_year));
  }
  return ticks;
}

Ticks years(double low, double high, int wanted) {
  Ticks ticks;
  for (const double year : nice_ticks(year_of(date_of(low)), year_of(date_of(high)), wanted)) {
    const double place = start_of_month(static_cast<int>(year), 1);
    if (year != std::floor(year) || place < low || place > high) continue;
    ticks.places.push_back(place);
    ticks.texts.push_back(fmt::format("{:04}", static_cast<int>(year)));
  }
  return ticks;
}

}  // namespace

std::vector<double> nice_ticks(double low, double high, int wanted) {
  std::vector<double> ticks;
  if (!(high > low)) return {low};
  const double rough = (high - low) / std::max(1, wanted);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double share = rough / power;
  const double step = power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
  const double slack = 1e-9 * step, first = std::ceil((low - slack) / step);
  for (int k = 0; (first + k) * step <= high + slack && k <= 2 * wanted + 2; ++k) {
    const double tick = (first + k) * step + 0.0;
    // Numbers may be so large that none lies between.
    if (ticks.empty() || tick > ticks.back()) ticks.push_back(tick);
  }
  return ticks;
}

Ticks axis_ticks(double low, double high, int wanted) {
  Ticks ticks;
  ticks.places = nice_ticks(low, high, wanted);
  ticks.texts = tick_texts(ticks.places);
  return ticks;
}

Ticks number_ticks(double low, double high, int wanted) {
  Ticks ticks = axis_ticks(low, high, wanted);
  const double size = largest(ticks.places), step = step_of(ticks.places);
  const int digits = digits_needed(size, step);
  if (!(high > low) || digits <= (needs_power(size, step) ? most_digits : most_plain_digits)) return ticks;
  const double unit = std::pow(10.0, std::ceil(std::log10(high - low)));
  const double offset = std::floor(low / unit) * unit;
  ticks = axis_ticks(low - offset, high - offset, wanted);
  for (double& place : ticks.places) place += offset;
  ticks.offset = offset_text(offset);
  return ticks;
}

Ticks time_ticks(double low, double high, int wanted) {
  if (high - low < shortest_time || std::abs(low) > last_second || std::abs(high) > last_second)
    return number_ticks(low, high, wanted);
  const double rough = (high - low) / (wanted + 1);
  if (rough < 0.5) return instants(low, high, wanted);
  for (const std::int64_t step : time_steps)
    if (static_cast<double>(step) >= rough) return multiples(low, high, static_cast<double>(step));
  for (const int step : month_steps)
    if (step * days_of_month * day >= rough) return months(low, high, step);
  return years(low, high, wanted);
}

}  // namespace fleetsne::plot
