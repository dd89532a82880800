#include "file_facts.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/byte_stream.hpp"
#include "fleetsne/io/json_file.hpp"
#include "fleetsne/io/part_file.hpp"
#include "fleetsne/io/read_scalars.hpp"
#include "fleetsne/run/checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>
#include <utility>

namespace fleetsne::run {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

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

bool is_report(const json& found) {
  return at(found, "/exit_code").is_number_integer() && found.contains("stages");
}

json report_facts(const json& report) {
  json facts{{"kind", "report"}, {"complete", at(report, "/exit_code") == 0}};
  for (const char* name : {"version", "started", "command", "ranks", "threads", "points", "columns",
                           "wall_seconds", "files", "exit_code", "error"})
    if (report.contains(name)) facts[name] = report[name];
  return facts;
}

/// Of what `evaluate` writes.
json quality_facts(const json& found) {
  json facts{{"kind", "measures of embeddings"}, {"complete", true}};
  for (const json& one : found["embeddings"])
    if (at(one, "/file").is_string()) facts["made of"].push_back(one["file"]);
  for (const char* name :
       {"points", "columns", "neighbors", "class_neighbors", "sampled", "ranks", "threads"})
    if (found.contains(name)) facts[name] = found[name];
  return facts;
}

/// Of what a sweep keeps beside a row or a shared file.
json sweep_part_facts(const json& found) {
  json facts{{"kind", "how a part of a sweep stands"}, {"complete", found["state"] == "done"}};
  for (const char* name : {"state", "attempts", "seconds", "exit_code", "error", "started", "host"})
    if (found.contains(name)) facts[name] = shortened(found[name]);
  return facts;
}

/// The report of the run that wrote a file, by where it stands; null if there is none that knows it.
json report_beside(const fs::path& file) {
  const fs::path folder = fs::absolute(file).parent_path();
  const bool snapshot =
      folder.filename() == "snapshots" && file.filename().string().starts_with("iteration-");
  json report = io::read_json(((snapshot ? folder.parent_path() : folder) / "report.json").string());
  if (!report.is_object() || !is_report(report)) return {};
  if (snapshot || file.filename() == "report.html") return report;
  for (const json& name : report.value("files", json::array()))
    if (name.is_string() && fs::path(name.get<std::string>()).filename() == file.filename()) return report;
  return {};
}

/// Whether the last bytes are these, spaces left aside.
void expect_end(const std::string& file, const std::string& end) {
  const auto stream = io::ByteStream::open(file);
  const std::int64_t size = stream->size_bound(), from = std::max<std::int64_t>(size - 16, 0);
  std::string last(static_cast<std::size_t>(size - from), '\0');
  stream->read_at(from, std::as_writable_bytes(std::span(last)));
  while (last.ends_with('\n')) last.pop_back();
  if (!last.ends_with(end))
    throw base::InputError(file +
                           " was cut short or changed (it does not end as such a file does). Make it anew");
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

json json_facts(const std::string& file) {
  const json found = fs::path(file).extension() == ".json" ? io::read_json(file) : json();
  if (!found.is_object()) return {};
  if (is_report(found)) return report_facts(found);
  if (found.contains("sampled") && at(found, "/embeddings").is_array()) return quality_facts(found);
  if (at(found, "/state").is_string() && at(found, "/attempts").is_number_integer())
    return sweep_part_facts(found);
  return {};
}

json written_facts(const std::string& file) {
  const std::string extension = fs::path(file).extension();
  const json report = extension == ".h5ad" ? json() : report_beside(file);
  if (!report.is_object()) return {};
  json facts = made_facts(report);
  facts["kind"] = "embedding";
  if (extension == ".png") {
    facts["kind"] = "picture";
    expect_end(file,
               "IEND\xae"
               "B`\x82");
  } else if (extension == ".html") {
    facts["kind"] = "page of a report";
    expect_end(file, "</html>");
  }
  facts["complete"] = true;  // whole files only bear their names
  facts["checked"] = "its size and its ends; the rest is as the report beside it says";
  if (report.contains("run_key")) facts["run"] = report["run_key"];
  if (at(report, "/points").is_number_integer()) facts["points"] = report["points"];
  if (report.contains("command")) facts["command"] = report["command"];
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
