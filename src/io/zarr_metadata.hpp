#pragma once

#include "fleetsne/io/store.hpp"

#include "zarr_codecs.hpp"
#include "zarr_source.hpp"
#include "zarr_type.hpp"
#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::io::zarr {

/// Throws InputError "STORE: NODE PROBLEM (REASON). REMEDY".
[[noreturn]] void refuse(const std::string& store, const std::string& node, const std::string& problem,
                         const std::string& reason, const std::string& remedy);

/// What stands in the metadata of a node.
struct Node {
  NodeKind kind = NodeKind::none;
  int version = 0;            ///< 2 or 3
  nlohmann::json metadata;    ///< .zarray or zarr.json
  nlohmann::json attributes;  ///< an object
};

/// Reads the metadata of a node, "" being the root: its own, and if it has none, what the root holds for it
/// (consolidated metadata). Throws InputError for what is damaged.
Node read_node(const Source& source, const std::string& node);

/// Where the chunks of a shard stand in it: an index of offsets and sizes.
struct ShardIndex {
  std::vector<std::int64_t> shape;  ///< of a shard, in elements
  std::vector<Codec> codecs;        ///< of the index, all of a fixed size
  bool big_endian = false;
  bool at_start = false;
};

/// An array: its elements, and how they are divided among files.
struct ArrayMetadata {
  std::string node;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> chunk;    ///< shape of what is unpacked at once; no extent is 0
  std::vector<std::int64_t> strides;  ///< in a chunk, in elements
  ElementLayout type;
  std::vector<Codec> codecs;  ///< in the order in which they were applied
  std::optional<ShardIndex> shards;
  Fill fill;                 ///< what elements of a chunk without a file are
  std::string key_prefix;    ///< of the keys of chunks: "c" or ""
  char key_separator = '.';  ///< between the indices of a chunk

  std::int64_t chunk_elements() const;
};

/// Throws InputError for what is damaged or is not read here.
ArrayMetadata parse_array(const std::string& store, const std::string& name, const Node& node);

/// The versions' own parts of it.
ArrayMetadata parse_array_v2(const std::string& store, const std::string& name,
                             const nlohmann::json& metadata);
ArrayMetadata parse_array_v3(const std::string& store, const std::string& name,
                             const nlohmann::json& metadata);

}  // namespace fleetsne::io::zarr
