#include "zarr_type.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

namespace fleetsne::io::zarr {
namespace {

using nlohmann::json;

constexpr std::size_t max_element_bytes = std::size_t{1} << 20;
constexpr std::size_t utf32_bytes = 4;

std::optional<std::size_t> parse_count(std::string_view digits) {
  std::size_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

ElementLayout number_layout(ElementKind kind, std::size_t bytes) {
  ElementLayout type;
  type.kind = kind == ElementKind::boolean    ? ValueKind::boolean
              : kind == ElementKind::floating ? ValueKind::floating
                                              : ValueKind::integer;
  type.bytes = bytes;
  type.number = {.kind = kind, .size = static_cast<int>(bytes)};
  return type;
}

ElementLayout time_layout(TimeUnit unit) {
  ElementLayout type = number_layout(ElementKind::signed_integer, sizeof(std::int64_t));
  type.kind = ValueKind::time;
  type.time = unit;
  return type;
}

ElementLayout text_layout(TextForm form, std::size_t bytes) {
  ElementLayout type;
  type.kind = ValueKind::text;
  type.text = form;
  type.bytes = bytes;
  return type;
}

ElementLayout other_layout(std::size_t bytes) {
  ElementLayout type;
  type.bytes = bytes;
  return type;
}

bool is_number_size(ElementKind kind, std::size_t bytes) {
  switch (bytes) {
    case 1:
      return kind != ElementKind::floating;
    case 2:
    case 4:
    case 8:
      return kind != ElementKind::boolean;
    default:
      return false;
  }
}

/// Places fields one after the other. Each is a list of a name and a type, or an object of both.
std::optional<ElementLayout> parse_fields(const json& fields,
                                          std::optional<ElementLayout> (*parse)(const json&)) {
  ElementLayout record;
  record.kind = ValueKind::record;
  for (const json& field : fields) {
    const bool pair = field.is_array() && field.size() == 2;
    const json* const name = pair                                          ? &field[0]
                             : field.is_object() && field.contains("name") ? &field["name"]
                                                                           : nullptr;
    const json* const type = pair                                               ? &field[1]
                             : field.is_object() && field.contains("data_type") ? &field["data_type"]
                                                                                : nullptr;
    if (name == nullptr || !name->is_string() || type == nullptr) return std::nullopt;
    auto parsed = type->is_array() ? std::nullopt : parse(*type);  // no records in records
    if (!parsed || parsed->bytes == 0 || record.bytes + parsed->bytes > max_element_bytes)
      return std::nullopt;
    const std::size_t offset = record.bytes;
    record.bytes += parsed->bytes;
    record.fields.push_back({name->get<std::string>(), offset, std::move(*parsed)});
  }
  if (record.fields.empty()) return std::nullopt;
  return record;
}

/// Times of version 3: a unit and how many of it.
std::optional<ElementLayout> parse_time(const json& type) {
  const json configuration = type.value("configuration", json::object());
  if (!configuration.is_object()) return std::nullopt;
  const json unit = configuration.value("unit", json()),
             factor = configuration.value("scale_factor", json(1));
  if (!unit.is_string() || !factor.is_number_unsigned()) return other_layout(sizeof(std::int64_t));
  const auto known = parse_time_unit(std::to_string(factor.get<std::uint64_t>()) + unit.get<std::string>());
  return known ? time_layout(*known) : other_layout(sizeof(std::int64_t));
}

/// Bytes in a configuration, 0 if there are none that make sense.
std::size_t configured_bytes(const json& type, const char* name) {
  const json configuration = type.value("configuration", json::object());
  if (!configuration.is_object() || !configuration.contains(name) ||
      !configuration[name].is_number_unsigned())
    return 0;
  const auto bytes = configuration[name].get<std::size_t>();
  return bytes <= max_element_bytes ? bytes : 0;
}

std::optional<ElementLayout> parse_configured_type(const std::string& name, const json& type) {
  const std::size_t bytes = configured_bytes(type, "length_bytes");
  if (name == "fixed_length_utf32" && bytes > 0 && bytes % utf32_bytes == 0)
    return text_layout(TextForm::utf32, bytes);
  if (name == "null_terminated_bytes" && bytes > 0) return text_layout(TextForm::bytes, bytes);
  if (name == "raw_bytes" && bytes > 0) return other_layout(bytes);
  if (name == "numpy.datetime64") return parse_time(type);
  if (name == "numpy.timedelta64") return other_layout(sizeof(std::int64_t));
  if (name != "structured" && name != "struct") return other_layout(0);
  const json configuration = type.value("configuration", json::object());
  if (!configuration.is_object() || !configuration.value("fields", json()).is_array()) return std::nullopt;
  return parse_fields(configuration["fields"], parse_type);
}

std::optional<ElementLayout> parse_named_type(const std::string& name) {
  if (name == "bool") return number_layout(ElementKind::boolean, 1);
  if (name == "string") return text_layout(TextForm::any_length, 0);
  constexpr std::pair<std::string_view, ElementKind> kinds[] = {{"int", ElementKind::signed_integer},
                                                                {"uint", ElementKind::unsigned_integer},
                                                                {"float", ElementKind::floating}};
  for (const auto& [prefix, kind] : kinds) {
    if (!name.starts_with(prefix)) continue;
    const auto bits = parse_count(std::string_view(name).substr(prefix.size()));
    if (bits && *bits % 8 == 0 && is_number_size(kind, *bits / 8)) return number_layout(kind, *bits / 8);
  }
  return other_layout(0);
}

/// "NaN", "Infinity", "-Infinity"; nothing for another text.
std::optional<double> parse_named_number(const std::string& text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

Fill unknown_fill() {
  return {.known = false};
}

}  // namespace

void set_big_endian(ElementLayout& type, bool big_endian) {
  type.big_endian = type.number.big_endian = big_endian;
  for (ElementLayout::Field& field : type.fields) set_big_endian(field.type, big_endian);
}

std::optional<ElementLayout> parse_numpy_type(const json& type) {
  if (type.is_array()) return parse_fields(type, parse_numpy_type);
  if (!type.is_string()) return std::nullopt;
  const auto text = type.get<std::string>();
  if (text.size() < 2 || std::string_view("<>|=").find(text[0]) == std::string_view::npos)
    return std::nullopt;
  const char kind = text[1];
  std::optional<ElementLayout> result;
  if (kind == 'O') {
    result = other_layout(0);  // until a filter says what they are
  } else {
    // datetimes are followed by their unit, as in "<M8[ns]"
    const auto count = parse_count(std::string_view(text).substr(2, text.find('[') - 2));
    if (!count || *count > max_element_bytes / utf32_bytes) return std::nullopt;
    const ElementKind number = kind == 'b'   ? ElementKind::boolean
                               : kind == 'i' ? ElementKind::signed_integer
                               : kind == 'u' ? ElementKind::unsigned_integer
                                             : ElementKind::floating;
    if (kind == 'U' && *count > 0) {
      result = text_layout(TextForm::utf32, *count * utf32_bytes);
    } else if (kind == 'S' && *count > 0) {
      result = text_layout(TextForm::bytes, *count);
    } else if (std::string_view("biuf").find(kind) != std::string_view::npos &&
               is_number_size(number, *count)) {
      result = number_layout(number, *count);
    } else if (const auto unit = time_unit_of_type(text); unit && *count == sizeof(std::int64_t)) {
      result = time_layout(*unit);
    } else {
      result = other_layout(*count);
    }
  }
  set_big_endian(*result, text[0] == '>');
  result->name = text;
  return result;
}

std::optional<ElementLayout> parse_type(const json& type) {
  const bool configured = type.is_object() && type.contains("name") && type["name"].is_string();
  if (!configured && !type.is_string()) return std::nullopt;
  const auto name = configured ? type["name"].get<std::string>() : type.get<std::string>();
  const bool has_configuration = configured && !type.value("configuration", json()).empty();
  auto result = has_configuration ? parse_configured_type(name, type) : parse_named_type(name);
  if (result) result->name = name;
  return result;
}

Fill parse_fill(const json& fill, const ElementLayout& type) {
  Fill result;
  if (fill.is_null()) return result;
  if (type.kind == ValueKind::text) {
    if (!fill.is_string()) return fill == json(0) ? result : unknown_fill();
    result.text = fill.get<std::string>();
    if (type.text != TextForm::bytes) return result;
    // Texts of bytes are in Base64, zeros as the letter A.
    return result.text.find_first_not_of("A=") == std::string::npos ? Fill{} : unknown_fill();
  }
  if (fill.is_boolean()) {
    result.integer = fill.get<bool>() ? 1 : 0;
    result.number = static_cast<double>(result.integer);
    return result;
  }
  if (fill.is_string()) {
    const auto number = parse_named_number(fill.get<std::string>());
    if (!number || type.kind != ValueKind::floating) return unknown_fill();
    result.number = *number;
    return result;
  }
  if (!fill.is_number()) return unknown_fill();
  result.number = fill.get<double>();
  if (type.kind == ValueKind::floating) return result;
  if (fill.is_number_float() &&
      (std::abs(result.number) > 0x1p53 || std::trunc(result.number) != result.number))
    return unknown_fill();
  result.integer =
      fill.is_number_float() ? static_cast<std::int64_t>(result.number) : fill.get<std::int64_t>();
  return result;
}

std::string text_of(const ElementLayout& type, std::span<const std::byte> element) {
  return type.text == TextForm::bytes ? text_of_bytes(element) : text_of_utf32(element, type.big_endian);
}

}  // namespace fleetsne::io::zarr
