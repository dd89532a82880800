#pragma once

#include "fleetsne/optimize/state.hpp"
#include "fleetsne/umap/layout.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace fleetsne::run {

/// Adds what is no matrix of a state: its iteration, the grid at hand, and where the schedule stands.
void write_progress(const optimize::State& state, nlohmann::json& about);
void write_progress(const umap::LayoutState& state, nlohmann::json& about);

/// Takes it back. Throws InputError, in the name of `file`, if it cannot be that.
void read_progress(const nlohmann::json& about, const std::string& file, optimize::State& state);
void read_progress(const nlohmann::json& about, const std::string& file, umap::LayoutState& state);

}  // namespace fleetsne::run
