#include "zarr_metadata.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/json_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace fleetsne::io::zarr {
namespace {

using nlohmann::json;

constexpr const char* damaged_remedy = "Copy the store again or make it again";

/// The JSON in a file of a store; null if there is no such file.
json read_json_file(const Source& source, const std::string& key) {
  const auto bytes = source.size(key);
  if (!bytes) return nullptr;
  if (*bytes > static_cast<std::int64_t>(most_json_bytes))
    refuse(source.path(), key, "is too large", fmt::format("{} bytes of JSON", *bytes), damaged_remedy);
  std::string text(static_cast<std::size_t>(*bytes), '\0');
  source.read(key, 0, std::as_writable_bytes(std::span(text)));
  if (json_depth(text) > most_json_depth)
    refuse(source.path(), key, "is nested too deeply", "no program writes such metadata", damaged_remedy);
  json value = json::parse(text, nullptr, false);
  if (!value.is_object())
    refuse(source.path(), key, "cannot be read", "it is not a JSON object", damaged_remedy);
  return value;
}

json object_in(const json& parent, const std::string& name) {
  const auto found = parent.is_object() ? parent.find(name) : parent.end();
  return found != parent.end() && found->is_object() ? *found : json(nullptr);
}

Node node_v2(const json& array, const json& group, const json& attributes) {
  Node node;
  node.kind = array.is_object() ? NodeKind::array : group.is_object() ? NodeKind::group : NodeKind::none;
  node.version = 2;
  if (array.is_object()) node.metadata = array;
  node.attributes = attributes.is_object() ? attributes : json::object();
  return node;
}

Node node_v3(const Source& source, const std::string& name, const json& metadata) {
  const std::string type = metadata.value("node_type", json("")).is_string()
                               ? metadata.value("node_type", json("")).get<std::string>()
                               : "";
  Node node;
  node.kind = type == "array" ? NodeKind::array : type == "group" ? NodeKind::group : NodeKind::none;
  if (node.kind == NodeKind::none)
    refuse(source.path(), key_of(name, "zarr.json"), "is of no kind that is known",
           "its node_type is neither group nor array", damaged_remedy);
  node.version = 3;
  node.metadata = metadata;
  const json attributes = object_in(metadata, "attributes");
  node.attributes = attributes.is_object() ? attributes : json::object();
  return node;
}

/// What the root holds for all nodes, for stores that have nothing else.
Node read_consolidated(const Source& source, const std::string& name) {
  if (source.size("zarr.json")) {
    const json all = object_in(read_json_file(source, "zarr.json"), "consolidated_metadata");
    const json metadata = object_in(object_in(all, "metadata"), name);
    return metadata.is_object() ? node_v3(source, name, metadata) : Node{};
  }
  const json all = object_in(read_json_file(source, ".zmetadata"), "metadata");
  return node_v2(object_in(all, key_of(name, ".zarray")), object_in(all, key_of(name, ".zgroup")),
                 object_in(all, key_of(name, ".zattrs")));
}

/// Throws unless sizes fit into 64 bits and a chunk into memory.
void expect_sensible(const std::string& store, const ArrayMetadata& array) {
  const auto refuse_sizes = [&](const std::string& reason, const std::string& remedy) {
    refuse(store, array.node, "cannot be read", reason, remedy);
  };
  constexpr std::size_t max_dimensions = 32;
  const auto& [shape, chunk] = std::tie(array.shape, array.chunk);
  if (shape.size() > max_dimensions || chunk.size() != shape.size())
    refuse_sizes(fmt::format("its shape has {} dimensions, its chunks have {}", shape.size(), chunk.size()),
                 damaged_remedy);
  constexpr double max_elements = 0x1p60;
  const auto count = [](const std::vector<std::int64_t>& extents) {
    double product = 1;
    for (const std::int64_t extent : extents)
      product *= static_cast<double>(std::max<std::int64_t>(extent, 1));
    return product;
  };
  for (const std::int64_t extent : chunk)
    if (extent < 1) refuse_sizes(fmt::format("a chunk has an extent of {}", extent), damaged_remedy);
  const double chunk_bytes =
      count(chunk) * static_cast<double>(array.type.bytes == 0 ? sizeof(std::uint32_t) : array.type.bytes);
  if (count(shape) > max_elements)
    refuse_sizes(fmt::format("its shape is {}", fmt::join(shape, " x ")), damaged_remedy);
  if (chunk_bytes > static_cast<double>(max_chunk_bytes))
    refuse_sizes(
        fmt::format("a chunk is {} elements, more than {} bytes", fmt::join(chunk, " x "), max_chunk_bytes),
        "Write it again in smaller chunks");
  if (!array.shards) return;
  const auto& shard = array.shards->shape;
  bool divides = shard.size() == chunk.size();
  double inner = 1;
  for (std::size_t d = 0; divides && d < shard.size(); ++d) {
    divides = shard[d] >= 1 && shard[d] % chunk[d] == 0;
    inner *= static_cast<double>(shard[d] / chunk[d]);
  }
  constexpr double index_entry_bytes = 16;
  if (!divides || inner * index_entry_bytes > static_cast<double>(max_chunk_bytes))
    refuse_sizes(fmt::format("a shard of {} elements does not hold whole chunks of {}",
                             fmt::join(shard, " x "), fmt::join(chunk, " x ")),
                 damaged_remedy);
}

}  // namespace

void refuse(const std::string& store, const std::string& node, const std::string& problem,
            const std::string& reason, const std::string& remedy) {
  throw base::InputError(
      fmt::format("{}: {} {} ({}). {}", store, node.empty() ? "its root" : node, problem, reason, remedy));
}

Node read_node(const Source& source, const std::string& name) {
  if (const json metadata = read_json_file(source, key_of(name, "zarr.json")); metadata.is_object())
    return node_v3(source, name, metadata);
  const Node node = node_v2(read_json_file(source, key_of(name, ".zarray")),
                            read_json_file(source, key_of(name, ".zgroup")),
                            read_json_file(source, key_of(name, ".zattrs")));
  return node.kind != NodeKind::none ? node : read_consolidated(source, name);
}

std::int64_t ArrayMetadata::chunk_elements() const {
  std::int64_t elements = 1;
  for (const std::int64_t extent : chunk) elements *= extent;
  return elements;
}

ArrayMetadata parse_array(const std::string& store, const std::string& name, const Node& node) {
  try {
    ArrayMetadata array = node.version == 2 ? parse_array_v2(store, name, node.metadata)
                                            : parse_array_v3(store, name, node.metadata);
    expect_sensible(store, array);
    return array;
  } catch (const json::exception& error) {
    refuse(store, name, "has damaged metadata", error.what(), damaged_remedy);
  }
}

}  // namespace fleetsne::io::zarr
