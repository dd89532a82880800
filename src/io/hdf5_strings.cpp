#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace fleetsne::io::hdf5 {
namespace {

constexpr std::size_t bytes_per_variable_string = 64;  // guess, to keep blocks of them near the limit

/// A block of a dataset of one dimension or one column, or a scalar, selected in file and memory.
struct Selection {
  Handle file, memory;
};

Selection select(const Guard& guard, hid_t dataset, std::int64_t first, std::size_t count) {
  Selection result;
  const char* const problem = "has a dataset of an unexpected shape";
  const std::vector<std::int64_t> shape = extents(guard, dataset);
  const bool scalar = shape.empty() && first == 0 && count == 1;
  if (!scalar && (shape.empty() || shape.size() > 2 || (shape.size() == 2 && shape[1] != 1)))
    guard.fail(problem);
  const hsize_t start[2] = {static_cast<hsize_t>(first), 0}, length[2] = {count, 1};
  result.file = guard.own(H5Dget_space(dataset), H5Sclose, "has a dataset without a shape");
  if (!scalar)
    guard.check(H5Sselect_hyperslab(result.file.get(), H5S_SELECT_SET, start, nullptr, length, nullptr),
                problem);
  result.memory = guard.own(H5Screate_simple(1, length, nullptr), H5Sclose, "cannot be read");
  return result;
}

/// @param values  unsigned integers in the place of signed ones
void expect_signed_range(const Guard& guard, std::span<const std::int64_t> values) {
  if (std::all_of(values.begin(), values.end(), [](std::int64_t value) { return value >= 0; })) return;
  throw base::InputError(fmt::format(
      "{} has an integer of 2^63 or more where labels or names are read (they are kept as signed integers of "
      "64 bits). Renumber them",
      guard.file()));
}

/// A string of fixed length without its padding.
std::string trimmed(const char* text, std::size_t size, H5T_str_t padding) {
  const char* end = std::find(text, text + size, '\0');
  if (padding == H5T_STR_SPACEPAD) {
    while (end != text && end[-1] == ' ') --end;
  }
  return {text, end};
}

}  // namespace

std::string string_attribute(hid_t object, const std::string& name) {
  if (H5Aexists(object, name.c_str()) <= 0) return {};
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  const Handle type(attribute ? H5Aget_type(attribute.get()) : H5I_INVALID_HID, H5Tclose);
  const Handle space(attribute ? H5Aget_space(attribute.get()) : H5I_INVALID_HID, H5Sclose);
  if (!type || !space || H5Tget_class(type.get()) != H5T_STRING ||
      H5Sget_simple_extent_npoints(space.get()) != 1) {
    return {};
  }
  if (H5Tis_variable_str(type.get()) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute.get(), type.get(), &text) < 0 || text == nullptr) return {};
    std::string result(text);
    H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, &text);
    return result;
  }
  std::string text(H5Tget_size(type.get()), '\0');
  if (H5Aread(attribute.get(), type.get(), text.data()) < 0) return {};
  return trimmed(text.data(), text.size(), H5Tget_strpad(type.get()));
}

std::vector<std::string> read_strings(const Guard& guard, hid_t dataset, std::int64_t first,
                                      std::int64_t count) {
  const char* const problem = "has strings that cannot be read";
  const Handle type = guard.own(H5Dget_type(dataset), H5Tclose, problem);
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
    if (variable) {
      pointers.assign(now, nullptr);
      guard.check(
          H5Dread(dataset, type.get(), part.memory.get(), part.file.get(), H5P_DEFAULT, pointers.data()),
          problem);
      for (const char* text : pointers) result.emplace_back(text == nullptr ? "" : text);
      H5Dvlen_reclaim(type.get(), part.memory.get(), H5P_DEFAULT, pointers.data());
    } else {
      characters.resize(now * size);
      guard.check(
          H5Dread(dataset, type.get(), part.memory.get(), part.file.get(), H5P_DEFAULT, characters.data()),
          problem);
      for (std::size_t i = 0; i < now; ++i) {
        result.push_back(trimmed(characters.data() + i * size, size, H5Tget_strpad(type.get())));
      }
    }
  }
  return result;
}

bool holds_integers(const Guard& guard, hid_t dataset) {
  const Handle type = guard.own(H5Dget_type(dataset), H5Tclose, "has a dataset without a type");
  const H5T_class_t kind = H5Tget_class(type.get());
  return (kind == H5T_INTEGER || kind == H5T_ENUM) && H5Tget_size(type.get()) <= sizeof(std::int64_t);
}

void read_integers(const Guard& guard, hid_t dataset, std::int64_t first, std::span<std::int64_t> out) {
  const char* const problem = "has integers that cannot be read";
  // Elements are read as they stand into slots of 64 bits, so none may be wider.
  if (!holds_integers(guard, dataset)) guard.fail("has other values where integers of 64 bits belong");
  // A boolean is an enumeration over a small integer: read as it stands, then widen.
  const Handle stored = guard.own(H5Dget_type(dataset), H5Tclose, problem);
  const Handle number = H5Tget_class(stored.get()) == H5T_ENUM
                            ? guard.own(H5Tget_super(stored.get()), H5Tclose, problem)
                            : guard.own(H5Tcopy(stored.get()), H5Tclose, problem);
  const bool is_unsigned = H5Tget_sign(number.get()) == H5T_SGN_NONE;
  const std::size_t step = rows_per_transfer(sizeof(std::int64_t));
  for (std::size_t at = 0; at < out.size(); at += step) {
    const std::size_t now = std::min(step, out.size() - at);
    const Selection part = select(guard, dataset, first + static_cast<std::int64_t>(at), now);
    guard.check(
        H5Dread(dataset, stored.get(), part.memory.get(), part.file.get(), H5P_DEFAULT, out.data() + at),
        problem);
    // HDF5 would take the largest number there is for one beyond it; as an unsigned one it shows.
    guard.check(H5Tconvert(number.get(), is_unsigned ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64, now,
                           out.data() + at, nullptr, H5P_DEFAULT),
                problem);
    if (is_unsigned) expect_signed_range(guard, out.subspan(at, now));
  }
}

}  // namespace fleetsne::io::hdf5
