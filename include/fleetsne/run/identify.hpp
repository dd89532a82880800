#pragma once

#include "fleetsne/comm/communicator.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace fleetsne::run {

/// What a user can ask about files.
struct InfoConfig {
  std::vector<std::string> files;
  bool json = false;  ///< for programs, one object for each file
};

/// Tells what a file is that this program wrote, what it was made of and how, and whether it is complete: an
/// embedding, affinities, neighbours, a checkpoint, a rank's part of a search that has not ended, a start, a
/// report, what a report beside it knows, measures, a part of a sweep; of any other input its shape.
/// @return  `kind` and what there is to say, by name; the same on all ranks
/// @note Collective. Throws InputError on all ranks for what is none of these, or damaged.
nlohmann::json identify(const comm::Communicator& comm, const std::string& file);

/// The same for readers: a line for each name.
std::string identity_text(const nlohmann::json& identity);

}  // namespace fleetsne::run
