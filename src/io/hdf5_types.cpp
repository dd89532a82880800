#include "hdf5_types.hpp"

namespace fleetsne::io::hdf5 {
namespace {

using Names = std::vector<std::pair<std::string, std::int64_t>>;

constexpr const char* damaged_type = "has a damaged type of elements";

std::string member_name(hid_t type, unsigned index) {
  char* name = H5Tget_member_name(type, index);
  std::string result(name == nullptr ? "" : name);
  H5free_memory(name);
  return result;
}

/// Members of an enumeration and their values.
Names members_of(const Guard& guard, hid_t type) {
  const Handle number = guard.own(H5Tget_super(type), H5Tclose, damaged_type);
  Names result;
  const int count = guard.check(H5Tget_nmembers(type), damaged_type);
  for (int m = 0; m < count; ++m) {
    std::int64_t value = 0;  // wide enough: no wider enumeration comes here
    guard.check(H5Tget_member_value(type, static_cast<unsigned>(m), &value), damaged_type);
    guard.check(H5Tconvert(number.get(), H5T_NATIVE_INT64, 1, &value, nullptr, H5P_DEFAULT), damaged_type);
    result.emplace_back(member_name(type, static_cast<unsigned>(m)), value);
  }
  return result;
}

void describe_integers(const Guard& guard, hid_t type, ArrayInfo& info) {
  const bool named = H5Tget_class(type) == H5T_ENUM;
  if (static_cast<std::size_t>(info.bytes) > sizeof(std::int64_t)) return;
  const Handle number = named ? guard.own(H5Tget_super(type), H5Tclose, damaged_type)
                              : guard.own(H5Tcopy(type), H5Tclose, damaged_type);
  info.is_unsigned = H5Tget_sign(number.get()) == H5T_SGN_NONE;
  info.kind = ValueKind::integer;
  if (!named) return;
  info.names = members_of(guard, type);
  const Names h5py_boolean{{"FALSE", 0}, {"TRUE", 1}};
  info.kind = info.names == h5py_boolean ? ValueKind::boolean : ValueKind::enumeration;
}

}  // namespace

std::string numpy_name(hid_t type) {
  constexpr std::string_view begin = "NUMPY:";
  char* const tag = H5Tget_tag(type);
  const std::string_view text = tag == nullptr ? "" : tag;
  std::string name(text.starts_with(begin) ? text.substr(begin.size()) : "");
  H5free_memory(tag);
  return name;
}

ArrayInfo describe_type(const Guard& guard, hid_t type) {
  ArrayInfo info;
  info.bytes = static_cast<int>(H5Tget_size(type));
  switch (H5Tget_class(type)) {
    case H5T_STRING:
      info.kind = ValueKind::text;
      if (H5Tis_variable_str(type) > 0) info.bytes = 0;
      break;
    case H5T_FLOAT:
      info.kind = ValueKind::floating;
      break;
    case H5T_INTEGER:
    case H5T_ENUM:
      describe_integers(guard, type, info);
      break;
    case H5T_BITFIELD:  // PyTables' booleans
      info.kind = info.bytes == 1 ? ValueKind::boolean : ValueKind::other;
      break;
    case H5T_COMPOUND:
      info.kind = ValueKind::record;
      for (int m = 0; m < H5Tget_nmembers(type); ++m)
        info.fields.push_back(member_name(type, static_cast<unsigned>(m)));
      break;
    case H5T_OPAQUE:
      info.time = time_unit_of_type(numpy_name(type));
      if (info.time && info.bytes == sizeof(std::int64_t)) info.kind = ValueKind::time;
      break;
    default:
      break;
  }
  return info;
}

}  // namespace fleetsne::io::hdf5
