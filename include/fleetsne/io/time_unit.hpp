#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fleetsne::io {

/// A unit of time: `seconds` / `per` seconds. numpy's datetime64 counts such units since 1970-01-01 00:00 in
/// integers of 64 bits, the least of which stands for a missing time (NaT).
struct TimeUnit {
  std::int64_t seconds = 1, per = 1;
};

/// The unit that numpy calls "ns", or "25s" for 25 seconds. None for months and years, which are not all of
/// one length, and for what is not a unit.
std::optional<TimeUnit> parse_time_unit(std::string_view unit);
/// The same for a type that numpy calls "<M8[ns]"; none if it is of another kind.
std::optional<TimeUnit> time_unit_of_type(std::string_view type);

/// Seconds since 1970-01-01 00:00, NaN where a time is missing.
void to_seconds(TimeUnit unit, std::span<const std::int64_t> counts, std::span<double> seconds);

/// Seconds since 1970-01-01 00:00 (UTC where no offset is given) of a date and perhaps a time of day as in
/// 2024-03-01, 2024-03-01 12:30 or 2024-03-01T12:30:00.5+01:00; none for another text.  [ISO 8601]
std::optional<double> parse_iso_date(std::string_view text);

}  // namespace fleetsne::io
