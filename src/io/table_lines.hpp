#pragma once

#include "fleetsne/io/byte_stream.hpp"

#include "decoded_text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fleetsne::io {

struct SampleLine {
  std::int64_t number = 0;  ///< where it begins in the file, counted from 1
  std::string text;
};

/// The lines of a table, without their ends, which are LF, CRLF or CR alone. A line end between quotes
/// belongs to the value. Lines that hold no row are passed over: empty ones, comments (those that begin with
/// #, but not with a value such as #N/A), and the first one if it is "sep=;", as Excel writes it.
class TableLines {
 public:
  /// @param separator  of the values; 0 if it is not known yet
  explicit TableLines(ByteStream& stream, char separator = 0);

  /// The next line, valid until the one after it; none at the end of the file. Throws InputError.
  std::optional<std::string_view> next();
  /// Where the last line begins, counted from 1.
  std::int64_t number() const { return number_; }
  /// How many comments were passed over.
  std::int64_t comments() const { return comments_; }
  /// The separator that the first line declares, or 0.
  char declared_separator() const { return declared_separator_; }
  bool is_utf16() const { return text_.is_utf16(); }

  /// Up to `max_lines` of the first lines, fewer if they have more than `max_bytes`, but at least 3 if there
  /// are 3. `next` begins with the first line all the same. To be called before it.
  std::vector<SampleLine> sample(std::size_t max_lines, std::size_t max_bytes);
  void set_separator(char separator) { separator_ = separator; }

 private:
  std::optional<std::string_view> any();
  bool has_row(std::string_view line);
  void find_line_end();
  void fill();

  DecodedText text_;
  std::string path_;
  char separator_, line_end_ = '\n';
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;  // what is not given out yet is between
  bool keeps_ = false;               // what was given out stays in the buffer
  std::int64_t number_ = 0, next_number_ = 1;
  std::int64_t comments_ = 0;
  char declared_separator_ = 0;
};

}  // namespace fleetsne::io
