#include "fleetsne/io/anndata_format.hpp"

#include "fleetsne/base/utf8.hpp"

#include <algorithm>

namespace fleetsne::io::anndata {
namespace {

const char* const problem = "cannot be written";

hdf5::Handle string_type(const hdf5::Guard& guard) {
  hdf5::Handle type = guard.own(H5Tcopy(H5T_C_S1), H5Tclose, problem);
  guard.check(H5Tset_size(type.get(), H5T_VARIABLE), problem);
  guard.check(H5Tset_cset(type.get(), H5T_CSET_UTF8), problem);
  return type;
}

hdf5::Handle scalar(const hdf5::Guard& guard) {
  return guard.own(H5Screate(H5S_SCALAR), H5Sclose, problem);
}

hdf5::Handle vector_space(const hdf5::Guard& guard, std::size_t count) {
  const hsize_t extent = count;
  return guard.own(H5Screate_simple(1, &extent, nullptr), H5Sclose, problem);
}

/// numpy's boolean as h5py stores it: an enumeration of a byte.
hdf5::Handle boolean_type(const hdf5::Guard& guard) {
  hdf5::Handle type = guard.own(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose, problem);
  const std::int8_t no = 0, yes = 1;
  guard.check(H5Tenum_insert(type.get(), "FALSE", &no), problem);
  guard.check(H5Tenum_insert(type.get(), "TRUE", &yes), problem);
  return type;
}

void replace_attribute(const hdf5::Guard& guard, hid_t object, const std::string& name, hid_t type,
                       hid_t space, const void* value) {
  if (H5Aexists(object, name.c_str()) > 0) guard.check(H5Adelete(object, name.c_str()), problem);
  const hdf5::Handle attribute =
      guard.own(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, problem);
  guard.check(H5Awrite(attribute.get(), type, value), problem);
}

hdf5::Handle dataset(const hdf5::Guard& guard, hid_t parent, const std::string& name, hid_t type,
                     hid_t space) {
  return guard.own(H5Dcreate2(parent, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                   H5Dclose, problem);
}

void write_number(const hdf5::Guard& guard, hid_t parent, const std::string& name, hid_t type,
                  const void* values, const hdf5::Handle& space, const std::string& encoding) {
  const hdf5::Handle target = dataset(guard, parent, name, type, space.get());
  guard.check(H5Dwrite(target.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), problem);
  set_encoding(guard, target.get(), encoding, "0.2.0");
}

/// Strings as HDF5 takes them. They are marked as UTF-8 in the file, and h5py and anndata do not open a file
/// that is not true to that, so what is none is replaced.
class ValidTexts {
 public:
  explicit ValidTexts(std::span<const std::string> strings) {
    replaced_.reserve(strings.size());  // what is pointed to must stay where it is
    for (const std::string& text : strings) {
      const bool valid = base::is_utf8(text);
      if (!valid) replaced_.push_back(base::valid_utf8(text));
      texts_.push_back(valid ? text.c_str() : replaced_.back().c_str());
    }
  }
  const std::vector<const char*>& texts() const { return texts_; }

 private:
  std::vector<std::string> replaced_;
  std::vector<const char*> texts_;
};

void write_text(const hdf5::Guard& guard, hid_t parent, const std::string& name, const std::string& value) {
  const hdf5::Handle type = string_type(guard), space = scalar(guard);
  const hdf5::Handle target = dataset(guard, parent, name, type.get(), space.get());
  const std::string valid = base::valid_utf8(value);
  const char* text = valid.c_str();
  guard.check(H5Dwrite(target.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &text), problem);
  set_encoding(guard, target.get(), "string", "0.2.0");
}

void write_array(const hdf5::Guard& guard, hid_t parent, const std::string& name,
                 const nlohmann::json& array) {
  const auto all = [&](auto&& is) { return std::all_of(array.begin(), array.end(), is); };
  const hdf5::Handle space = vector_space(guard, array.size());
  if (!array.empty() && all([](const auto& v) { return v.is_number(); })) {
    if (all([](const auto& v) { return v.is_number_integer(); })) {
      const auto values = array.get<std::vector<std::int64_t>>();
      return write_number(guard, parent, name, H5T_NATIVE_INT64, values.data(), space, "array");
    }
    const auto values = array.get<std::vector<double>>();
    return write_number(guard, parent, name, H5T_NATIVE_DOUBLE, values.data(), space, "array");
  }
  if (all([](const auto& v) { return v.is_string(); })) {  // so is an empty list: those here are of names
    const auto values = array.get<std::vector<std::string>>();
    const hdf5::Handle target = string_array(guard, parent, name, static_cast<std::int64_t>(values.size()));
    return write_strings(guard, target.get(), 0, values);
  }
  if (all([](const auto& v) { return v.is_boolean(); })) {
    std::vector<std::int8_t> values;
    for (const auto& v : array) values.push_back(v.template get<bool>() ? 1 : 0);
    return write_number(guard, parent, name, boolean_type(guard).get(), values.data(), space, "array");
  }
  write_text(guard, parent, name, json_text(array));
}

/// A name that HDF5 takes for one link.
std::string link_name(std::string name) {
  name = base::valid_utf8(name);
  std::replace(name.begin(), name.end(), '/', '_');
  return name.empty() || name == "." ? "_" : name;
}

}  // namespace

void set_attribute(const hdf5::Guard& guard, hid_t object, const std::string& name,
                   const std::string& value) {
  const std::string valid = base::valid_utf8(value);
  const char* text = valid.c_str();
  replace_attribute(guard, object, name, string_type(guard).get(), scalar(guard).get(), &text);
}

void set_attribute(const hdf5::Guard& guard, hid_t object, const std::string& name,
                   const std::vector<std::string>& values) {
  const ValidTexts valid(values);
  const std::vector<const char*>& texts = valid.texts();
  const char* none = "";
  replace_attribute(guard, object, name, string_type(guard).get(), vector_space(guard, texts.size()).get(),
                    texts.empty() ? &none : texts.data());
}

void set_attribute(const hdf5::Guard& guard, hid_t object, const std::string& name, bool value) {
  const std::int8_t byte = value ? 1 : 0;
  replace_attribute(guard, object, name, boolean_type(guard).get(), scalar(guard).get(), &byte);
}

void set_encoding(const hdf5::Guard& guard, hid_t object, const std::string& type,
                  const std::string& version) {
  set_attribute(guard, object, "encoding-type", type);
  set_attribute(guard, object, "encoding-version", version);
}

hdf5::Handle group(const hdf5::Guard& guard, hid_t parent, const std::string& name, const std::string& type,
                   const std::string& version) {
  hdf5::Handle result =
      H5Lexists(parent, name.c_str(), H5P_DEFAULT) > 0
          ? guard.own(H5Gopen2(parent, name.c_str(), H5P_DEFAULT), H5Gclose, problem)
          : guard.own(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose,
                      problem);
  set_encoding(guard, result.get(), type, version);
  return result;
}

hdf5::Handle string_array(const hdf5::Guard& guard, hid_t parent, const std::string& name,
                          std::int64_t count) {
  const hdf5::Handle type = string_type(guard), space = vector_space(guard, static_cast<std::size_t>(count));
  hdf5::Handle result = dataset(guard, parent, name, type.get(), space.get());
  set_encoding(guard, result.get(), "string-array", "0.2.0");
  return result;
}

void write_strings(const hdf5::Guard& guard, hid_t target, std::int64_t first,
                   std::span<const std::string> strings) {
  if (strings.empty()) return;
  const ValidTexts valid(strings);
  const hsize_t start = static_cast<hsize_t>(first), count = strings.size();
  const hdf5::Handle memory = vector_space(guard, strings.size());
  const hdf5::Handle space = guard.own(H5Dget_space(target), H5Sclose, problem);
  guard.check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, &start, nullptr, &count, nullptr), problem);
  guard.check(H5Dwrite(target, string_type(guard).get(), memory.get(), space.get(), H5P_DEFAULT,
                       valid.texts().data()),
              problem);
}

std::string json_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void write_json(const hdf5::Guard& guard, hid_t parent, const std::string& raw_name,
                const nlohmann::json& value) {
  const std::string name = link_name(raw_name);
  switch (value.type()) {
    case nlohmann::json::value_t::object: {
      const hdf5::Handle inner = group(guard, parent, name, "dict", "0.1.0");
      for (const auto& [key, item] : value.items()) write_json(guard, inner.get(), key, item);
      return;
    }
    case nlohmann::json::value_t::array:
      return write_array(guard, parent, name, value);
    case nlohmann::json::value_t::string:
      return write_text(guard, parent, name, value.get<std::string>());
    case nlohmann::json::value_t::boolean: {
      const std::int8_t byte = value.get<bool>() ? 1 : 0;
      return write_number(guard, parent, name, boolean_type(guard).get(), &byte, scalar(guard),
                          "numeric-scalar");
    }
    case nlohmann::json::value_t::number_unsigned: {
      const auto number = value.get<std::uint64_t>();  // a seed may need all 64 bits
      const bool fits = number <= static_cast<std::uint64_t>(INT64_MAX);
      return write_number(guard, parent, name, fits ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64, &number,
                          scalar(guard), "numeric-scalar");
    }
    case nlohmann::json::value_t::number_integer: {
      const auto number = value.get<std::int64_t>();
      return write_number(guard, parent, name, H5T_NATIVE_INT64, &number, scalar(guard), "numeric-scalar");
    }
    case nlohmann::json::value_t::number_float: {
      const auto number = value.get<double>();
      return write_number(guard, parent, name, H5T_NATIVE_DOUBLE, &number, scalar(guard), "numeric-scalar");
    }
    default:
      return;  // null: the format has no such value
  }
}

}  // namespace fleetsne::io::anndata
