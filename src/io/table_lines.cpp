#include "table_lines.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include "table_values.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace fleetsne::io {
namespace {

/// A longer line is not a row of numbers but a file without lines.
constexpr std::size_t max_line = std::size_t{64} << 20;
/// No value is as long as this: its quote was never closed.
constexpr std::size_t max_quoted = std::size_t{1} << 20;
/// The file is read in pieces that stay in the processor's cache.
constexpr std::size_t piece_bytes = std::size_t{1} << 18;
/// The kind of line end is decided by the first bytes.
constexpr std::size_t line_end_bytes = std::size_t{1} << 18;

/// The separator that a line such as "sep=;" declares, or 0.
char declared_separator_of(std::string_view line) {
  if (line.size() >= 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  const bool declares = line.size() == 5 && (line.starts_with("sep=") || line.starts_with("SEP="));
  return declares && table_separators.find(line.back()) != std::string_view::npos ? line.back() : '\0';
}

/// Whether a line begins with a value of Excel's that looks like a comment.
bool begins_with_error_value(std::string_view line) {
  constexpr std::array<std::string_view, 7> values{"#N/A",  "#DIV/0!", "#NUM!", "#VALUE!",
                                                   "#REF!", "#NAME?",  "#NULL!"};
  return std::ranges::any_of(values, [&](std::string_view value) {
    return line.starts_with(value) && (line.size() == value.size() ||
                                       table_separators.find(line[value.size()]) != std::string_view::npos);
  });
}

}  // namespace

TableLines::TableLines(ByteStream& stream, char separator)
    : text_(stream),
      path_(stream.path()),
      separator_(separator),
      buffer_(std::clamp<std::size_t>(transfer_limit(), 64, piece_bytes)) {
  find_line_end();
}

std::optional<std::string_view> TableLines::next() {
  while (auto line = any()) {
    if (line->ends_with('\r')) line->remove_suffix(1);
    if (has_row(*line)) return line;
  }
  return std::nullopt;
}

std::vector<SampleLine> TableLines::sample(std::size_t max_lines, std::size_t max_bytes) {
  constexpr std::size_t min_lines = 3;
  keeps_ = true;
  std::vector<SampleLine> result;
  std::size_t bytes = 0;
  while (result.size() < max_lines && (bytes < max_bytes || result.size() < min_lines)) {
    const auto line = next();
    if (!line) break;
    result.push_back({number_, std::string(*line)});
    bytes += line->size();
  }
  at_ = 0;
  number_ = comments_ = 0;
  next_number_ = 1;
  keeps_ = false;
  return result;
}

bool TableLines::has_row(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return false;
  if (line[begin] == '#' && !begins_with_error_value(line.substr(begin))) {
    ++comments_;
    return false;
  }
  if (number_ != 1) return true;
  declared_separator_ = declared_separator_of(line);
  return declared_separator_ == 0;
}

std::optional<std::string_view> TableLines::any() {
  QuoteScanner quotes(separator_);
  std::size_t seen = 0;
  std::int64_t lines = 0;
  for (;;) {
    const char* begin = buffer_.data() + at_;
    const std::size_t length = filled_ - at_;
    const auto* end = static_cast<const char*>(std::memchr(begin + seen, line_end_, length - seen));
    if (end == nullptr && !text_.at_end()) {
      fill();
      continue;
    }
    if (end == nullptr && length == 0) return std::nullopt;
    const std::size_t line_length = end == nullptr ? length : static_cast<std::size_t>(end - begin);
    ++lines;
    const std::string_view part(begin + seen, line_length - seen);
    if (quotes.inside() || std::memchr(part.data(), '"', part.size()) != nullptr) quotes.scan(part);
    if (quotes.inside() && (end == nullptr || line_length > max_quoted))
      throw base::InputError(fmt::format(
          "{}, line {}: a quote is opened and not closed (what follows would be one value). Close "
          "or remove it",
          path_, next_number_));
    if (quotes.inside()) {
      seen = line_length + 1;
      continue;
    }
    at_ += line_length + (end == nullptr ? 0 : 1);
    number_ = next_number_;
    next_number_ += lines;
    return std::string_view(begin, line_length);
  }
}

/// CR ends lines where there is no LF.
void TableLines::find_line_end() {
  keeps_ = true;
  const auto has = [&](char letter) { return std::memchr(buffer_.data(), letter, filled_) != nullptr; };
  while (!has('\n') && filled_ < line_end_bytes && !text_.at_end()) fill();
  if (!has('\n') && has('\r')) line_end_ = '\r';
  keeps_ = false;
}

void TableLines::fill() {
  if (!keeps_) {
    std::memmove(buffer_.data(), buffer_.data() + at_, filled_ - at_);
    filled_ -= at_;
    at_ = 0;
  }
  if (buffer_.size() - filled_ < 4) {  // room for a letter
    if (filled_ - at_ >= max_line)
      throw base::InputError(fmt::format(
          "{} has no end of line within {} MiB (a table has a line for each row). Check what it holds", path_,
          max_line >> 20));
    buffer_.resize(2 * buffer_.size());
  }
  filled_ += text_.read(std::span(buffer_).subspan(filled_));
}

}  // namespace fleetsne::io
