#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fleetsne::io {

/// What may stand between the values of a line, in the order in which one is preferred.
inline constexpr std::string_view table_separators = "\t;,| ";

/// Whether text ends between quotes. A quote opens where a value begins, and two in a row are a letter.
class QuoteScanner {
 public:
  /// @param separator  0: any of table_separators
  explicit QuoteScanner(char separator) : separator_(separator) {}
  /// The next piece, which ends where a line ends.
  void scan(std::string_view text);
  bool inside() const { return inside_; }

 private:
  char separator_;
  bool inside_ = false, at_begin_ = true;
};

struct TableValue {
  std::string_view
      text;  ///< without blanks and quotes around it; what is between quotes stands as in the file
  bool quoted = false;
};

/// Takes the values off a line one by one.
class TableValues {
 public:
  TableValues(std::string_view line, char separator);

  std::optional<TableValue> next();
  /// The next value if it is a plain finite number, as most are; else it is left for `next`.
  std::optional<double> next_number();

 private:
  void skip_blanks();
  /// Ends the value before `at`, where a separator or the end of the line is.
  void end_value(const char* at);

  const char *at_, *end_;
  char separator_;
  bool done_ = false;
};

/// All values of a line.
std::vector<TableValue> values_of(std::string_view line, char separator);

/// The text of a value, with quotes in it undone, as valid UTF-8.
std::string text_of(TableValue value);

/// The whole text as a number, NaN and infinity included; true and false are 1 and 0.
std::optional<double> number_from(std::string_view text, bool decimal_comma);

/// Whether a text stands for a value that is not there: nothing, NA, NaN, null, ...
bool is_missing(std::string_view text);

/// Throws for a line with another number of values than the table has columns, its name aside.
[[noreturn]] void fail_for_width(const std::string& path, std::int64_t line, std::size_t found,
                                 std::size_t columns);

/// A value as a message shows it.
std::string shown(std::string_view value);

}  // namespace fleetsne::io
