#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include "hdf5_types.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace fleetsne::io::hdf5 {
namespace {

constexpr std::size_t bytes_per_variable_string = 64;  // guess, to keep blocks of them near the limit

/// A block of a dataset selected in file and memory.
struct Selection {
  Handle file, memory;
};

/// The dimension along which the elements lie: the only one that is longer than 1, or else the first. None if
/// there are several.
std::optional<std::size_t> long_dimension(const std::vector<std::int64_t>& shape) {
  std::optional<std::size_t> found;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 1) continue;
    if (found) return std::nullopt;
    found = d;
  }
  return found.value_or(0);
}

Selection select(const Guard& guard, hid_t dataset, std::int64_t first, std::size_t count) {
  const char* const problem = "has a dataset of an unexpected shape";
  const std::vector<std::int64_t> shape = extents(guard, dataset);
  const auto dimension = long_dimension(shape);
  if (!dimension || (shape.empty() && (first != 0 || count != 1))) guard.fail(problem);
  Selection result;
  result.file = guard.own(H5Dget_space(dataset), H5Sclose, "has a dataset without a shape");
  if (!shape.empty()) {
    std::vector<hsize_t> start(shape.size(), 0), length(shape.size(), 1);
    start[*dimension] = static_cast<hsize_t>(first);
    length[*dimension] = count;
    guard.check(
        H5Sselect_hyperslab(result.file.get(), H5S_SELECT_SET, start.data(), nullptr, length.data(), nullptr),
        problem);
  }
  const hsize_t elements = count;
  result.memory = guard.own(H5Screate_simple(1, &elements, nullptr), H5Sclose, "cannot be read");
  return result;
}

/// What elements of a type are read as: themselves, or a compound that has no other field.
Handle memory_type(const Guard& guard, hid_t type, const std::string& field) {
  const char* const problem = "has a field that cannot be read";
  if (field.empty()) return guard.own(H5Tcopy(type), H5Tclose, problem);
  Handle result = guard.own(H5Tcreate(H5T_COMPOUND, H5Tget_size(type)), H5Tclose, problem);
  guard.check(H5Tinsert(result.get(), field.c_str(), 0, type), problem);
  return result;
}

/// The integers that stand for the elements of a type; the type itself if it is of integers.
Handle integer_type(const Guard& guard, hid_t type) {
  const char* const problem = "has a damaged type";
  if (H5Tget_class(type) == H5T_ENUM) return guard.own(H5Tget_super(type), H5Tclose, problem);
  if (H5Tget_class(type) == H5T_OPAQUE)
    return guard.own(H5Tcopy(numpy_name(type).starts_with('>') ? H5T_STD_I64BE : H5T_STD_I64LE), H5Tclose,
                     problem);
  const bool bits = H5Tget_class(type) == H5T_BITFIELD && H5Tget_size(type) == 1;
  return guard.own(H5Tcopy(bits ? H5T_STD_U8LE : type), H5Tclose, problem);
}

/// Whether elements are read as integers of 64 bits; times are, too.
bool are_integers(hid_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  const std::size_t bytes = H5Tget_size(type);
  return ((kind == H5T_INTEGER || kind == H5T_ENUM) && bytes <= sizeof(std::int64_t)) ||
         (kind == H5T_BITFIELD && bytes == 1) ||
         (kind == H5T_OPAQUE && bytes == sizeof(std::int64_t) && time_unit_of_type(numpy_name(type)));
}

/// @param values  unsigned integers in the place of signed ones
void expect_signed_range(const Guard& guard, std::span<const std::int64_t> values) {
  if (std::all_of(values.begin(), values.end(), [](std::int64_t value) { return value >= 0; })) return;
  throw base::InputError(fmt::format(
      "{} has an integer of 2^63 or more where labels or names are read (they are kept as signed integers of "
      "64 bits). Renumber them",
      guard.file()));
}

/// Reads elements as a type in memory into blocks of `out` of at most the transfer limit.
/// @param use  called with each block that was read
template <class T, class Use>
void read_blocks(const Guard& guard, hid_t dataset, hid_t type, std::int64_t first, std::span<T> out,
                 const char* problem, Use&& use) {
  const std::size_t step = rows_per_transfer(sizeof(T));
  for (std::size_t at = 0; at < out.size(); at += step) {
    const std::span<T> block = out.subspan(at, std::min(step, out.size() - at));
    const Selection part = select(guard, dataset, first + static_cast<std::int64_t>(at), block.size());
    guard.check(H5Dread(dataset, type, part.memory.get(), part.file.get(), H5P_DEFAULT, block.data()),
                problem);
    use(block);
  }
}

}  // namespace

std::string without_padding(const char* text, hid_t type) {
  const char* end = std::find(text, text + H5Tget_size(type), '\0');
  if (H5Tget_strpad(type) == H5T_STR_SPACEPAD) {
    while (end != text && end[-1] == ' ') --end;
  }
  return {text, end};
}

Handle element_type(const Guard& guard, hid_t dataset, const std::string& field) {
  Handle type = guard.own(H5Dget_type(dataset), H5Tclose, "has a dataset without a type");
  if (field.empty()) return type;
  const std::string problem = fmt::format("has a dataset without a field {}", field);
  if (H5Tget_class(type.get()) != H5T_COMPOUND) guard.fail(problem);
  const int index = guard.check(H5Tget_member_index(type.get(), field.c_str()), problem);
  return guard.own(H5Tget_member_type(type.get(), static_cast<unsigned>(index)), H5Tclose, problem);
}

std::vector<std::string> read_strings(const Guard& guard, hid_t dataset, std::int64_t first,
                                      std::int64_t count, const std::string& field) {
  const char* const problem = "has strings that cannot be read";
  const Handle type = element_type(guard, dataset, field);
  if (H5Tget_class(type.get()) != H5T_STRING) guard.fail("has other values where strings belong");
  const Handle memory = memory_type(guard, type.get(), field);
  const bool variable = H5Tis_variable_str(type.get()) > 0;
  const std::size_t size = variable ? bytes_per_variable_string : H5Tget_size(type.get());
  const std::size_t step = rows_per_transfer(size);
  std::vector<std::string> result;
  result.reserve(static_cast<std::size_t>(count));
  std::vector<char*> pointers;
  std::vector<char> characters;
  for (std::size_t at = 0; at < static_cast<std::size_t>(count); at += step) {
    const std::size_t now = std::min(step, static_cast<std::size_t>(count) - at);
    const Selection part = select(guard, dataset, first + static_cast<std::int64_t>(at), now);
    const auto read = [&](void* out) {
      guard.check(H5Dread(dataset, memory.get(), part.memory.get(), part.file.get(), H5P_DEFAULT, out),
                  problem);
    };
    if (variable) {
      pointers.assign(now, nullptr);
      read(pointers.data());
      for (const char* text : pointers) result.emplace_back(text == nullptr ? "" : text);
      H5Dvlen_reclaim(memory.get(), part.memory.get(), H5P_DEFAULT, pointers.data());
    } else {
      characters.resize(now * size);
      read(characters.data());
      for (std::size_t i = 0; i < now; ++i) {
        result.push_back(without_padding(characters.data() + i * size, type.get()));
      }
    }
  }
  return result;
}

void read_integers(const Guard& guard, hid_t dataset, std::int64_t first, std::span<std::int64_t> out,
                   const std::string& field) {
  const char* const problem = "has integers that cannot be read";
  const Handle stored = element_type(guard, dataset, field);
  // Elements are read as they stand into slots of 64 bits, so none may be wider.
  if (!are_integers(stored.get())) guard.fail("has other values where integers of 64 bits belong");
  const Handle memory = memory_type(guard, stored.get(), field);
  const Handle number = integer_type(guard, stored.get());
  const bool is_unsigned = H5Tget_sign(number.get()) == H5T_SGN_NONE;
  read_blocks(guard, dataset, memory.get(), first, out, problem, [&](std::span<std::int64_t> block) {
    // HDF5 would take the largest number there is for one beyond it; as an unsigned one it shows.
    guard.check(H5Tconvert(number.get(), is_unsigned ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64, block.size(),
                           block.data(), nullptr, H5P_DEFAULT),
                problem);
    if (is_unsigned) expect_signed_range(guard, block);
  });
}

void read_numbers(const Guard& guard, hid_t dataset, std::int64_t first, std::span<double> out,
                  const std::string& field) {
  const char* const problem = "has numbers that cannot be read";
  const Handle memory = memory_type(guard, H5T_NATIVE_DOUBLE, field);
  read_blocks(guard, dataset, memory.get(), first, out, problem, [](std::span<double>) {});
}

}  // namespace fleetsne::io::hdf5
