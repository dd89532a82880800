#include "fleetsne/io/store.hpp"

#include "stores.hpp"
#include "zarr_source.hpp"
#include <fmt/format.h>

namespace fleetsne::io {
namespace {

/// Collects the arrays of a store for a message. Links may form circles, so it goes only so deep.
class ArrayListing {
 public:
  ArrayListing(const Store& store, std::size_t most) : store_(store), most_(most) {}

  void visit(const std::string& group, int depth = 0) {
    for (const std::string& name : store_.children(group)) {
      const std::string node = group.empty() ? name : group + "/" + name;
      const NodeKind kind = store_.kind(node);
      if (kind == NodeKind::array && ++count_ <= most_) add(node);
      if (kind == NodeKind::group && depth < 8 && count_ < 1000) visit(node, depth + 1);
    }
  }

  std::string text() const {
    if (count_ == 0) return "no datasets";
    return count_ <= most_ ? text_ : fmt::format("{} and {} more", text_, count_ - most_);
  }

 private:
  void add(const std::string& node) {
    const std::vector<std::int64_t> shape = store_.info(node).shape;
    text_ += fmt::format("{}/{} ({})", text_.empty() ? "" : ", ", node,
                         shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, " x ")));
  }

  const Store& store_;
  std::size_t most_, count_ = 0;
  std::string text_;
};

}  // namespace

std::string list_arrays(const Store& store, std::size_t most) {
  ArrayListing listing(store, most);
  listing.visit("");
  return listing.text();
}

std::unique_ptr<Store> Store::open(const std::string& path) {
  return zarr::is_store(path) ? open_zarr_store(path) : open_hdf5_store(path);
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
