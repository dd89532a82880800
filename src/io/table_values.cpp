#include "table_values.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace fleetsne::io {
namespace {

bool is_blank(char letter) {
  return letter == ' ' || letter == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

/// Beyond float64: from_chars leaves the value and does not say at which end.
double out_of_range(std::string_view text) {
  const std::size_t exponent = text.find_first_of("eE");
  const bool small = exponent != std::string_view::npos && text.substr(exponent + 1).starts_with('-');
  const double size = small ? 0.0 : std::numeric_limits<double>::infinity();
  return text.starts_with('-') ? -size : size;
}

}  // namespace

void QuoteScanner::scan(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (inside_) {
      if (letter != '"') continue;
      if (i + 1 < text.size() && text[i + 1] == '"') {
        ++i;
      } else {
        inside_ = false;
      }
      continue;
    }
    if (letter == '"' && at_begin_) inside_ = true;
    const bool separates =
        separator_ == 0 ? table_separators.find(letter) != std::string_view::npos : letter == separator_;
    at_begin_ = separates || (at_begin_ && is_blank(letter));
  }
}

TableValues::TableValues(std::string_view line, char separator)
    : at_(line.data()), end_(line.data() + line.size()), separator_(separator) {
  if (separator_ != ' ') return;
  while (end_ != at_ && is_blank(end_[-1])) --end_;
  skip_blanks();
}

/// Blanks that do not separate.
void TableValues::skip_blanks() {
  while (at_ != end_ && is_blank(*at_) && (*at_ != separator_ || separator_ == ' ')) ++at_;
}

void TableValues::end_value(const char* at) {
  done_ = at == end_;
  at_ = done_ ? end_ : at + 1;
  if (separator_ == ' ') skip_blanks();
}

std::optional<TableValue> TableValues::next() {
  if (done_) return std::nullopt;
  skip_blanks();
  if (at_ != end_ && *at_ == '"') {
    const char* close = at_ + 1;
    for (;;) {
      close = std::find(close, end_, '"');
      if (close == end_ || close + 1 == end_ || close[1] != '"') break;
      close += 2;  // a quote in the value is written twice
    }
    const char* after = close == end_ ? end_ : close + 1;
    while (after != end_ && is_blank(*after) && *after != separator_) ++after;
    if (close != end_ && (after == end_ || *after == separator_)) {
      const TableValue value{{at_ + 1, static_cast<std::size_t>(close - at_ - 1)}, true};
      end_value(after);
      return value;
    }
  }
  const char* const end = std::find(at_, end_, separator_);
  const TableValue value{trimmed({at_, static_cast<std::size_t>(end - at_)}), false};
  end_value(end);
  return value;
}

std::optional<double> TableValues::next_number() {
  if (done_) return std::nullopt;
  skip_blanks();
  double value = 0;
  const auto [end, error] = std::from_chars(at_, end_, value);
  if (error != std::errc{} || (end != end_ && *end != separator_) || !std::isfinite(value))
    return std::nullopt;
  end_value(end);
  return value;
}

std::vector<TableValue> values_of(std::string_view line, char separator) {
  std::vector<TableValue> result;
  TableValues values(line, separator);
  while (const auto value = values.next()) result.push_back(*value);
  return result;
}

std::string text_of(TableValue value) {
  std::string result;
  for (std::size_t i = 0; i < value.text.size(); ++i) {
    result += value.text[i];
    if (value.quoted && value.text.substr(i).starts_with("\"\"")) ++i;
  }
  return base::valid_utf8(result);
}

std::optional<double> number_from(std::string_view text, bool decimal_comma) {
  std::array<char, 64> changed{};
  if (decimal_comma) {
    const std::size_t comma = text.find(',');
    if (text.size() > changed.size() || text.find('.') != std::string_view::npos) return std::nullopt;
    std::ranges::copy(text, changed.begin());
    if (comma != std::string_view::npos) changed[comma] = '.';
    text = {changed.data(), text.size()};
  }
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error == std::errc::invalid_argument) {
    if (equals_ignoring_case(text, "true")) return 1.0;
    if (equals_ignoring_case(text, "false")) return 0.0;
    return std::nullopt;
  }
  if (end != text.data() + text.size()) return std::nullopt;
  return error == std::errc::result_out_of_range ? out_of_range(text) : value;
}

bool is_missing(std::string_view text) {
  constexpr std::array<std::string_view, 14> marks{"",     "na",   "n/a", "#n/a", "nan", "null", "none",
                                                   "<na>", "-nan", "nat", ".",    "-",   "?",    "missing"};
  text = trimmed(text);
  if (std::ranges::any_of(marks, [&](std::string_view mark) { return equals_ignoring_case(text, mark); }))
    return true;
  const auto number = number_from(text, false);
  return number && std::isnan(*number);
}

void fail_for_width(const std::string& path, std::int64_t line, std::size_t found, std::size_t columns) {
  throw base::InputError(fmt::format(
      "{}, line {}: there {} {} value{} (the table has {} column{}). Check whether a value or a "
      "separator is missing, or one too many",
      path, line, found == 1 ? "is" : "are", found, found == 1 ? "" : "s", columns, columns == 1 ? "" : "s"));
}

std::string shown(std::string_view value) {
  constexpr std::size_t most = 24;
  std::string text(value.substr(0, most));
  for (char& letter : text)
    if (letter < 0x20 || letter == 0x7f) letter = '?';  // bytes beyond ASCII are negative or not, both '?'
  return value.empty() ? "an empty value" : "\"" + text + (value.size() > most ? "...\"" : "\"");
}

}  // namespace fleetsne::io
