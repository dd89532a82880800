#pragma once

#include <nlohmann/json.hpp>

#include <string>

/// What `info` finds in one kind of file, by name. By one rank alone; all throw InputError.
namespace fleetsne::run {

/// Whether there is anything to tell: no null, empty text or empty list.
bool is_filled(const nlohmann::json& value);

/// Of what a file says of how it was made (made_of, and what else its writer knew): `made of`, `parameters`
/// and what has a name of its own. Nothing of what is not there, or is not as a writer leaves it.
nlohmann::json made_facts(const nlohmann::json& about);

/// Of an embedding; its checksums under `digests`, by the names of its matrices in obsm.
nlohmann::json embedding_facts(const std::string& file);

/// Of a JSON file of ours: a report, measures of `evaluate`, or how a part of a sweep stands; with its
/// `kind`. Null of any other file.
nlohmann::json json_facts(const std::string& file);

/// Of an embedding in .npy, a snapshot, a picture or a page, by the report of its run, which stands beside
/// it; with its `kind`. Null if there is none that names it. Also throws if a picture or a page was cut
/// short.
nlohmann::json written_facts(const std::string& file);

/// Of what a rank had in hand of a search for neighbours; read to its end.
nlohmann::json search_facts(const std::string& file);

}  // namespace fleetsne::run
