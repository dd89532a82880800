#include "fleetsne/io/table.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace fleetsne::io {
namespace {

/// A longer line is no row of numbers but a file without lines.
constexpr std::size_t longest_line = std::size_t{64} << 20;

/// The lines of a file, without their ends; those that hold no row are passed over.
class Lines {
 public:
  explicit Lines(ByteStream& stream)
      : stream_(stream), buffer_(std::max<std::size_t>(transfer_limit(), 64)) {}

  /// The next line, valid until the one after it; none at the end of the file.
  std::optional<std::string_view> next() {
    while (auto line = any()) {
      if (line->ends_with('\r')) line->remove_suffix(1);
      if (number_ == 1 && line->starts_with("\xef\xbb\xbf")) line->remove_prefix(3);
      const std::size_t begin = line->find_first_not_of(" \t");
      if (begin != std::string_view::npos && (*line)[begin] != '#') return line;
    }
    return std::nullopt;
  }
  /// Of the last line, counted from 1.
  std::int64_t number() const { return number_; }

 private:
  std::optional<std::string_view> any() {
    std::size_t seen = 0;
    for (;;) {
      const char* begin = buffer_.data() + at_;
      const auto* end = static_cast<const char*>(std::memchr(begin + seen, '\n', filled_ - at_ - seen));
      if (end != nullptr || (at_end_ && at_ < filled_)) {
        const auto length = end != nullptr ? static_cast<std::size_t>(end - begin) : filled_ - at_;
        at_ += length + (end != nullptr ? 1 : 0);
        ++number_;
        return std::string_view(begin, length);
      }
      if (at_end_) return std::nullopt;
      seen = filled_ - at_;
      fill();
    }
  }

  void fill() {
    std::memmove(buffer_.data(), buffer_.data() + at_, filled_ - at_);
    filled_ -= at_;
    at_ = 0;
    if (filled_ == buffer_.size()) {
      if (filled_ >= longest_line)
        throw base::InputError(fmt::format(
            "{} has no end of line within {} MiB (a table has a line for each row). Check what it holds",
            stream_.path(), longest_line >> 20));
      buffer_.resize(2 * filled_);
    }
    const auto free = std::span(buffer_).subspan(filled_);
    const std::size_t read = stream_.read_some(offset_, std::as_writable_bytes(free));
    offset_ += static_cast<std::int64_t>(read);
    filled_ += read;
    at_end_ = read < free.size();
  }

  ByteStream& stream_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  std::int64_t offset_ = 0, number_ = 0;
  bool at_end_ = false;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

/// The whole text as a number, NaN and infinity included.
std::optional<double> number_from(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (error == std::errc::invalid_argument) return std::nullopt;
  // Beyond float64: from_chars leaves the value and does not say at which end.
  if (error == std::errc::result_out_of_range) {
    const std::size_t exponent = text.find_first_of("eE");
    const bool small = exponent != std::string_view::npos && text.substr(exponent + 1).starts_with('-');
    return small ? 0.0 : std::numeric_limits<double>::infinity();
  }
  return value;
}

/// Cuts the values off a line one by one.
class Values {
 public:
  Values(std::string_view line, char separator) : rest_(line), separator_(separator) {
    if (separator_ == ' ') rest_ = trimmed_blanks(rest_);
  }

  std::optional<std::string_view> next() {
    if (done_) return std::nullopt;
    const std::size_t end = end_of_value();
    const std::string_view value = rest_.substr(0, end);
    done_ = end == rest_.size();
    rest_.remove_prefix(done_ ? end : end + 1);
    if (separator_ == ' ') rest_ = trimmed_blanks(rest_);
    return trimmed(value);
  }

 private:
  static std::string_view trimmed_blanks(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
  }
  /// A separator between quotes does not count.
  std::size_t end_of_value() const {
    bool quoted = false;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '"') quoted = !quoted;
      if (rest_[i] == separator_ && !quoted) return i;
    }
    return rest_.size();
  }

  std::string_view rest_;
  char separator_;
  bool done_ = false;
};

std::vector<std::string_view> values_of(std::string_view line, char separator) {
  std::vector<std::string_view> result;
  Values values(line, separator);
  while (const auto value = values.next()) result.push_back(*value);
  return result;
}

char separator_of(std::string_view line) {
  for (const char candidate : {'\t', ';', ',', ' '})
    if (trimmed(line).find(candidate) != std::string_view::npos) return candidate;
  return ',';
}

/// A value as a message shows it.
std::string shown(std::string_view value) {
  constexpr std::size_t most = 24;
  std::string text(value.substr(0, most));
  for (char& letter : text)
    if (letter < 0x20 || letter == 0x7f) letter = '?';  // bytes beyond ASCII are negative or not, both '?'
  return value.empty() ? "an empty value" : "\"" + text + (value.size() > most ? "...\"" : "\"");
}

[[noreturn]] void fail_at(const ByteStream& stream, std::int64_t line, const std::string& problem) {
  throw base::InputError(fmt::format("{}, line {}: {}", stream.path(), line, problem));
}

template <class T>
void read_row(const ByteStream& stream, const Lines& lines, std::string_view line, const TableLayout& layout,
              std::span<T> out) {
  Values values(line, layout.separator);
  if (layout.names) values.next();
  std::size_t column = 0;
  while (const auto value = values.next()) {
    if (column < out.size()) {
      const auto number = number_from(*value);
      if (!number)
        fail_at(stream, lines.number(),
                fmt::format("{} is no number (a table of numbers is needed, with or without a header "
                            "line). Remove or replace such values",
                            shown(*value)));
      out[column] = static_cast<T>(*number);
    }
    ++column;
  }
  if (column != out.size())
    fail_at(stream, lines.number(),
            fmt::format("there {} {} value{} (the rows above have {}). Give every row as many",
                        column == 1 ? "is" : "are", column, column == 1 ? "" : "s", out.size()));
}

}  // namespace

bool is_table(const std::string& path) {
  std::filesystem::path name(path);
  if (name.extension() == ".gz") name.replace_extension();
  return name.extension() == ".csv" || name.extension() == ".tsv";
}

TableLayout inspect_table(ByteStream& stream) {
  Lines lines(stream);
  const auto first = lines.next();
  const auto no_rows = [&] {
    return base::InputError(fmt::format(
        "{} has no rows (a line of numbers is needed for each point). Check how it was made", stream.path()));
  };
  if (!first) throw no_rows();
  TableLayout layout;
  layout.separator = separator_of(*first);
  const auto head = values_of(*first, layout.separator);
  layout.header = std::ranges::any_of(head, [](std::string_view value) { return !number_from(value); });
  layout.names = layout.header && head.front().empty();
  std::size_t columns = head.size();
  if (layout.header) {
    const auto second = lines.next();
    if (!second) throw no_rows();
    const std::size_t values = values_of(*second, layout.separator).size();
    if (values == columns + 1) {
      layout.names = true;
    } else if (values != columns) {
      fail_at(stream, lines.number(),
              fmt::format("there are {} values (the header names {}). Make both alike", values, columns));
    }
    columns = values;
  }
  layout.columns = static_cast<std::int64_t>(columns) - (layout.names ? 1 : 0);
  if (layout.columns == 0) throw no_rows();
  layout.rows = 1;
  // A line that cannot hold as many numbers is refused here: rows and columns tell how much memory is asked
  // for.
  const std::size_t numbers = static_cast<std::size_t>(layout.columns);
  const std::size_t shortest = 2 * numbers - (layout.names ? 0 : 1);
  while (const auto line = lines.next()) {
    ++layout.rows;
    if (line->size() >= shortest) continue;
    std::vector<float> row(numbers);
    read_row(stream, lines, *line, layout, std::span(row));
  }
  return layout;
}

template <class T>
void read_table_rows(ByteStream& stream, const TableLayout& layout, base::GlobalIndex first,
                     base::MatrixView<T> out) {
  Lines lines(stream);
  if (layout.header) lines.next();
  for (base::GlobalIndex row = 0; row < first; ++row) lines.next();
  for (std::size_t i = 0; i < out.rows(); ++i) {
    const auto line = lines.next();
    if (!line)
      throw base::InputError(
          fmt::format("{} has become shorter while it was read (it had {} rows). Let it "
                      "be finished first",
                      stream.path(), layout.rows));
    read_row(stream, lines, *line, layout, out.row(i));
  }
}

template void read_table_rows(ByteStream&, const TableLayout&, base::GlobalIndex, base::MatrixView<float>);
template void read_table_rows(ByteStream&, const TableLayout&, base::GlobalIndex, base::MatrixView<double>);

}  // namespace fleetsne::io
