#include "fleetsne/sweep/plan.hpp"

#include "fleetsne/run/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace fleetsne::sweep {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* shared_folder = "shared";

/// Tells input files from others. Each list of files is looked at once.
class FileKeys {
 public:
  const std::string& of(const std::vector<std::string>& files) {
    const auto [place, is_new] = keys_.try_emplace(files);
    if (is_new) place->second = run::run_key(json::object(), files);
    return place->second;
  }

 private:
  std::map<std::vector<std::string>, std::string> keys_;
};

/// What the parts of a sweep are told from each other by.
class Keys {
 public:
  Keys(std::uint64_t seed, const Describe& describe) : seed_(seed), describe_(describe) {}

  /// What the neighbours of a row are found by, without how many they are.
  std::string of_neighbors(run::Config config) {
    const json options = describe_(config).config;
    json search = options.at("neighbors");
    for (const char* other : {"count", "save", "load", "distances"}) search.erase(other);
    const json& input = options.at("input");
    json found_by{{"files", input.at("files")},
                  {"pca", input.at("pca")},
                  {"search", search},
                  {"seed", seed_},
                  {"contents", files_.of(config.input.files)}};
    if (config.input.transposed) found_by["transposed"] = true;  // version 0.1 did not have it
    return run::run_key(found_by, {});
  }

  /// What its affinities are made by.
  std::string of_affinities(run::Config config) {
    const json options = describe_(config).config;
    const json& search = options.at("neighbors");
    std::vector<std::string> given;
    for (const std::string& file : {config.neighbor_files.load, config.neighbor_files.distances})
      if (!file.empty()) given.push_back(file);
    return run::run_key({{"neighbors", of_neighbors(config)},
                         {"count", run::neighbor_count(config)},
                         {"load", search.at("load")},
                         {"distances", search.at("distances")},
                         {"affinity", options.at("affinity")},
                         {"contents", files_.of(given)}},
                        {});
  }

  /// What it is made by itself, before it is told of any shared file.
  std::string of_row(run::Config config) {
    json options = describe_(config).config;
    options["sweep"] = {{"seed", seed_}, {"contents", files_.of(run::files_read(config))}};
    return run::run_key(options, {});
  }

 private:
  std::uint64_t seed_;
  const Describe& describe_;
  FileKeys files_;
};

bool finds_neighbors(const run::Config& config) {
  return config.input.affinity.empty() && config.neighbor_files.load.empty();
}

bool is_umap(const run::Config& config) {
  return config.method == run::Method::umap;
}

/// Of a row's config what the parts that it shares are made by.
run::Config shared_config(const run::Config& row, std::uint64_t seed) {
  run::Config config;
  config.input.files = row.input.files;
  config.input.transposed = row.input.transposed;
  config.input.pca = row.input.pca;
  config.neighbors = row.neighbors;
  config.neighbor_files = row.neighbor_files;
  config.affinity = row.affinity;
  config.checkpoint = row.checkpoint;
  config.run = row.run;
  config.run.seed = seed;
  return config;
}

class Planner {
 public:
  Planner(Plan& plan, std::uint64_t seed, const Describe& describe)
      : plan_(plan), seed_(seed), keys_(seed, describe) {}

  std::string key_of(const run::Config& config) { return keys_.of_row(config); }

  void add_affinities(PlannedRow& planned) {
    const run::Config& config = planned.row.config;
    const std::string key = keys_.of_affinities(config);
    const auto [place, is_new] = affinities_.emplace(key, plan_.affinities.size());
    if (is_new) {
      plan_.affinities.push_back(shared("affinities-" + key, config));
      consumers_of(config).affinities.push_back(place->second);
    }
    planned.affinities = place->second;
    ++plan_.affinities[place->second].rows;
  }

  void add_umap(std::size_t row) { consumers_of(plan_.rows[row].row.config).rows.push_back(row); }

  /// Where more than one thing is made of the same neighbours.
  void share_neighbors() {
    for (const std::string& key : order_) {
      const Consumers& users = consumers_.at(key);
      if (users.affinities.size() + users.rows.size() < 2) continue;
      const run::Config& first = users.affinities.empty() ? plan_.rows[users.rows.front()].row.config
                                                          : plan_.affinities[users.affinities.front()].config;
      std::size_t most = 0;
      for (const std::size_t a : users.affinities)
        most = std::max(most, run::neighbor_count(plan_.affinities[a].config));
      for (const std::size_t r : users.rows)
        most = std::max(most, run::neighbor_count(plan_.rows[r].row.config));
      // A row that needs more, added later, finds no file with too few.
      Shared found = shared(fmt::format("neighbors-{}-{}", key, most), first);
      // Only the neighbours are wanted; any kind of affinity that asks for no number of its own will do.
      found.config.affinity = {};
      found.config.affinity.kind = affinity::Kind::uniform;
      found.config.neighbors.count = most;
      found.config.neighbor_files.save = found.file;
      for (const std::size_t a : users.affinities) {
        plan_.affinities[a].neighbors = plan_.neighbors.size();
        plan_.affinities[a].config.neighbor_files.load = found.file;
        found.rows += plan_.affinities[a].rows;
      }
      for (const std::size_t r : users.rows) {
        plan_.rows[r].neighbors = plan_.neighbors.size();
        plan_.rows[r].row.config.neighbor_files.load = found.file;
        ++found.rows;
      }
      plan_.neighbors.push_back(std::move(found));
    }
  }

 private:
  struct Consumers {
    std::vector<std::size_t> affinities, rows;  // rows: UMAP's
  };

  Shared shared(const std::string& name, const run::Config& row) const {
    return {.name = name,
            .file = (fs::path(plan_.directory) / shared_folder / (name + ".h5")).string(),
            .config = shared_config(row, seed_)};
  }

  Consumers& consumers_of(const run::Config& config) {
    const std::string key = finds_neighbors(config) ? keys_.of_neighbors(config) : "";
    const auto [place, is_new] = consumers_.try_emplace(key);
    if (is_new && !key.empty()) order_.push_back(key);
    return place->second;
  }

  Plan& plan_;
  std::uint64_t seed_;
  Keys keys_;
  std::map<std::string, std::size_t> affinities_;
  std::map<std::string, Consumers> consumers_;  // under "": those that search for none
  std::vector<std::string> order_;
};

}  // namespace

bool is_there(const Shared& shared) {
  std::error_code ignored;
  return fs::exists(shared.file, ignored);
}

std::string Plan::status_file(const Shared& shared) const {
  return (fs::path(directory) / shared_folder / (shared.name + ".json")).string();
}

std::string Plan::row_folder(const Row& row) const {
  return (fs::path(directory) / "rows" / row.name).string();
}

std::string Plan::status_file(const Row& row) const {
  return row_folder(row) + ".json";
}

run::About describe_part(const Plan& plan, run::Config config, const Describe& describe) {
  run::About about = describe(config);
  const fs::path folder = fs::path(plan.directory) / shared_folder;
  for (const char* place : {"/input/affinity", "/neighbors/load", "/neighbors/save"}) {
    const json::json_pointer at(place);
    if (!about.config.contains(at) || !about.config.at(at).is_string()) continue;
    const fs::path file = about.config.at(at).get<std::string>();
    if (file.parent_path() == folder) about.config.at(at) = (shared_folder / file.filename()).string();
  }
  return about;
}

Plan make_plan(const std::vector<Row>& rows, const std::string& directory, std::uint64_t seed,
               const Describe& describe) {
  Plan plan{.directory = directory, .neighbors = {}, .affinities = {}, .rows = {}};
  Planner planner(plan, seed, describe);
  for (const Row& row : rows) {
    plan.rows.push_back({.row = row});
    PlannedRow& planned = plan.rows.back();
    run::Config& config = planned.row.config;
    planned.key = planner.key_of(config);
    config.output.directory = plan.row_folder(row);
    if (config.checkpoint.stop_file.empty())
      config.checkpoint.stop_file = (fs::path(directory) / "stop").string();  // of what is shared, too
    if (is_umap(config)) {
      if (finds_neighbors(config)) planner.add_umap(plan.rows.size() - 1);
    } else if (config.input.affinity.empty()) {
      planner.add_affinities(planned);
    }
  }
  planner.share_neighbors();
  for (PlannedRow& planned : plan.rows) {
    run::Config& config = planned.row.config;
    if (!planned.affinities) continue;
    config.input.affinity = plan.affinities[*planned.affinities].file;
    config.neighbor_files = {};
  }
  return plan;
}

}  // namespace fleetsne::sweep
