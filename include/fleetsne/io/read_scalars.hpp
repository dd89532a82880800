#pragma once

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

}  // namespace fleetsne::io
