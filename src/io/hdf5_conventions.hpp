#pragma once

#include "fleetsne/io/hdf5.hpp"

#include <string>

/// How programs lay out their HDF5 files. By one rank alone.
namespace fleetsne::io::hdf5 {

/// Whether a file is laid out as those of ann-benchmarks: rows to search among, and rows to search for.
bool is_ann_benchmarks(hid_t file);

/// The dataset that an input means. Throws InputError if it is none that is read here, with the reason.
/// @param name  as it was given; empty: the one that such a file is for
std::string dataset_of_rows(const Guard& guard, hid_t file, const std::string& name, bool anndata);

/// The program or format that stores a matrix with its rows and columns exchanged, if a dataset is of one;
/// else empty.
std::string exchanged_by(const Guard& guard, hid_t file, hid_t dataset, const std::string& name);

}  // namespace fleetsne::io::hdf5
