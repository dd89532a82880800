#include "fleetsne/run/checkpoint_config.hpp"

#include <fmt/format.h>

#include <charconv>
#include <vector>

namespace fleetsne::run {
namespace {

constexpr double most_seconds = 1e9;

std::optional<double> whole(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> seconds_of(const std::string& time) {
  std::string_view rest = time;
  double seconds = 0;
  const std::size_t dash = rest.find('-');
  const bool days = dash != std::string_view::npos;
  if (days) {
    const auto count = whole(rest.substr(0, dash));
    if (!count) return std::nullopt;
    seconds = *count * 86400;
    rest.remove_prefix(dash + 1);
  }
  std::vector<double> parts;
  while (true) {
    const std::size_t colon = rest.find(':');
    const auto part = whole(rest.substr(0, colon));
    if (!part) return std::nullopt;
    parts.push_back(*part);
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  if (parts.size() > 3) return std::nullopt;
  // With days the first is hours; without, the last is seconds.
  double unit = days ? 3600 : parts.size() == 3 ? 3600 : parts.size() == 2 ? 60 : 1;
  for (const double part : parts) {
    seconds += part * unit;
    unit /= 60;
  }
  if (seconds > most_seconds) return std::nullopt;
  return seconds;
}

void check_checkpoint(const CheckpointConfig& config, Problems& problems) {
  problems.require(
      config.minutes >= 0,
      fmt::format("--checkpoint.minutes is {} (a time is not negative). Give 0 for none", config.minutes));
  problems.require(!config.resume.empty(),
                   "--resume is empty (it says what to go on from). Give auto, never or a folder");
  problems.require(
      config.max_wall_time.empty() || seconds_of(config.max_wall_time).has_value(),
      fmt::format("--max-wall-time is {} (it is seconds, or as Slurm spells it, 2:30:00 or 1-12:00:00). "
                  "Spell it so",
                  config.max_wall_time));
}

}  // namespace fleetsne::run
