#pragma once

#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/store.hpp"

namespace fleetsne::io::hdf5 {

/// What numpy calls the type of opaque elements, such as "<M8[ns]" for datetime64, if h5py wrote them; else
/// "".
std::string numpy_name(hid_t type);

/// What a type says of the elements that have it: kind, bytes, sign, names, fields. Fails as the guard does.
ArrayInfo describe_type(const Guard& guard, hid_t type);

}  // namespace fleetsne::io::hdf5
