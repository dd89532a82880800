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

/// What the neighbours of a row are found by, without how many they are.
std::string neighbors_key(run::Config config, std::uint64_t seed, const Describe& describe) {
  const json options = describe(config).config;
  json search = options.at("neighbors");
  for (const char* other : {"count", "save", "load", "distances"}) search.erase(other);
  const json& input = options.at("input");
  return run::run_key(
      {{"files", input.at("files")}, {"pca", input.at("pca")}, {"search", search}, {"seed", seed}},
      config.input.files);
}

/// What its affinities are made by.
std::string affinities_key(run::Config config, std::uint64_t seed, const Describe& describe) {
  const json options = describe(config).config;
  const json& search = options.at("neighbors");
  return run::run_key({{"neighbors", neighbors_key(config, seed, describe)},
                       {"count", run::neighbor_count(config)},
                       {"load", search.at("load")},
                       {"distances", search.at("distances")},
                       {"affinity", options.at("affinity")}},
                      config.input.files);
}

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
      : plan_(plan), seed_(seed), describe_(describe) {}

  void add_affinities(PlannedRow& planned) {
    const run::Config& config = planned.row.config;
    const std::string key = affinities_key(config, seed_, describe_);
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
            .file = (fs::path(plan_.directory) / "shared" / (name + ".h5")).string(),
            .config = shared_config(row, seed_)};
  }

  Consumers& consumers_of(const run::Config& config) {
    const std::string key = finds_neighbors(config) ? neighbors_key(config, seed_, describe_) : "";
    const auto [place, is_new] = consumers_.try_emplace(key);
    if (is_new && !key.empty()) order_.push_back(key);
    return place->second;
  }

  Plan& plan_;
  std::uint64_t seed_;
  const Describe& describe_;
  std::map<std::string, std::size_t> affinities_;
  std::map<std::string, Consumers> consumers_;  // under "": those that search for none
  std::vector<std::string> order_;
};

}  // namespace

std::string Plan::status_file(const Shared& shared) const {
  return (fs::path(directory) / "shared" / (shared.name + ".json")).string();
}

std::string Plan::row_folder(const Row& row) const {
  return (fs::path(directory) / "rows" / row.name).string();
}

std::string Plan::status_file(const Row& row) const {
  return row_folder(row) + ".json";
}

Plan make_plan(const std::vector<Row>& rows, const std::string& directory, std::uint64_t seed,
               const Describe& describe) {
  Plan plan{.directory = directory, .neighbors = {}, .affinities = {}, .rows = {}};
  Planner planner(plan, seed, describe);
  for (const Row& row : rows) {
    plan.rows.push_back({.row = row});
    PlannedRow& planned = plan.rows.back();
    run::Config& config = planned.row.config;
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
