#include "zarr_array.hpp"

#include "fleetsne/base/contracts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace fleetsne::io::zarr {
namespace {

/// Two values for the two dimensions of an array seen as a matrix.
std::array<std::int64_t, 2> as_matrix(const std::vector<std::int64_t>& values, std::int64_t absent) {
  if (values.size() == 2) return {values[0], values[1]};
  return {absent, values.empty() ? absent : values[0]};
}

template <class T>
T fill_of(const Fill& fill) {
  if constexpr (std::is_integral_v<T>)
    return fill.integer;
  else
    return static_cast<T>(fill.number);
}

}  // namespace

ArrayInfo ArrayReader::info(const std::string& field) const {
  const ElementLayout& type = field.empty() ? array().type : view_of(field).type;
  ArrayInfo result;
  result.shape = array().shape;
  result.kind = type.kind;
  result.bytes = static_cast<int>(type.bytes);
  result.time = type.time;
  result.is_unsigned = type.kind == ValueKind::integer && type.number.kind == ElementKind::unsigned_integer;
  for (const ElementLayout::Field& known : type.fields) result.fields.push_back(known.name);
  result.chunk = array().chunk;
  return result;
}

Part ArrayReader::part_of_column(std::int64_t first, std::int64_t count) const {
  const std::vector<std::int64_t>& shape = array().shape;
  const auto length = info({}).length();
  if (!length)
    refuse(store_, array().node, "is not a column", fmt::format("its shape is {}", fmt::join(shape, " x ")),
           "Name an array of one dimension");
  if (first < 0 || count < 0 || first > *length || count > *length - first)
    refuse(store_, array().node, "is too short",
           fmt::format("it has {} elements, {} to {} are needed", *length, first, first + count),
           "Copy the store again or make it again");
  if (shape.size() == 2 && shape[1] == 1) return {.row = first, .rows = count};
  return {.column = first, .columns = count};
}

template <class Use>
void ArrayReader::for_each_run(const Part& part, Use&& use) {
  const auto [chunk_rows, chunk_columns] = as_matrix(array().chunk, 1);
  const auto [row_stride, column_stride] = as_matrix(array().strides, 0);
  const std::size_t dimensions = array().shape.size();
  if (part.rows == 0 || part.columns == 0) return;
  const auto [rows, columns] = as_matrix(array().shape, 1);
  FLEETSNE_EXPECT(part.row + part.rows <= rows && part.column + part.columns <= columns);
  const std::int64_t last_row = part.row + part.rows - 1, last_column = part.column + part.columns - 1;
  for (std::int64_t r = part.row / chunk_rows; r <= last_row / chunk_rows; ++r) {
    const std::int64_t first_row = std::max(part.row, r * chunk_rows);
    const std::int64_t end_row = std::min(last_row, r * chunk_rows + (chunk_rows - 1)) + 1;
    for (std::int64_t c = part.column / chunk_columns; c <= last_column / chunk_columns; ++c) {
      const std::int64_t first_column = std::max(part.column, c * chunk_columns);
      const std::int64_t end_column = std::min(last_column, c * chunk_columns + (chunk_columns - 1)) + 1;
      const std::int64_t indices[2] = {r, c};
      const Chunk& chunk = chunks_.chunk(std::span(indices).last(dimensions));
      for (std::int64_t row = first_row; row < end_row; ++row)
        use(Run{.chunk = chunk,
                .element = row % chunk_rows * row_stride + first_column % chunk_columns * column_stride,
                .stride = column_stride,
                .row = row - part.row,
                .column = first_column - part.column,
                .count = end_column - first_column});
    }
  }
}

ArrayReader::View ArrayReader::view_of(const std::string& field) const {
  const ElementLayout& type = array().type;
  if (array().shape.size() > 2)
    refuse(store_, array().node, "cannot be read", fmt::format("it has {} dimensions", array().shape.size()),
           "Name an array of at most two");
  if (type.kind != ValueKind::record && field.empty()) return {type};
  for (const ElementLayout::Field& known : type.fields)
    if (known.name == field) return {known.type, known.offset};
  refuse(store_, array().node,
         field.empty() ? "is an array of records" : fmt::format("has no field {}", field),
         "one field of a record is read", "Name another array");
}

template <class T>
void ArrayReader::read_numbers(const Part& part, base::MatrixView<T> out, const std::string& field) {
  FLEETSNE_EXPECT(static_cast<std::int64_t>(out.rows()) == part.rows &&
                  static_cast<std::int64_t>(out.columns()) == part.columns);
  const View view = view_of(field);
  const bool integer = view.type.kind == ValueKind::integer || view.type.kind == ValueKind::boolean ||
                       (view.type.kind == ValueKind::time && std::is_integral_v<T>);
  if (!integer && (view.type.kind != ValueKind::floating || std::is_integral_v<T>))
    refuse(store_, array().node, std::is_integral_v<T> ? "does not hold integers" : "does not hold numbers",
           fmt::format("its elements are {}", view.type.name), "Name another array");
  const std::size_t element_bytes = array().type.bytes, bytes = view.type.bytes;
  std::vector<std::byte> gathered;
  for_each_run(part, [&](const Run& run) {
    const auto to = out.row(static_cast<std::size_t>(run.row))
                        .subspan(static_cast<std::size_t>(run.column), static_cast<std::size_t>(run.count));
    if (!run.chunk.stored) {
      std::ranges::fill(to, fill_of<T>(array().fill));
      return;
    }
    const std::byte* from =
        run.chunk.bytes.data() + static_cast<std::size_t>(run.element) * element_bytes + view.offset;
    if (run.stride == 1 && bytes == element_bytes) return convert(view.type.number, from, to);
    gathered.resize(to.size() * bytes);
    for (std::size_t i = 0; i < to.size(); ++i)
      std::memcpy(gathered.data() + i * bytes,
                  from + i * static_cast<std::size_t>(run.stride) * element_bytes, bytes);
    convert(view.type.number, gathered.data(), to);
  });
}

template void ArrayReader::read_numbers(const Part&, base::MatrixView<float>, const std::string&);
template void ArrayReader::read_numbers(const Part&, base::MatrixView<double>, const std::string&);
template void ArrayReader::read_numbers(const Part&, base::MatrixView<std::int64_t>, const std::string&);

std::vector<std::string> ArrayReader::read_texts(const Part& part, const std::string& field) {
  const View view = view_of(field);
  if (view.type.kind != ValueKind::text)
    refuse(store_, array().node, "does not hold texts", fmt::format("its elements are {}", view.type.name),
           "Name another array");
  const std::size_t element_bytes = array().type.bytes;
  std::vector<std::string> texts(static_cast<std::size_t>(part.rows * part.columns));
  for_each_run(part, [&](const Run& run) {
    for (std::int64_t i = 0; i < run.count; ++i) {
      const auto element = static_cast<std::size_t>(run.element + i * run.stride);
      std::string& to = texts[static_cast<std::size_t>(run.row * part.columns + run.column + i)];
      if (!run.chunk.stored) {
        to = array().fill.text;
      } else if (element_bytes == 0) {
        to = run.chunk.texts[element];
      } else {
        to = text_of(
            view.type,
            std::span(run.chunk.bytes).subspan(element * element_bytes + view.offset, view.type.bytes));
      }
    }
  });
  return texts;
}

}  // namespace fleetsne::io::zarr
