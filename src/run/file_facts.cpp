#include "file_facts.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/json_file.hpp"
#include "fleetsne/io/part_file.hpp"
#include "fleetsne/io/read_scalars.hpp"
#include "fleetsne/run/checkpoint.hpp"

#include <cmath>
#include <filesystem>
#include <utility>

namespace fleetsne::run {
namespace {

using nlohmann::json;

/// What stands there, null if there is nothing.
json at(const json& where, const char* path) {
  const json::json_pointer pointer(path);
  return where.contains(pointer) ? where[pointer] : json();
}

/// Whole numbers as such.
json shortened(json value) {
  if (!value.is_number_float()) return value;
  const auto number = value.get<double>();
  if (number == std::floor(number) && std::abs(number) < 1e15) return static_cast<std::int64_t>(number);
  return value;
}

/// The options that have a share in the result, without what `made of` tells and other methods' own.
json parameters(const json& config) {
  json result = json::object();
  if (!config.is_object()) return result;
  const json method = at(config, "/optimize/method"), start = at(config, "/init/start");
  const json shares = with_share(config);
  for (const auto& [section, options] : shares.items()) {
    const bool of_another =
        (section == "umap" && method != "umap") || (section == "sample" && start != "sample");
    if (section != "input" && !of_another && options.is_object()) result[section] = options;
  }
  return result;
}

}  // namespace

bool is_filled(const json& value) {
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.is_null() && !(value.is_structured() && value.empty());
}

json made_facts(const json& about) {
  json facts = json::object();
  for (const char* path : {"/input", "/config/input/affinity", "/config/input/files"})
    if (const json found = at(about, path); is_filled(found))
      facts["made of"] = found.is_array() ? found : json::array({found});
  if (const json config = parameters(at(about, "/config")); !config.empty()) facts["parameters"] = config;
  for (const char* name : {"version", "started", "run", "input_digest", "affinity", "neighbors", "input",
                           "rank", "ranks", "threads", "iteration", "epoch"})
    if (about.is_object() && about.contains(name)) facts[name] = shortened(about[name]);
  return facts;
}

json embedding_facts(const std::string& file) {
  const std::string method = io::holds_dataset(file, "obsm/X_tsne") ? "tsne" : "umap";
  const json about = io::read_group(file, "uns/" + method);
  json facts = made_facts(about);
  facts["method"] = method;
  for (const auto& [shown, path] :
       {std::pair("recall", "/recall"), std::pair("kl", "/kl"),
        std::pair("perplexity", "/config/affinity/perplexity"),
        std::pair("exaggeration", "/config/optimize/exaggeration"), std::pair("seed", "/config/run/seed"),
        std::pair("iterations", "/state/iteration")})
    if (const json found = at(about, path); found.is_number()) facts[shown] = shortened(found);
  facts["digests"] = at(about, "/digests");
  return facts;
}

bool is_report(const std::string& file) {
  if (std::filesystem::path(file).extension() != ".json") return false;
  const json found = io::read_json(file);
  return found.is_object() && found.contains("exit_code") && found["exit_code"].is_number_integer() &&
         found.contains("stages");
}

json report_facts(const std::string& file) {
  const json report = io::read_json(file);
  if (report.is_discarded()) throw base::InputError(file + " changes while it is read. Try again");
  json facts{{"complete", at(report, "/exit_code") == 0}};
  for (const char* name : {"version", "started", "command", "ranks", "threads", "points", "columns",
                           "wall_seconds", "files", "exit_code", "error"})
    if (report.contains(name)) facts[name] = report[name];
  return facts;
}

json search_facts(const std::string& file) {
  const io::PartHeader header = io::inspect_part(file);
  io::verify_part(header);
  json facts = made_facts(header.about);
  facts["bytes"] = header.bytes();
  return facts;
}

}  // namespace fleetsne::run
