#pragma once

#include "fleetsne/io/hdf5.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace fleetsne::io::hdf5 {

/// An attribute as Store::attribute returns it: null if there is none that can be read.
nlohmann::json read_attribute(hid_t object, const std::string& name);

}  // namespace fleetsne::io::hdf5
