#include "fleetsne/io/time_unit.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <system_error>
#include <utility>

namespace fleetsne::io {
namespace {

constexpr std::int64_t missing_time = std::numeric_limits<std::int64_t>::min();

/// Takes text from its front.
class TextScanner {
 public:
  explicit TextScanner(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool skip(char letter) { return skip_one_of(std::string_view(&letter, 1)) != '\0'; }
  /// The letter that stands there, 0 if it is none of these.
  char skip_one_of(std::string_view letters) {
    if (text_.empty() || letters.find(text_.front()) == std::string_view::npos) return '\0';
    const char letter = text_.front();
    text_.remove_prefix(1);
    return letter;
  }
  /// A number of exactly this many digits, if one is there.
  std::optional<int> digits(std::size_t count) {
    const std::string_view digits = text_.substr(0, count);
    const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
    if (digits.size() < count || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
    int value = 0;
    std::from_chars(digits.data(), digits.data() + count, value);
    text_.remove_prefix(count);
    return value;
  }
  /// What follows a decimal point.
  std::optional<double> fraction() {
    double value = 0, unit = 1;
    while (const auto digit = digits(1)) value += *digit * (unit /= 10);
    return unit < 1 ? std::optional(value) : std::nullopt;
  }

 private:
  std::string_view text_;
};

/// Seconds since midnight: 12:30, 12:30:00 or 12:30:00.5.
std::optional<double> scan_time_of_day(TextScanner& text) {
  const auto hour = text.digits(2);
  if (!hour || *hour > 23 || !text.skip(':')) return std::nullopt;
  const auto minute = text.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  double seconds = *hour * 3600.0 + *minute * 60.0;
  if (!text.skip(':')) return seconds;
  const auto second = text.digits(2);
  if (!second || *second > 60) return std::nullopt;
  seconds += *second;
  if (!text.skip_one_of(".,")) return seconds;
  const auto fraction = text.fraction();
  return fraction ? std::optional(seconds + *fraction) : std::nullopt;
}

/// Seconds ahead of UTC: Z, +01, +0100, +01:00, or nothing.
std::optional<double> scan_offset(TextScanner& text) {
  if (text.at_end() || text.skip('Z')) return 0;
  const char sign = text.skip_one_of("+-");
  const auto hours = text.digits(2);
  if (sign == '\0' || !hours) return std::nullopt;
  text.skip(':');
  const double seconds = *hours * 3600.0 + text.digits(2).value_or(0) * 60.0;
  return sign == '-' ? -seconds : seconds;
}

}  // namespace

std::optional<TimeUnit> parse_time_unit(std::string_view unit) {
  constexpr std::pair<std::string_view, TimeUnit> units[] = {
      {"W", {604'800, 1}}, {"D", {86'400, 1}}, {"h", {3'600, 1}},      {"m", {60, 1}},
      {"s", {1, 1}},       {"ms", {1, 1'000}}, {"us", {1, 1'000'000}}, {"ns", {1, 1'000'000'000}}};
  std::int32_t count = 1;
  const auto parsed = std::from_chars(unit.data(), unit.data() + unit.size(), count);
  if (parsed.ec == std::errc::result_out_of_range || count < 1) return std::nullopt;
  unit.remove_prefix(static_cast<std::size_t>(parsed.ptr - unit.data()));
  for (const auto& [name, known] : units)
    if (unit == name) return TimeUnit{count * known.seconds, known.per};
  return std::nullopt;
}

std::optional<TimeUnit> time_unit_of_type(std::string_view type) {
  constexpr std::string_view begin = "M8[";  // of 8 bytes, always
  if (type.empty() || !type.substr(1).starts_with(begin) || !type.ends_with(']')) return std::nullopt;
  return parse_time_unit(type.substr(1 + begin.size(), type.size() - begin.size() - 2));
}

void to_seconds(TimeUnit unit, std::span<const std::int64_t> counts, std::span<double> seconds) {
  std::transform(counts.begin(), counts.end(), seconds.begin(), [&](std::int64_t count) {
    if (count == missing_time) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(count) * static_cast<double>(unit.seconds) / static_cast<double>(unit.per);
  });
}

std::optional<double> parse_iso_date(std::string_view text) {
  TextScanner scanner(text);
  const auto year = scanner.digits(4);
  if (!year || !scanner.skip('-')) return std::nullopt;
  const auto month = scanner.digits(2);
  if (!month || !scanner.skip('-')) return std::nullopt;
  const auto day = scanner.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  const double midnight = static_cast<double>(days) * 86'400.0;
  if (scanner.at_end()) return midnight;
  if (!scanner.skip_one_of("T ")) return std::nullopt;
  const auto time = scan_time_of_day(scanner);
  if (!time) return std::nullopt;
  const auto offset = scan_offset(scanner);
  if (!offset || !scanner.at_end()) return std::nullopt;
  return midnight + *time - *offset;
}

}  // namespace fleetsne::io
