#pragma once

#include "fleetsne/optimize/state.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace fleetsne::run {

/// Adds what is no matrix of a state: its iteration, the grid at hand, and where the schedule stands.
void write_progress(const optimize::State& state, nlohmann::json& about);

/// Takes it back. Throws InputError, in the name of `file`, if it cannot be that.
void read_progress(const nlohmann::json& about, const std::string& file, optimize::State& state);

}  // namespace fleetsne::run
