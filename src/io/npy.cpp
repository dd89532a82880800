#include "fleetsne/base/error.hpp"
#include "fleetsne/io/array_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace fleetsne::io {
namespace {

constexpr std::string_view npy_magic = "\x93NUMPY";
constexpr std::int64_t most_header_bytes = 1 << 20;

constexpr std::int32_t max_text_bytes = 1 << 20;

/// A type that numpy calls "<f4"; none if it is not read.
std::optional<ElementType> element_type(std::string_view name) {
  if (name.size() < 3 || std::string_view("<>=|").find(name[0]) == std::string_view::npos)
    return std::nullopt;
  ElementType type{.big_endian = name[0] == '>'};
  if (time_unit_of_type(name)) {
    type.kind = ElementKind::signed_integer;
    type.size = 8;
    return type;
  }
  const auto parsed = std::from_chars(name.data() + 2, name.data() + name.size(), type.size);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) return std::nullopt;
  switch (name[1]) {
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
    case 'U':
    case 'S': {
      const std::int32_t letter = name[1] == 'U' ? 4 : 1;
      if (type.size < 1 || type.size > max_text_bytes / letter) return std::nullopt;
      type.kind = name[1] == 'U' ? ElementKind::utf32 : ElementKind::bytes;
      type.size *= letter;
      return type;
    }
    default:
      return std::nullopt;
  }
  const bool one_byte = type.size == 1 && type.kind != ElementKind::floating;
  if (!one_byte && type.size != 2 && type.size != 4 && type.size != 8) return std::nullopt;
  return type;
}

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

  /// The type of the elements, as numpy calls it.
  std::string_view descr() const {
    const std::string_view text = after("descr");
    const std::size_t end = text.empty() ? 0 : text.find(text[0], 1);
    if (text.empty() || (text[0] != '\'' && text[0] != '"') || end == std::string_view::npos) {
      refuse("its elements are structured", "Save one plain array of numbers");
    }
    return text.substr(1, end - 1);
  }

  void read_type(ArrayLayout& layout) const {
    const std::string_view name = descr();
    layout.time = time_unit_of_type(name);
    const auto type = element_type(name);
    if (type) {
      layout.type = *type;
      return;
    }
    if (name.ends_with('O'))
      refuse("its elements are Python objects, pickled",
             "Save them as text or numbers, as in numpy.save(file, array.astype(str))");
    if (name.size() > 1 && (name[1] == 'M' || name[1] == 'm'))
      refuse(fmt::format("its elements are of type '{}', times in units from weeks to ns are read", name),
             "Convert it with array.astype(\"datetime64[s]\")");
    refuse(fmt::format("its elements are of type '{}'", name),
           "Save it as float32, float64, integers or text");
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
  header.read_type(layout);
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
