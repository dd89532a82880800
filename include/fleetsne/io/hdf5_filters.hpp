#pragma once

#include "fleetsne/io/hdf5.hpp"

#include <string>

namespace fleetsne::io::hdf5 {

/// Makes LZF, h5py's and AnnData's fast compression, known to HDF5. Others that HDF5 lacks come as plugins.
void register_filters();

/// Throws InputError with the filter's name and the remedy if one that the dataset was written with is
/// missing. By this rank alone.
/// @param creation  the dataset's creation properties
void expect_filters(const Guard& guard, hid_t creation, const std::string& dataset);

/// How many bytes one stored byte may stand for: infinity if a filter has no bound.
double max_expansion(hid_t creation);

}  // namespace fleetsne::io::hdf5
