#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace fleetsne::base {

/// Where progress is drawn as a bar that is overwritten (a terminal) or as plain lines (a batch log).
enum class LogStyle { terminal, plain };

/// The run's log on stderr. Rank 0 holds an enabled one, all others a silent one, so that callers need not
/// ask which rank they are. Not thread safe: only a process's first thread speaks. What cannot be written (a
/// full disk) is lost without a word: no run ends for want of its log.
class Log {
 public:
  /// A log that says nothing.
  Log() = default;
  Log(std::FILE* stream, LogStyle style) : stream_(stream), style_(style) {}
  /// Takes away a bar that an error left standing, so that its message has a line of its own. The stream must
  /// still be open.
  ~Log() { clear_bar(); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void info(const std::string& line);
  /// As info, unless the same line was written by info_once before.
  void info_once(const std::string& line);
  /// "warning: ...", and an entry of `warnings`. A line that was already warned of is passed over: several
  /// stages may look at the same file.
  void warn(const std::string& line);
  /// Everything that this rank has warned of, each line once, in order; of a silent log too.
  const std::vector<std::string>& warnings() const { return warnings_; }

  /// A long phase begins: `total` units of work. On a terminal a bar with the time that is left, drawn at
  /// most five times a second; in a plain log nothing until `end_phase`.
  void begin_phase(const std::string& name, std::int64_t total);
  void advance(std::int64_t done);
  /// The phase is over: its line stays, with the seconds it took.
  void end_phase();

 private:
  void write(const std::string& text);
  void clear_bar();
  void draw_bar();

  using Clock = std::chrono::steady_clock;
  std::FILE* stream_ = nullptr;  // none: silent
  LogStyle style_ = LogStyle::plain;
  std::vector<std::string> warnings_, once_;
  std::string phase_;
  std::int64_t total_ = 0, done_ = 0;
  Clock::time_point phase_start_{}, last_drawn_{};
  bool bar_visible_ = false;
};

}  // namespace fleetsne::base
