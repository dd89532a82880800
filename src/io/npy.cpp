#include "fleetsne/base/error.hpp"
#include "fleetsne/io/array_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

namespace fleetsne::io {
namespace {

constexpr std::string_view npy_magic = "\x93NUMPY";
constexpr std::int64_t most_header_bytes = 1 << 20;

/// The Python dictionary of a header, e.g. {'descr': '<f4', 'fortran_order': False, 'shape': (70000, 784), }.
class HeaderText {
 public:
  HeaderText(const std::string& path, std::string text) : path_(path), text_(std::move(text)) {}

  [[noreturn]] void refuse(const std::string& why, const std::string& advice) const {
    throw base::InputError(fmt::format("{} cannot be read as .npy ({}). {}", path_, why, advice));
  }

  /// What stands after 'key': and blanks.
  std::string_view after(std::string_view key) const {
    for (const char quote : {'\'', '"'}) {
      const std::string quoted = fmt::format("{}{}{}", quote, key, quote);
      const std::size_t at = text_.find(quoted);
      if (at == std::string::npos) continue;
      std::string_view rest = std::string_view(text_).substr(at + quoted.size());
      rest.remove_prefix(std::min(rest.find_first_not_of(" :"), rest.size()));
      return rest;
    }
    refuse(fmt::format("its header has no '{}'", key), "Save it again with numpy.save");
  }

  ElementType element_type() const {
    const std::string_view text = after("descr");
    const std::size_t end = text.empty() ? 0 : text.find(text[0], 1);
    if (text.empty() || (text[0] != '\'' && text[0] != '"') || end == std::string_view::npos) {
      refuse("its elements are structured", "Save one plain array of numbers");
    }
    const std::string_view descr = text.substr(1, end - 1);
    ElementType type;
    const std::string_view digits = descr.substr(std::min<std::size_t>(descr.size(), 2));
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), type.size);
    bool known = descr.size() > 2 && parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
    switch (descr.size() > 1 ? descr[1] : '\0') {
      case 'f':
        type.kind = ElementKind::floating;
        break;
      case 'i':
        type.kind = ElementKind::signed_integer;
        break;
      case 'u':
        type.kind = ElementKind::unsigned_integer;
        break;
      case 'b':
        type.kind = ElementKind::boolean;
        break;
      default:
        known = false;
    }
    known = known && (type.size == 1 || type.size == 2 || type.size == 4 || type.size == 8) &&
            !(type.kind == ElementKind::floating && type.size == 1) &&
            std::string_view("<>=|").find(descr[0]) != std::string_view::npos;
    if (!known) {
      refuse(fmt::format("its elements are of type '{}'", descr), "Save it as float32, float64 or integers");
    }
    type.big_endian = descr[0] == '>';
    return type;
  }

  bool column_major() const { return after("fortran_order").starts_with("True"); }

  std::vector<std::int64_t> shape() const {
    std::string_view text = after("shape");
    const std::size_t close = text.find(')');
    if (!text.starts_with('(') || close == std::string_view::npos) {
      refuse("its header has no shape", "Save it again with numpy.save");
    }
    text = text.substr(1, close - 1);
    std::vector<std::int64_t> extents;
    while (!text.empty()) {
      std::int64_t extent = -1;
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), extent);
      if (parsed.ec != std::errc() || extent < 0) {
        refuse("its shape is no list of sizes", "Save it again with numpy.save");
      }
      text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
      text.remove_prefix(std::min(text.find_first_not_of("L, "), text.size()));  // Python 2 wrote 10L
      extents.push_back(extent);
    }
    return extents;
  }

 private:
  const std::string& path_;
  std::string text_;
};

}  // namespace

bool is_npy(std::span<const std::byte> begin) {
  return begin.size() >= npy_magic.size() &&
         std::memcmp(begin.data(), npy_magic.data(), npy_magic.size()) == 0;
}

ArrayLayout read_npy_header(ByteStream& stream) {
  std::array<std::byte, 12> start{};
  stream.read_at(0, std::span(start).first<8>());
  const int version = std::to_integer<int>(start[6]);
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  stream.read_at(8, std::span(start).subspan(8, length_bytes));
  std::int64_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;)
    length = length * 256 + std::to_integer<std::int64_t>(start[8 + i]);
  const auto header_offset = static_cast<std::int64_t>(8 + length_bytes);
  if (version < 1 || version > 3 || length > most_header_bytes) {
    HeaderText(stream.path(), "")
        .refuse(fmt::format("version {}, header of {} bytes", version, length),
                "Save it again with numpy.save");
  }
  std::string text(static_cast<std::size_t>(length), '\0');
  stream.read_at(header_offset, std::as_writable_bytes(std::span(text)));
  const HeaderText header(stream.path(), std::move(text));

  ArrayLayout layout;
  layout.type = header.element_type();
  layout.data_offset = header_offset + length;
  const std::vector<std::int64_t> shape = header.shape();
  layout.dimensions = static_cast<int>(shape.size());
  layout.rows = shape.empty() ? 1 : shape[0];
  layout.columns = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) {
    if (__builtin_mul_overflow(layout.columns, shape[d], &layout.columns)) {
      header.refuse("its shape is larger than any file", "Save it again with numpy.save");
    }
  }
  layout.column_major = layout.dimensions == 2 && layout.columns > 1 && header.column_major();
  return layout;
}

}  // namespace fleetsne::io
