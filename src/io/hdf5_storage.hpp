#pragma once

#include "fleetsne/io/hdf5.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Whether all that the shape of a dataset promises is stored, in its own file and in others. By one rank
/// alone; everything throws InputError.
namespace fleetsne::io::hdf5 {

/// Virtual datasets may have virtual sources, so many levels deep.
inline constexpr int max_source_depth = 8;

/// expect_stored, and the other files that hold some of the data: of an external link, sources of a virtual
/// dataset, raw files.
std::vector<std::string> expect_stored_somewhere(const Guard& guard, hid_t dataset, const std::string& name,
                                                 int depth = max_source_depth);

/// What is checked of a dataset whose data are in other files.
struct Elsewhere {
  const Guard& guard;  ///< of the file that was named
  hid_t dataset, creation;
  const std::string& name;
  std::vector<std::int64_t> shape;
  std::string holder;  ///< the file that the dataset is in
  int depth;
};

/// Every source of a virtual dataset is there, as long as its mapping says, and nothing is left without one.
/// @return  the files of the sources
std::vector<std::string> expect_sources(const Elsewhere& data);

/// Every raw file is there and long enough for its part.
/// @param bytes  of all elements
/// @return       the raw files
std::vector<std::string> expect_raw_files(const Elsewhere& data, double bytes);

/// Where a link leads that leads to nothing; empty if there is no such link. Does not throw.
std::string broken_link(hid_t file, const std::string& path);

}  // namespace fleetsne::io::hdf5
