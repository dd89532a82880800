#include "fleetsne/run/identify.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/json_file.hpp"
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/io/part_file.hpp"
#include "fleetsne/io/read_scalars.hpp"
#include "fleetsne/io/state_file.hpp"
#include "fleetsne/run/report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

namespace fleetsne::run {
namespace {

using nlohmann::json;

enum class Kind : int { other, affinities, checkpoint, search, neighbors, embedding, report };

bool is_report(const std::string& file) {
  if (std::filesystem::path(file).extension() != ".json") return false;
  const json found = io::read_json(file);
  return found.is_object() && found.contains("exit_code") && found["exit_code"].is_number_integer() &&
         found.contains("stages");
}

/// On rank 0.
Kind kind_of(const std::string& file) {
  if (is_report(file)) return Kind::report;
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

/// Whole numbers as such.
json number_json(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

/// What stands in a group of uns, of the names that are there. On rank 0.
json embedding_facts(const std::string& file) {
  const std::string method = io::holds_dataset(file, "obsm/X_tsne") ? "tsne" : "umap";
  json facts{{"method", method}};
  for (const char* name : {"version", "started", "input_digest"})
    if (const auto text = io::find_texts(file, fmt::format("uns/{}/{}", method, name));
        text && !text->empty())
      facts[name] = text->front();
  for (const char* name : {"config/input/files", "config/input/affinity"})
    if (const auto text = io::find_texts(file, fmt::format("uns/{}/{}", method, name));
        text && !text->empty() && !text->front().empty())
      facts["made of"] = *text;
  for (const char* name : {"ranks", "threads", "recall", "kl"})
    if (const auto number = io::find_scalar(file, fmt::format("uns/{}/{}", method, name)))
      facts[name] = number_json(*number);
  for (const auto& [shown, name] :
       {std::pair("perplexity", "config/affinity/perplexity"),
        std::pair("exaggeration", "config/optimize/exaggeration"), std::pair("seed", "config/run/seed"),
        std::pair("iterations", "state/iteration")})
    if (const auto number = io::find_scalar(file, fmt::format("uns/{}/{}", method, name)))
      facts[shown] = number_json(*number);
  return facts;
}

json report_facts(const std::string& file) {
  const json report = io::read_json(file);
  if (report.is_discarded()) throw base::InputError(file + " changes while it is read. Try again");
  json facts{{"complete", report.at("exit_code") == 0}};
  for (const char* name : {"version", "started", "command", "ranks", "threads", "points", "columns",
                           "wall_seconds", "files", "exit_code", "error"})
    if (report.contains(name)) facts[name] = report[name];
  return facts;
}

/// Of what a rank had in hand of a search for neighbours; read to its end. On rank 0.
json search_facts(const std::string& file) {
  const io::PartHeader header = io::inspect_part(file);
  io::verify_part(header);
  json facts{{"kind", "unfinished search for neighbours"},
             {"bytes", header.bytes()},
             {"complete", true},
             {"checked", by_checksum}};
  for (const char* name : {"rank", "ranks", "input_digest", "run"})
    if (header.about.contains(name)) facts[name] = header.about[name];
  return facts;
}

/// Found by rank 0 alone, told to all. Collective.
template <class Look>
json from_root(const comm::Communicator& comm, Look&& look) {
  std::string text;
  comm::on_root(comm, [&] { text = to_text(look()); });
  return json::parse(comm.broadcast(text, 0));
}

}  // namespace

json identify(const comm::Communicator& comm, const std::string& file) {
  Kind kind = Kind::other;
  comm::on_root(comm, [&] { kind = kind_of(io::split_input(file).path); });
  json found;
  switch (comm.broadcast(kind, 0)) {
    case Kind::affinities: {
      const io::AffinityHeader header = io::inspect_affinities(comm, file);
      found = {{"kind", "affinities"},
               {"points", header.rows()},
               {"edges", header.entries},
               {"written by ranks", header.written.ranks()},
               {"input_digest", fmt::format("{:016x}", header.input_digest)},
               {"complete", true},
               {"checked", by_checksum}};
      io::verify_affinities(comm, header);
      for (const auto& [name, value] : header.about.items())
        if (name != "config" && name != "libraries") found[name] = value;
      return found;
    }
    case Kind::checkpoint: {
      const io::StateHeader header = io::inspect_state_file(comm, file);
      found = {{"kind", header.about.contains("start") ? "start" : "checkpoint"},
               {"points", header.rows},
               {"complete", true},
               {"checked", by_checksum}};
      io::verify_state_file(comm, header);
      for (const char* name : {"iteration", "epoch", "run"})
        if (header.about.contains(name)) found[name] = header.about[name];
      return found;
    }
    case Kind::search:
      return from_root(comm, [&] { return search_facts(file); });
    case Kind::neighbors: {
      const io::NeighborHeader header = io::inspect_neighbors(comm, {file, ""});
      return {{"kind", "neighbours"},
              {"points", header.rows},
              {"neighbours of each", header.count},
              {"input_digest", fmt::format("{:016x}", header.input_digest)}};
    }
    case Kind::embedding: {
      found = from_root(comm, [&] { return embedding_facts(file); });
      const std::string input = fmt::format("{}:/obsm/X_{}", file, found["method"].get<std::string>());
      const io::RowInput shape = io::inspect_all_rows(comm, std::span(&input, 1)).front();
      found.update(
          {{"kind", "embedding"}, {"points", shape.rows}, {"dimensions", shape.columns}, {"complete", true}});
      return found;
    }
    case Kind::report:
      found = from_root(comm, [&] { return report_facts(file); });
      found["kind"] = "report";
      return found;
    case Kind::other:
      break;
  }
  const io::RowInput input = io::inspect_all_rows(comm, std::span(&file, 1)).front();
  return {{"kind", "rows"}, {"rows", input.rows}, {"columns", input.columns}};
}

std::string identity_text(const json& identity) {
  std::string text = fmt::format("{:<18}{}\n", "kind", identity.value("kind", "?"));
  for (const auto& [name, value] : identity.items()) {
    if (name == "kind") continue;
    text += fmt::format("{:<18}{}\n", name,
                        value.is_string() ? value.get<std::string>()
                                          : value.dump(-1, ' ', false, json::error_handler_t::replace));
  }
  return text;
}

}  // namespace fleetsne::run
