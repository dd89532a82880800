#include "fleetsne/io/store.hpp"

#include "stores.hpp"

#include <algorithm>

namespace fleetsne::io {

std::unique_ptr<Store> Store::open(const std::string& path) {
  return open_hdf5_store(path);
}

std::string Store::text_attribute(const std::string& node, const std::string& name) const {
  const nlohmann::json value = attribute(node, name);
  const nlohmann::json& text = value.is_array() && value.size() == 1 ? value.front() : value;
  return text.is_string() ? text.get<std::string>() : std::string();
}

std::optional<std::int64_t> ArrayInfo::length() const {
  std::int64_t result = 1;
  for (const std::int64_t extent : shape) {
    if (extent == 1) continue;
    if (result != 1) return std::nullopt;
    result = extent;
  }
  return result;
}

}  // namespace fleetsne::io
