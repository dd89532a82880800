#include "fleetsne/base/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fleetsne::base {
namespace {

constexpr int bar_width = 30;
constexpr auto redraw_every = std::chrono::milliseconds(200);

std::string duration(double seconds) {
  const auto s = static_cast<std::int64_t>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

/// Whether the line was not there.
bool add_if_new(std::vector<std::string>& lines, const std::string& line) {
  if (std::ranges::find(lines, line) != lines.end()) return false;
  lines.push_back(line);
  return true;
}

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

/// Not fmt::print, which throws if the stream takes no more.
void Log::write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream_);
  std::fflush(stream_);
}

void Log::info(const std::string& line) {
  if (stream_ == nullptr) return;
  clear_bar();
  write(line + "\n");
}

void Log::info_once(const std::string& line) {
  if (!add_if_new(once_, line)) return;
  info(line);
}

void Log::warn(const std::string& line) {
  if (!add_if_new(warnings_, line)) return;
  if (stream_ == nullptr) return;
  clear_bar();
  write(fmt::format("warning: {}\n", line));
}

void Log::begin_phase(const std::string& name, std::int64_t total) {
  phase_ = name;
  total_ = std::max<std::int64_t>(total, 1);
  done_ = 0;
  phase_start_ = last_drawn_ = Clock::now();
}

void Log::advance(std::int64_t done) {
  done_ = std::min(done, total_);
  if (stream_ == nullptr || style_ != LogStyle::terminal) return;
  const auto time = Clock::now();
  if (time - last_drawn_ < redraw_every) return;
  last_drawn_ = time;
  draw_bar();
}

void Log::draw_bar() {
  const double share = static_cast<double>(done_) / static_cast<double>(total_);
  const int filled = static_cast<int>(share * bar_width);
  const double spent = since(phase_start_);
  const std::string left = done_ > 0 ? duration(spent / share - spent) : "?";
  write(fmt::format("\r\033[K{} [{}{}] {:3.0f} %  {} left", phase_,
                    std::string(static_cast<std::size_t>(filled), '#'),
                    std::string(static_cast<std::size_t>(bar_width - filled), '.'), 100 * share, left));
  bar_visible_ = true;
}

void Log::clear_bar() {
  if (!bar_visible_) return;
  write("\r\033[K");
  bar_visible_ = false;
}

void Log::end_phase() {
  if (phase_.empty()) return;
  info(fmt::format("{}: {:.2f} s", phase_, since(phase_start_)));
  phase_.clear();
}

}  // namespace fleetsne::base
