#pragma once

#include "fleetsne/io/element_type.hpp"
#include "fleetsne/io/store.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::io::zarr {

/// How texts are stored.
enum class TextForm { utf32, bytes, any_length };

/// What an element of an array is and how it stands in a chunk.
struct ElementLayout {
  struct Field;

  ValueKind kind = ValueKind::other;
  std::size_t bytes = 0;           ///< of an element; 0 if they differ
  ElementType number;              ///< booleans, integers, floating-point numbers, and times as integers
  std::optional<TimeUnit> time{};  ///< of times
  TextForm text = TextForm::any_length;
  bool big_endian = false;
  std::vector<Field> fields;  ///< of a record, in the file's order
  std::string name;           ///< as the metadata call it
};

struct ElementLayout::Field {
  std::string name;
  std::size_t offset = 0;
  ElementLayout type;
};

/// The value of elements that are not stored, as each kind of reader wants it.
struct Fill {
  bool known = true;
  double number = 0;
  std::int64_t integer = 0;
  std::string text{};
};

/// The type of version 2: numpy's "<f4", or a list of the fields of a record. Nothing if it is damaged;
/// `other` if it is not read here.
std::optional<ElementLayout> parse_numpy_type(const nlohmann::json& type);
/// The type of version 3: a name, or an object of a name and its configuration.
std::optional<ElementLayout> parse_type(const nlohmann::json& type);

/// Sets the byte order of all that is in an element.
void set_big_endian(ElementLayout& type, bool big_endian);

Fill parse_fill(const nlohmann::json& fill, const ElementLayout& type);

/// A text of fixed length.
std::string text_of(const ElementLayout& type, std::span<const std::byte> element);

}  // namespace fleetsne::io::zarr
