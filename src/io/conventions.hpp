#pragma once

#include "fleetsne/io/store.hpp"

#include <string>

/// How programs lay out their HDF5 files and zarr stores. By one rank alone.
namespace fleetsne::io {

/// What is embedded of AnnData unless something is named.
inline constexpr const char* default_of_anndata = "obsm/X_pca";

/// The program or format whose layout a store has, with its version if it is recorded: "loom 3.0.0"; else
/// empty.
std::string name_layout(const Store& store);

/// Whether a store is laid out as those of ann-benchmarks: rows to search among, and rows to search for.
bool is_ann_benchmarks(const Store& store);

/// The array that an input means. Throws InputError with the reason if it is none that is read here.
/// @param name  as it was given; empty: the one that such a store is for
std::string array_of_rows(const Store& store, const std::string& name);

/// What MATLAB calls an array that it marks as something other than numbers: "a cell array", "a char array"
/// and so on; else empty.
std::string not_numbers_of_matlab(const Store& store, const std::string& name);

/// Throws InputError unless an array has two dimensions and is not empty.
void expect_matrix(const Store& store, const std::string& name);

/// The program or format that stores a matrix with its rows and columns exchanged, if an array is of one;
/// else empty.
std::string exchanged_by(const Store& store, const std::string& name);

}  // namespace fleetsne::io
