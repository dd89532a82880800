#pragma once

#include "fleetsne/io/hdf5.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <vector>

/// The pieces of AnnData's file format 0.1.0 (as anndata 0.8 writes it): every element says in two attributes
/// how it is encoded. Texts that are not UTF-8 get U+FFFD where they are not. By one rank alone. [anndata
/// documentation, "On-disk format"]
namespace fleetsne::io::anndata {

/// Marks an object with `encoding-type` and `encoding-version`.
void set_encoding(const hdf5::Guard& guard, hid_t object, const std::string& type,
                  const std::string& version);
void set_attribute(const hdf5::Guard& guard, hid_t object, const std::string& name, const std::string& value);
void set_attribute(const hdf5::Guard& guard, hid_t object, const std::string& name,
                   const std::vector<std::string>& values);
void set_attribute(const hdf5::Guard& guard, hid_t object, const std::string& name, bool value);

/// Makes or opens a group and marks it.
hdf5::Handle group(const hdf5::Guard& guard, hid_t parent, const std::string& name, const std::string& type,
                   const std::string& version);

/// A new string-array of `count` empty strings, to be filled in blocks.
hdf5::Handle string_array(const hdf5::Guard& guard, hid_t parent, const std::string& name,
                          std::int64_t count);
void write_strings(const hdf5::Guard& guard, hid_t dataset, std::int64_t first,
                   std::span<const std::string> strings);

/// The text of a JSON value; U+FFFD stands where a string in it is not UTF-8 (a file's name, a label).
std::string json_text(const nlohmann::json& value);

/// A JSON value as a nested group of scalars, strings and arrays. Nulls are left out; arrays of mixed types
/// or of objects become their JSON text, an empty one an array of no strings; '/' in a name becomes '_'.
void write_json(const hdf5::Guard& guard, hid_t parent, const std::string& name, const nlohmann::json& value);

}  // namespace fleetsne::io::anndata
