#pragma once

#include "fleetsne/io/store.hpp"

/// The kinds of stores, each opened by a function of its own, for Store::open to choose from.
namespace fleetsne::io {

std::unique_ptr<Store> open_hdf5_store(const std::string& path);
std::unique_ptr<Store> open_zarr_store(const std::string& path);

}  // namespace fleetsne::io
