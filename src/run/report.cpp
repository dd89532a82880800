#include "fleetsne/run/report.hpp"

#include "fleetsne/base/clock.hpp"
#include "fleetsne/run/umap.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace fleetsne::run {
namespace {

using nlohmann::json;

/// The figures of a StageRecord, as they travel.
struct Figures {
  double wall, user, system;
  std::int64_t sent, received, messages;
};

json stage_json(const comm::Communicator& comm, const StageRecord& stage) {
  const Figures mine{stage.times.wall,
                     stage.times.user,
                     stage.times.system,
                     stage.traffic.bytes_sent,
                     stage.traffic.bytes_received,
                     stage.traffic.messages};
  double wall = 0, user = 0, system = 0;
  json sent = json::array(), received = json::array(), messages = json::array();
  for (const Figures& rank : comm.all_gather(mine)) {
    wall = std::max(wall, rank.wall);
    user += rank.user;
    system += rank.system;
    sent.push_back(rank.sent);
    received.push_back(rank.received);
    messages.push_back(rank.messages);
  }
  return {{"name", stage.name},       {"wall_seconds", wall}, {"user_seconds", user},
          {"system_seconds", system}, {"bytes_sent", sent},   {"bytes_received", received},
          {"messages", messages}};
}

const char* name_of(neighbors::Backend backend) {
  switch (backend) {
    case neighbors::Backend::automatic:
      return "auto";
    case neighbors::Backend::exact:
      return "exact";
    case neighbors::Backend::hnsw:
      return "hnsw";
    case neighbors::Backend::given:
      return "given";
  }
  return "?";
}

json affinity_json(const AffinityStats& stats) {
  return {{"edges", stats.edges},
          {"bytes_per_edge", stats.bytes_per_edge},
          {"value_bits", stats.value_bits},
          {"ghosts_max", stats.ghosts_max},
          {"ghosts_total", stats.ghosts_total}};
}

json optimize_json(const optimize::OptimizeStats& stats) {
  json curve = json::array();
  for (const optimize::KlPoint& point : stats.kl_curve)
    curve.push_back({{"iteration", point.iteration}, {"kl", point.kl}, {"seconds", point.seconds}});
  json stages = json::array();
  for (const optimize::StageStats& stage : stats.stages)
    stages.push_back({{"name", stage.name},
                      {"iterations", stage.iterations},
                      {"settled", stage.settled},
                      {"seconds", stage.seconds}});
  return {{"kl", stats.kl},
          {"iterations", stats.iterations},
          {"kl_curve", curve},
          {"stages", stages},
          {"bytes_per_rank_iteration", stats.bytes_per_rank_iteration.all},
          {"bytes_per_rank_iteration_by_kind",
           {{"ghosts", stats.bytes_per_rank_iteration.ghosts},
            {"grid", stats.bytes_per_rank_iteration.grid},
            {"transposes", stats.bytes_per_rank_iteration.transposes}}},
          {"ghosts_max", stats.ghosts_max},
          {"ghosts_total", stats.ghosts_total},
          {"grid", {{"rows", stats.grid_rows}, {"columns", stats.grid_columns}}},
          {"grid_sharing", stats.grid_rows == 0 ? "none"
                           : stats.slab         ? "slab"
                                                : "reduced"}};
}

json checkpoint_json(const CheckpointStats& stats) {
  json result{{"written", stats.written},
              {"seconds", stats.seconds},
              {"affinities_found", stats.affinities_found},
              {"start_found", stats.start_found},
              {"search_found", stats.search_found}};
  if (stats.failed > 0) result["failed"] = stats.failed;
  if (stats.resumed_from) result["resumed_from"] = *stats.resumed_from;
  return result;
}

json quality_json(const quality::Scores& scores) {
  json result{{"neighbors_kept", scores.neighbors_kept}};
  const auto add = [&](const char* name, const std::optional<double>& value) {
    if (value) result[name] = *value;
  };
  add("classes_kept", scores.classes_kept);
  add("distance_correlation", scores.distance_correlation);
  add("label_accuracy", scores.label_accuracy);
  add("trustworthiness", scores.trustworthiness);
  return result;
}

}  // namespace

json neighbors_json(const neighbors::NeighborsStats& stats, std::size_t count) {
  return {{"count", count},
          {"backend", name_of(stats.backend)},
          {"recall", stats.recall},
          {"recall_points", stats.recall_points},
          {"distance_evaluations", stats.distance_evaluations},
          {"routing_evaluations", stats.routing_evaluations},
          {"routing_seconds", stats.routing_seconds},
          {"ranks_searched_mean", stats.ranks_searched_mean},
          {"ranks_searched_max", stats.ranks_searched_max}};
}

neighbors::NeighborsStats neighbors_stats(const json& stats) {
  const auto backend = stats.at("backend").get<std::string>();
  auto ran = neighbors::Backend::exact;
  for (const auto known : {neighbors::Backend::hnsw, neighbors::Backend::given})
    if (backend == name_of(known)) ran = known;
  return {.backend = ran,
          .recall = stats.at("recall").get<double>(),
          .recall_points = stats.at("recall_points").get<std::int64_t>(),
          .distance_evaluations = stats.at("distance_evaluations").get<std::int64_t>(),
          .routing_evaluations = stats.at("routing_evaluations").get<std::int64_t>(),
          .routing_seconds = stats.at("routing_seconds").get<double>(),
          .ranks_searched_mean = stats.at("ranks_searched_mean").get<double>(),
          .ranks_searched_max = stats.at("ranks_searched_max").get<int>()};
}

AffinityStats measure(const comm::Communicator& comm, const data::SparseMatrix& affinities) {
  const auto ghosts = static_cast<std::int64_t>(affinities.ghosts.count());
  const std::int64_t edges = affinities.entries;
  const auto points = static_cast<std::int64_t>(affinities.local_rows());
  const auto bytes = static_cast<std::int64_t>(affinities.bytes());
  std::vector<std::int64_t> sums{points, edges, bytes, ghosts}, largest{points, edges, ghosts};
  comm.all_reduce(std::span(sums), comm::Reduction::sum);
  comm.all_reduce(std::span(largest), comm::Reduction::max);
  const auto over_mean = [&](std::int64_t most, std::int64_t sum) {
    return sum == 0 ? 1.0 : static_cast<double>(most) * comm.size() / static_cast<double>(sum);
  };
  return {.edges = sums[1],
          .bytes_per_edge =
              static_cast<double>(sums[2]) / static_cast<double>(std::max<std::int64_t>(sums[1], 1)),
          .value_bits = affinities.value_bits(),
          .points_imbalance = over_mean(largest[0], sums[0]),
          .edges_imbalance = over_mean(largest[1], sums[1]),
          .ghosts_max = largest[2],
          .ghosts_total = sums[3]};
}

json to_json(const comm::Communicator& comm, const Report& report) {
  json stages = json::array();
  for (const StageRecord& stage : report.stages) stages.push_back(stage_json(comm, stage));
  const double wall = comm.all_reduce(report.watch.seconds(), comm::Reduction::max);
  json result{{"version", report.about.version},
              {"command", report.about.command},
              {"config", report.about.config},
              {"libraries", library_versions()},
              {"started", report.started},
              {"ranks", report.ranks},
              {"threads", report.threads},
              {"hosts", report.hosts},
              {"points", report.points},
              {"columns", report.columns},
              {"stages", stages},
              {"wall_seconds", wall},
              {"peak_memory_bytes", comm.all_gather(base::peak_memory_bytes())},
              {"files", report.files},
              {"warnings", report.warnings},
              {"exit_code", report.exit_code}};
  if (report.neighbors) result["neighbors"] = neighbors_json(*report.neighbors, report.neighbor_count);
  if (report.affinity) {
    result["affinity"] = affinity_json(*report.affinity);
    result["imbalance"] = {{"points", report.affinity->points_imbalance},
                           {"edges", report.affinity->edges_imbalance}};
  }
  if (report.optimize) result["optimize"] = optimize_json(*report.optimize);
  if (!report.run_key.empty()) {
    result["run_key"] = report.run_key;
    result["checkpoint"] = checkpoint_json(report.checkpoint);
  }
  if (report.spectral) result["spectral"] = spectral_json(*report.spectral);
  if (report.umap) result["umap"] = umap_json(*report.umap);
  if (report.quality) result["quality"] = quality_json(*report.quality);
  if (!report.error.empty()) result["error"] = report.error;
  return result;
}

json made_of(const Report& report) {
  return {{"version", report.about.version},
          {"started", report.started},
          {"config", report.about.config},
          {"libraries", library_versions()}};
}

std::string to_text(const json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace fleetsne::run
