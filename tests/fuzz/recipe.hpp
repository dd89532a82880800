#pragma once

#include "target.hpp"

#include <string>

namespace fleetsne::fuzz {

/// Makes an HDF5 file of what the bytes say: datasets under the names that readers look for, of any type,
/// shape, layout and filter, with any values, or none. Any bytes make a file that is right as far as HDF5
/// itself goes. Of files that are not, its release 1.10.8 writes and reads beyond its own memory, where
/// nothing here can help; so only those whose metadata has checksums are mutated byte by byte.
std::string file_of_recipe(Bytes recipe, const std::string& name);

}  // namespace fleetsne::fuzz
