#pragma once

#include <string>

namespace fleetsne::io {

/// An input as the user gives it, taken apart.
struct Location {
  std::string path;
  std::string dataset;  ///< without slashes around it; empty if none was named
};

/// Takes PATH:/DATASET apart, so that both may have colons in them: what is a file or folder as it stands is
/// a path; else the path ends at the first ':' with one before it, or, if there is none, at the first one
/// after the suffix of an HDF5 file or a zarr store. Anything else is a path. On this rank alone.
Location split_input(const std::string& input);

}  // namespace fleetsne::io
