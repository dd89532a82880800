#include "fleetsne/run/identify.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/dataset_digest.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/known_formats.hpp"
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/io/state_file.hpp"
#include "fleetsne/run/report.hpp"

#include "file_facts.hpp"
#include <fmt/format.h>

#include <filesystem>
#include <span>

namespace fleetsne::run {
namespace {

using nlohmann::json;

enum class Kind : int { other, affinities, checkpoint, search, neighbors, embedding };

/// On rank 0.
Kind kind_of(const io::Location& location) {
  if (("/" + location.dataset).find("/obsp/") != std::string::npos) return Kind::neighbors;
  const std::string& file = location.path;
  if (io::detect_format(file) != io::Format::hdf5) return Kind::other;
  const io::hdf5::Guard guard(base::ErrorKind::input, file);
  const io::hdf5::Handle open = io::hdf5::open_file(guard);
  const auto marked = [&](const char* name) { return H5Aexists(open.get(), name) > 0; };
  if (marked("affinity_format")) return Kind::affinities;
  if (marked("state_format")) return Kind::checkpoint;
  if (marked("part_format")) return Kind::search;
  if (io::hdf5::exists(open.get(), "indices") && io::hdf5::exists(open.get(), "distances"))
    return Kind::neighbors;
  for (const char* method : {"uns/tsne/version", "uns/umap/version"})
    if (io::hdf5::exists(open.get(), method)) return Kind::embedding;
  return Kind::other;
}

constexpr const char* by_checksum = "every number, by its checksum";

/// Found by rank 0 alone, told to all. Collective.
template <class Look>
json from_root(const comm::Communicator& comm, Look&& look) {
  std::string text;
  comm::on_root(comm, [&] { text = to_text(look()); });
  return json::parse(comm.broadcast(text, 0));
}

/// What neighbors show that this program did not write.
json survey_facts(const comm::Communicator& comm, const io::NeighborFiles& files) {
  const io::NeighborHeader header = io::inspect_neighbors(comm, files);
  const io::NeighborSurvey survey = io::survey_neighbors(comm, files);
  json facts{{"checked", "every index and value for its sense (there are no checksums)"},
             {"rows count from", survey.counts_from_one(header.rows) ? 1 : 0},
             {"values", fmt::format("{} to {}", survey.least_value, survey.greatest_value)}};
  if (survey.short_rows > 0) facts["rows with fewer"] = survey.short_rows;
  return facts;
}

json neighbor_facts(const comm::Communicator& comm, const std::string& file) {
  const io::NeighborFiles files{file, ""};
  const io::NeighborHeader header = io::inspect_neighbors(comm, files);
  const json about = io::about_neighbors(comm, files);
  json facts = made_facts(about);
  facts.update({{"kind", "neighbours"}, {"points", header.rows}, {"neighbours of each", header.count}});
  if (about.contains("params")) facts["search"] = about["params"];
  if (header.summed) {
    io::verify_neighbors(comm, file);
    facts.update({{"input_digest", io::digest_text(header.input_digest)}, {"checked", by_checksum}});
  } else {
    facts.update(survey_facts(comm, files));
  }
  return facts;
}

/// Reads an embedding, and the state beside it, to its end.
/// @param facts  of embedding_facts; its checksums are taken out, and what was found is added
void check_embedding(const comm::Communicator& comm, const std::string& file, json& facts) {
  const std::string name = fmt::format("X_{}", facts["method"].get<std::string>());
  json digests = facts["digests"];
  facts.erase("digests");
  const bool summed = digests.is_object() && digests.contains(name);
  if (!summed) digests = {{name, nullptr}};
  for (const auto& item : digests.items()) {
    const io::MatrixDigest read = io::digest_of_dataset(comm, file, "obsm/" + item.key());
    comm::agree(comm, [&] {
      if (summed && item.value() != io::digest_text(read.digest))
        throw base::InputError(fmt::format(
            "{}: its obsm/{} does not fit its checksum (it was cut short or changed since it was written). "
            "Make it anew",
            file, item.key()));
    });
    if (item.key() == name) facts.update({{"points", read.rows}, {"dimensions", read.columns}});
  }
  facts["kind"] = "embedding";
  facts["checked"] = summed
                         ? "the embedding and its state, by their checksums; not the labels and names of rows"
                         : "that it can be read to its end (there are no checksums)";
}

/// Whether an embedding has as many points as its report tells of; adds its dimensions to the facts.
void check_shape(const comm::Communicator& comm, const std::string& file, json& facts) {
  const io::RowInput input = io::inspect_all_rows(comm, std::span(&file, 1)).front();
  comm::agree(comm, [&] {
    if (facts.value("points", input.rows) != input.rows)
      throw base::InputError(
          fmt::format("{} has {} rows (the report beside it tells of {}). Was it replaced? Make it anew",
                      file, input.rows, facts["points"].dump()));
  });
  facts["dimensions"] = input.columns;
}

std::string value_text(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// A line for every section: --affinity.perplexity 10 is "affinity  perplexity=10". Empty ones are left out.
std::string parameter_text(const json& parameters) {
  std::string text;
  for (const auto& [section, options] : parameters.items()) {
    std::string line;
    for (const auto& [name, value] : options.items())
      if (is_filled(value)) line += fmt::format(" {}={}", name, value_text(value));
    if (!line.empty()) text += fmt::format("{:<20}{}\n", fmt::format("  [{}]", section), line.substr(1));
  }
  return text.empty() ? text : "parameters\n" + text;
}

}  // namespace

json identify(const comm::Communicator& comm, const std::string& file) {
  json found = from_root(comm, [&] {
    if (!std::filesystem::is_regular_file(file)) return json();
    json facts = json_facts(file);
    return facts.is_null() ? written_facts(file) : facts;
  });
  if (found.is_object()) {
    if (found["kind"] == "embedding") check_shape(comm, file, found);
    return found;
  }
  Kind kind = Kind::other;
  comm::on_root(comm, [&] { kind = kind_of(io::split_input(file)); });
  switch (comm.broadcast(kind, 0)) {
    case Kind::affinities: {
      const io::AffinityHeader header = io::inspect_affinities(comm, file);
      io::verify_affinities(comm, header);
      found = made_facts(header.about);
      found.update({{"kind", "affinities"},
                    {"points", header.rows()},
                    {"edges", header.entries},
                    {"written by ranks", header.written.ranks()},
                    {"input_digest", io::digest_text(header.input_digest)},
                    {"checked", by_checksum}});
      break;
    }
    case Kind::checkpoint: {
      const io::StateHeader header = io::inspect_state_file(comm, file);
      io::verify_state_file(comm, header);
      found = made_facts(header.about);
      found.update({{"kind", header.about.contains("start") ? "start" : "checkpoint"},
                    {"points", header.rows},
                    {"checked", by_checksum}});
      break;
    }
    case Kind::search:
      found = from_root(comm, [&] { return search_facts(file); });
      found.update({{"kind", "unfinished search for neighbours"}, {"checked", by_checksum}});
      break;
    case Kind::neighbors:
      found = neighbor_facts(comm, file);
      break;
    case Kind::embedding:
      found = from_root(comm, [&] { return embedding_facts(file); });
      check_embedding(comm, file, found);
      break;
    case Kind::other: {
      const io::RowInput input = io::inspect_all_rows(comm, std::span(&file, 1)).front();
      found = {{"kind", "rows"}, {"rows", input.rows}, {"columns", input.columns}};
      found["format"] = from_root(comm, [&] { return json(io::name_format(input.location.path)); });
      if (!input.warnings.empty()) found["warnings"] = input.warnings;
      return found;
    }
  }
  found["complete"] = true;  // or an error has been thrown
  return found;
}

std::string identity_text(const json& identity) {
  std::string text = fmt::format("{:<20}{}\n", "kind", identity.value("kind", "?"));
  for (const auto& [name, value] : identity.items()) {
    if (name == "kind") continue;
    if (name == "parameters") {
      text += parameter_text(value);
      continue;
    }
    if (name == "warnings") {
      for (const json& warning : value) text += fmt::format("{:<20}{}\n", "warning", value_text(warning));
      continue;
    }
    text += fmt::format("{:<20}{}\n", name, value_text(value));
  }
  return text;
}

}  // namespace fleetsne::run
