#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace fleetsne::io {

/// Whether an HDF5 file holds a dataset of this path. By this rank alone; throws InputError if the file
/// cannot be read.
bool holds_dataset(const std::string& path, const std::string& dataset);

/// Single numbers of these names in a group of an HDF5 file. By this rank alone; throws InputError, also if
/// one is not there or is no number.
std::vector<double> read_scalars(const std::string& path, const std::string& group,
                                 const std::vector<std::string>& names);

/// A single number, if an HDF5 file has one of this path. By this rank alone; throws InputError if the file
/// cannot be read.
std::optional<double> find_scalar(const std::string& path, const std::string& dataset);

/// The strings of a dataset, one of a scalar; none if the file has no such dataset, or something else is
/// there. The same.
std::optional<std::vector<std::string>> find_texts(const std::string& path, const std::string& dataset);

/// What stands in a group of an HDF5 file and the groups in it: single numbers, booleans, and strings, one or
/// a row of them, by name; what else there is, and what is nested more than 8 deep, is left out. An empty
/// object if there is no such group. By this rank alone; throws InputError if it cannot be read, or has more
/// than 10,000 of them.
nlohmann::json read_group(const std::string& path, const std::string& group);

}  // namespace fleetsne::io
