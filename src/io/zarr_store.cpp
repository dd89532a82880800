#include "zarr_store.hpp"

#include "fleetsne/base/error.hpp"

#include "stores.hpp"
#include <fmt/format.h>

#include <algorithm>

namespace fleetsne::io::zarr {

ZarrStore::ZarrStore(const std::string& path) : Store(path), source_(Source::open(path)) {
  static_cast<void>(node(""));  // throws if it is damaged
}

const Node& ZarrStore::node(const std::string& name) const {
  if (const auto found = nodes_.find(name); found != nodes_.end()) return found->second;
  return nodes_.emplace(name, read_node(*source_, name)).first->second;
}

NodeKind ZarrStore::kind(const std::string& name) const {
  try {
    return node(name).kind;
  } catch (const base::Error&) {
    return NodeKind::none;
  }
}

std::vector<std::string> ZarrStore::children(const std::string& group) const {
  if (kind(group) != NodeKind::group) return {};
  std::vector<std::string> names = source_->folders(group);
  std::erase_if(names, [&](const std::string& name) { return kind(key_of(group, name)) == NodeKind::none; });
  return names;
}

nlohmann::json ZarrStore::attribute(const std::string& name, const std::string& attribute) const {
  if (kind(name) == NodeKind::none) return nullptr;
  const nlohmann::json& attributes = node(name).attributes;
  const auto found = attributes.find(attribute);
  return found == attributes.end() || found->is_object() ? nlohmann::json() : *found;
}

ArrayReader& ZarrStore::reader(const std::string& array) const {
  if (const auto found = readers_.find(array); found != readers_.end()) return found->second;
  const Node& found = node(array);
  if (found.kind != NodeKind::array)
    throw base::InputError(fmt::format("{} has no array {} (it is {}). Name one", path(),
                                       array.empty() ? "in its root" : array,
                                       found.kind == NodeKind::group ? "a group" : "not there"));
  return readers_.try_emplace(array, *source_, parse_array(path(), array, found)).first->second;
}

ArrayInfo ZarrStore::info(const std::string& array, const std::string& field) const {
  return reader(array).info(field);
}

/// A chunk that is not stored is the fill value by the specification, and writers leave out chunks that are.
/// So a column may have none at all; but the memory for one that is large must be paid for by chunks.
void ZarrStore::expect_stored(const std::string& name) const {
  ArrayReader& array = reader(name);
  constexpr double free_elements = 0x1p28;
  double elements = 1;
  for (const std::int64_t extent : array.array().shape) elements *= static_cast<double>(extent);
  if (elements <= free_elements) return;
  const auto stored = static_cast<double>(array.count_stored().stored);
  constexpr double max_missing_ratio = 16;
  if (elements <= max_missing_ratio * stored * static_cast<double>(array.array().chunk_elements())) return;
  refuse(path(), name, "is not all there",
         fmt::format("of its {} elements, {} chunks are stored", elements, stored),
         "The store is truncated or was never finished: copy it or make it again");
}

template <class T>
void ZarrStore::read_column(const std::string& array, std::int64_t first, std::span<T> out,
                            const std::string& field) const {
  ArrayReader& from = reader(array);
  const Part part = from.part_of_column(first, static_cast<std::int64_t>(out.size()));
  const auto rows = static_cast<std::size_t>(part.rows), columns = static_cast<std::size_t>(part.columns);
  from.read_numbers(part, base::MatrixView<T>(out.data(), rows, columns, columns), field);
}

void ZarrStore::read(const std::string& array, std::int64_t first, std::span<std::int64_t> out,
                     const std::string& field) const {
  read_column(array, first, out, field);
}

void ZarrStore::read(const std::string& array, std::int64_t first, std::span<double> out,
                     const std::string& field) const {
  read_column(array, first, out, field);
}

std::vector<std::string> ZarrStore::read_text(const std::string& array, std::int64_t first,
                                              std::int64_t count, const std::string& field) const {
  ArrayReader& from = reader(array);
  return from.read_texts(from.part_of_column(first, count), field);
}

void ZarrStore::read_rows(const std::string& array, std::int64_t first, base::MatrixView<double> out) const {
  reader(array).read_numbers({.row = first,
                              .rows = static_cast<std::int64_t>(out.rows()),
                              .columns = static_cast<std::int64_t>(out.columns())},
                             out);
}

}  // namespace fleetsne::io::zarr

namespace fleetsne::io {

std::unique_ptr<Store> open_zarr_store(const std::string& path) {
  return std::make_unique<zarr::ZarrStore>(path);
}

}  // namespace fleetsne::io
