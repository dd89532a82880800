#include "fleetsne/base/error.hpp"

#include "zarr_metadata.hpp"
#include <fmt/format.h>

#include <algorithm>

namespace fleetsne::io::zarr {
namespace {

using nlohmann::json;

/// Metadata of one array, or of a codec in it, and how to refuse them.
class ArrayParser {
 public:
  ArrayParser(const std::string& store, const std::string& name, const json& metadata)
      : store_(store), name_(name), metadata_(metadata) {}

  [[noreturn]] void damaged(const std::string& reason) const {
    refuse(store_, name_, "has damaged metadata", reason, "Copy the store again or make it again");
  }
  [[noreturn]] void not_read(const std::string& what, const std::string& remedy) const {
    refuse(store_, name_, "cannot be read", what, remedy);
  }

  const json& member(const json& parent, const char* name) const {
    const auto found = parent.is_object() ? parent.find(name) : parent.end();
    if (found == parent.end()) damaged(fmt::format("there is no {}", name));
    return *found;
  }
  const json& member(const char* name) const { return member(metadata_, name); }

  std::vector<std::int64_t> extents(const json& value, const char* name) const {
    std::vector<std::int64_t> result;
    if (!value.is_array()) damaged(fmt::format("{} is not a list of sizes", name));
    for (const json& extent : value) {
      if (!extent.is_number_integer() || extent.get<std::int64_t>() < 0)
        damaged(fmt::format("{} is not a list of sizes", name));
      result.push_back(extent.get<std::int64_t>());
    }
    return result;
  }

  ElementLayout element_layout(std::optional<ElementLayout> parsed) const {
    if (!parsed) damaged("its type of elements makes no sense");
    return std::move(*parsed);
  }

  std::string text(const json& parent, const char* name) const {
    const json& value = member(parent, name);
    if (!value.is_string()) damaged(fmt::format("{} is not a text", name));
    return value.get<std::string>();
  }

  /// A codec from bytes to bytes.
  Codec byte_codec(const std::string& name, const json& configuration) const {
    const auto kind = codec_of(name);
    if (!kind)
      not_read(
          fmt::format("it is stored with the codec {}; those that are read are {}", name, list_codecs()),
          "Write it again with one of them, for example by zarr.create_array(..., compressors=\"auto\")");
    Codec codec{.kind = *kind};
    if (*kind == CodecKind::shuffle) {
      const json& bytes = member(configuration, "elementsize");
      if (!bytes.is_number_unsigned() || bytes.get<std::size_t>() == 0) damaged("elementsize is not a size");
      codec.element_bytes = bytes.get<std::size_t>();
    }
    return codec;
  }

 private:
  const std::string& store_;
  const std::string& name_;
  const json& metadata_;
};

/// Distances of neighbors along each dimension, if they are stored in this order of dimensions, the last one
/// running fastest.
std::vector<std::int64_t> strides_of(const std::vector<std::int64_t>& chunk,
                                     const std::vector<std::size_t>& order) {
  std::vector<std::int64_t> strides(chunk.size());
  std::int64_t stride = 1;
  for (std::size_t d = order.size(); d-- > 0;) {
    strides[order[d]] = stride;
    // A product that is too large is refused with the chunk's size.
    if (__builtin_mul_overflow(stride, std::max<std::int64_t>(chunk[order[d]], 1), &stride)) stride = 1;
  }
  return strides;
}

std::vector<std::size_t> first_to_last(std::size_t dimensions) {
  std::vector<std::size_t> order(dimensions);
  for (std::size_t d = 0; d < dimensions; ++d) order[d] = d;
  return order;
}

bool is_vlen(const std::string& codec) {
  return codec == "vlen-utf8" || codec == "vlen-bytes";
}

void set_texts(ElementLayout& type) {
  type.kind = ValueKind::text;
  type.text = TextForm::any_length;
  type.bytes = 0;
}

/// The list of codecs of an array of version 3, or of the chunks in a shard.
class CodecList {
 public:
  CodecList(const ArrayParser& parser, const json& list) : parser_(parser) {
    if (!list.is_array() || list.empty()) parser_.damaged("codecs is not a list");
    for (const json& entry : list) {
      Entry codec{.name = entry.is_string() ? entry.get<std::string>() : parser_.text(entry, "name"),
                  .configuration = entry.is_object() ? entry.value("configuration", json::object())
                                                     : json(json::object())};
      constexpr std::string_view prefix = "numcodecs.";  // of those that the specification does not have
      if (codec.name.starts_with(prefix)) codec.name.erase(0, prefix.size());
      entries_.push_back(std::move(codec));
    }
  }

  bool is_sharding() const { return entries_.front().name == "sharding_indexed"; }

  /// What a shard consists of. Throws unless it is the only codec.
  const json& sharding() const {
    if (entries_.size() != 1)
      parser_.not_read("its shards are stored with further codecs",
                       "Write it again with codecs in the shards only");
    return entries_.front().configuration;
  }

  /// Takes over what the codecs say of type, order and packing.
  void apply(ArrayMetadata& array) const {
    std::vector<std::size_t> order = first_to_last(array.chunk.size());
    std::size_t at = 0;
    for (; at < entries_.size() && entries_[at].name == "transpose"; ++at)
      order = transposed(order, entries_[at]);
    array.strides = strides_of(array.chunk, order);
    if (at == entries_.size()) parser_.damaged("no codec makes bytes of its elements");
    const Entry& serializer = entries_[at++];
    if (is_vlen(serializer.name)) {
      set_texts(array.type);
    } else if (serializer.name == "bytes") {
      set_big_endian(array.type, serializer.configuration.is_object() &&
                                     serializer.configuration.value("endian", json()) == json("big"));
    } else {
      parser_.not_read(fmt::format("its elements are stored with the codec {}", serializer.name),
                       "Write it again with the codecs that zarr chooses by itself");
    }
    for (; at < entries_.size(); ++at)
      array.codecs.push_back(parser_.byte_codec(entries_[at].name, entries_[at].configuration));
  }

 private:
  struct Entry {
    std::string name;
    json configuration;
  };

  /// The codec's dimension i is dimension order[i] of what it is given.
  std::vector<std::size_t> transposed(const std::vector<std::size_t>& before, const Entry& codec) const {
    const json& value = parser_.member(codec.configuration, "order");
    std::vector<std::size_t> result = before;
    if (value == json("C")) return result;
    if (value == json("F")) {
      std::ranges::reverse(result);
      return result;
    }
    const auto order = parser_.extents(value, "order");
    std::vector<bool> seen(before.size(), false);
    if (order.size() != before.size()) parser_.damaged("its order of dimensions makes no sense");
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto from = static_cast<std::size_t>(order[i]);
      if (from >= before.size() || seen[from]) parser_.damaged("its order of dimensions makes no sense");
      seen[from] = true;
      result[i] = before[from];
    }
    return result;
  }

  const ArrayParser& parser_;
  std::vector<Entry> entries_;
};

ShardIndex parse_shard_index(const ArrayParser& parser, const json& sharding,
                             std::vector<std::int64_t> shape) {
  ShardIndex index;
  index.shape = std::move(shape);
  const json location = sharding.value("index_location", json("end"));
  if (location != json("end") && location != json("start"))
    parser.damaged("index_location is neither start nor end");
  index.at_start = location == json("start");
  ArrayMetadata entries;  // the index is an array of its own
  CodecList(parser, parser.member(sharding, "index_codecs")).apply(entries);
  index.big_endian = entries.type.big_endian;
  index.codecs = entries.codecs;
  for (const Codec& codec : index.codecs)
    if (!codec.added_bytes()) parser.damaged("the index of its shards is compressed");
  return index;
}

}  // namespace

ArrayMetadata parse_array_v2(const std::string& store, const std::string& name, const json& metadata) {
  const ArrayParser parser(store, name, metadata);
  ArrayMetadata array;
  array.node = name;
  array.shape = parser.extents(parser.member("shape"), "shape");
  array.chunk = parser.extents(parser.member("chunks"), "chunks");
  array.type = parser.element_layout(parse_numpy_type(parser.member("dtype")));
  auto order = first_to_last(array.chunk.size());
  if (metadata.value("order", json("C")) == json("F")) std::ranges::reverse(order);
  array.strides = strides_of(array.chunk, order);
  if (metadata.value("dimension_separator", json(".")) == json("/")) array.key_separator = '/';

  const json filters = metadata.value("filters", json());
  if (!filters.is_null() && !filters.is_array()) parser.damaged("filters is not a list");
  for (const json& filter : filters) {
    const std::string id = parser.text(filter, "id");
    if (is_vlen(id)) {
      set_texts(array.type);
    } else {
      array.codecs.push_back(parser.byte_codec(id, filter));
    }
  }
  if (const json& compressor = parser.member("compressor"); !compressor.is_null())
    array.codecs.push_back(parser.byte_codec(parser.text(compressor, "id"), compressor));
  array.fill = parse_fill(metadata.value("fill_value", json()), array.type);
  return array;
}

ArrayMetadata parse_array_v3(const std::string& store, const std::string& name, const json& metadata) {
  const ArrayParser parser(store, name, metadata);
  ArrayMetadata array;
  array.node = name;
  array.shape = parser.extents(parser.member("shape"), "shape");
  const json& grid = parser.member("chunk_grid");
  if (const std::string kind = parser.text(grid, "name"); kind != "regular")
    parser.not_read(fmt::format("its chunks form a grid that is {}", kind),
                    "Write it again with regular chunks");
  array.chunk =
      parser.extents(parser.member(parser.member(grid, "configuration"), "chunk_shape"), "chunk_shape");
  array.type = parser.element_layout(parse_type(parser.member("data_type")));

  const json& encoding = parser.member("chunk_key_encoding");
  const std::string kind = parser.text(encoding, "name");
  if (kind != "default" && kind != "v2")
    parser.not_read(fmt::format("its chunks are named by the scheme {}", kind),
                    "Write it again with the names that zarr chooses by itself");
  array.key_prefix = kind == "default" ? "c" : "";
  const json configuration = encoding.value("configuration", json::object());
  const json separator = configuration.is_object() ? configuration.value("separator", json()) : json();
  array.key_separator = separator == json(".") || (kind == "v2" && separator != json("/")) ? '.' : '/';
  if (!metadata.value("storage_transformers", json()).empty())
    parser.not_read("it is stored with storage transformers", "Write it again without them");

  const CodecList codecs(parser, parser.member("codecs"));
  if (codecs.is_sharding()) {
    const json& sharding = codecs.sharding();
    array.shards = parse_shard_index(parser, sharding, array.chunk);
    array.chunk = parser.extents(parser.member(sharding, "chunk_shape"), "chunk_shape");
    const CodecList inner(parser, parser.member(sharding, "codecs"));
    if (inner.is_sharding())
      parser.not_read("its shards hold shards", "Write it again with shards of chunks");
    inner.apply(array);
  } else {
    codecs.apply(array);
  }
  array.fill = parse_fill(metadata.value("fill_value", json()), array.type);
  return array;
}

}  // namespace fleetsne::io::zarr
