#include "hdf5_attributes.hpp"

#include <algorithm>
#include <vector>

namespace fleetsne::io::hdf5 {
namespace {

using nlohmann::json;

constexpr hssize_t most_elements = 1 << 20;  // no attribute that is looked for has more

/// One attribute, open, and its elements one after the other.
class AttributeReader {
 public:
  AttributeReader(hid_t object, const std::string& name)
      : object_(object), attribute_(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose) {
    if (!attribute_) return;
    type_ = Handle(H5Aget_type(attribute_.get()), H5Tclose);
    space_ = Handle(H5Aget_space(attribute_.get()), H5Sclose);
  }

  json read() const {
    if (!type_ || !space_) return nullptr;
    const hssize_t count = H5Sget_simple_extent_npoints(space_.get());
    if (count < 0 || count > most_elements) return nullptr;
    json values = elements(static_cast<std::size_t>(count));
    const bool scalar = H5Sget_simple_extent_type(space_.get()) == H5S_SCALAR;
    return scalar && values.is_array() ? (values.empty() ? json() : values.front()) : values;
  }

 private:
  json elements(std::size_t count) const {
    switch (H5Tget_class(type_.get())) {
      case H5T_STRING:
        return H5Tis_variable_str(type_.get()) > 0 ? variable_texts(count) : fixed_texts(count);
      case H5T_FLOAT:
        return numbers<double>(count, H5T_NATIVE_DOUBLE);
      case H5T_INTEGER:
        return H5Tget_sign(type_.get()) == H5T_SGN_NONE ? numbers<std::uint64_t>(count, H5T_NATIVE_UINT64)
                                                        : numbers<std::int64_t>(count, H5T_NATIVE_INT64);
      case H5T_ENUM:
        return booleans(count);
      case H5T_REFERENCE:
        return names_of_referred(count);
      default:
        return nullptr;
    }
  }

  template <class T>
  json numbers(std::size_t count, hid_t type) const {
    std::vector<T> values(count);
    return H5Aread(attribute_.get(), type, values.data()) < 0 ? json() : json(values);
  }

  /// Of an enumeration that is h5py's boolean.
  json booleans(std::size_t count) const {
    if (H5Tget_size(type_.get()) != 1) return nullptr;
    std::vector<std::int8_t> values(count);
    if (H5Aread(attribute_.get(), type_.get(), values.data()) < 0) return nullptr;
    json result = json::array();
    for (const std::int8_t value : values) result.push_back(value != 0);
    return result;
  }

  json variable_texts(std::size_t count) const {
    std::vector<char*> texts(count, nullptr);
    if (H5Aread(attribute_.get(), type_.get(), texts.data()) < 0) return nullptr;
    json result = json::array();
    for (const char* text : texts) result.push_back(std::string(text == nullptr ? "" : text));
    H5Dvlen_reclaim(type_.get(), space_.get(), H5P_DEFAULT, texts.data());
    return result;
  }

  json fixed_texts(std::size_t count) const {
    const std::size_t size = H5Tget_size(type_.get());
    std::vector<char> characters(count * size);
    if (H5Aread(attribute_.get(), type_.get(), characters.data()) < 0) return nullptr;
    json result = json::array();
    for (std::size_t i = 0; i < count; ++i)
      result.push_back(without_padding(characters.data() + i * size, type_.get()));
    return result;
  }

  json names_of_referred(std::size_t count) const {
    std::vector<hobj_ref_t> references(count, 0);
    if (H5Tequal(type_.get(), H5T_STD_REF_OBJ) <= 0 ||
        H5Aread(attribute_.get(), H5T_STD_REF_OBJ, references.data()) < 0)
      return nullptr;
    json result = json::array();
    for (const hobj_ref_t& reference : references) {
      const ssize_t length = H5Rget_name(object_, H5R_OBJECT, &reference, nullptr, 0);
      if (length <= 0) return nullptr;
      std::string name(static_cast<std::size_t>(length) + 1, '\0');
      H5Rget_name(object_, H5R_OBJECT, &reference, name.data(), name.size());
      result.push_back(name.substr(1, static_cast<std::size_t>(length) - 1));  // without the slash in front
    }
    return result;
  }

  hid_t object_;
  Handle attribute_, type_, space_;
};

}  // namespace

json read_attribute(hid_t object, const std::string& name) {
  if (H5Aexists(object, name.c_str()) <= 0) return nullptr;
  return AttributeReader(object, name).read();
}

std::string string_attribute(hid_t object, const std::string& name) {
  const json value = read_attribute(object, name);
  const json& text = value.is_array() && value.size() == 1 ? value.front() : value;
  return text.is_string() ? text.get<std::string>() : std::string();
}

}  // namespace fleetsne::io::hdf5
