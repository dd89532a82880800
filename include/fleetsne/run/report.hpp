#pragma once

#include "fleetsne/base/clock.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/sparse_matrix.hpp"
#include "fleetsne/init/spectral.hpp"
#include "fleetsne/neighbors/neighbors.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/quality/judge.hpp"
#include "fleetsne/umap/layout.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::run {

/// What was asked for, as the report repeats it.
struct About {
  std::string version;
  std::vector<std::string> command;  ///< the command line
  nlohmann::json config;             ///< every option with its value, by section
};

/// What one stage cost on this rank.
struct StageRecord {
  std::string name;
  base::Times times;
  comm::Traffic traffic;
};

/// Size of the affinities over all ranks; the same on every rank.
struct AffinityStats {
  std::int64_t edges = 0;       ///< stored entries, both directions
  double bytes_per_edge = 0;    ///< of the stored matrix
  int value_bits = 0;           ///< of an edge's value; 0: all have the same, which is not stored
  double points_imbalance = 1;  ///< largest rank over mean
  double edges_imbalance = 1;
  std::int64_t ghosts_max = 0;  ///< of a rank
  std::int64_t ghosts_total = 0;
};

/// Collective.
AffinityStats measure(const comm::Communicator& comm, const data::SparseMatrix& affinities);

/// What UMAP did.
struct UmapStats {
  umap::Curve curve;
  umap::LayoutStats layout;
};

/// What a run kept of its state on the way.
struct CheckpointStats {
  int written = 0, failed = 0;
  double seconds = 0;                          ///< that writing took
  std::optional<std::int64_t> resumed_from{};  ///< iteration of the checkpoint that it went on from
  bool affinities_found = false;               ///< and those were in it
  bool start_found = false;                    ///< the same of where the points begin
  bool search_found = false;                   ///< and of a search for neighbours that had not ended
};

/// All that is known of a run: filled in as it goes, so that a run that fails can be reported too.
struct Report {
  About about;
  int ranks = 1, threads = 1, hosts = 1;
  std::string started{};    ///< ISO 8601, UTC
  base::Stopwatch watch{};  ///< since then
  std::int64_t points = 0, columns = 0;
  std::uint64_t input_digest = 0;     ///< of the rows as they were read; 0 without any
  std::vector<StageRecord> stages{};  ///< on this rank
  std::size_t neighbor_count = 0;
  std::optional<neighbors::NeighborsStats> neighbors{};
  std::optional<AffinityStats> affinity{};
  std::optional<optimize::OptimizeStats> optimize{};
  std::optional<init::SpectralStats> spectral{};
  std::optional<UmapStats> umap{};
  std::string run_key{};  ///< see run/checkpoint.hpp; empty: not known
  CheckpointStats checkpoint{};
  std::optional<quality::Scores> quality{};
  bool input_accepted = false;          ///< it was read and fits: a failure from here on is worth a report
  std::vector<std::string> files{};     ///< written so far
  std::vector<std::string> warnings{};  ///< of rank 0's log
  int exit_code = 0;
  std::string error{};  ///< empty if there was none
};

/// The report as JSON, every stage's cost gathered from all ranks; the same on every rank. Parts that the run
/// did not reach are left out. `wall_seconds` is what has gone by since the run started. Collective.
nlohmann::json to_json(const comm::Communicator& comm, const Report& report);

/// The part of the report on neighbours, and what it was made of; the latter throws what nlohmann's json
/// does.
nlohmann::json neighbors_json(const neighbors::NeighborsStats& stats, std::size_t count);
neighbors::NeighborsStats neighbors_stats(const nlohmann::json& json);

/// What files that a run writes say of how they were made: the version, when the run began, and every option,
/// the names of its input among them.
nlohmann::json made_of(const Report& report);

/// JSON as text. What is not UTF-8 (a path need not be) becomes the replacement character, where nlohmann's
/// dump() alone would throw.
std::string to_text(const nlohmann::json& json);

/// Names and versions of the libraries that the program was built with.
nlohmann::json library_versions();

/// Now, as 2026-01-31T12:34:56Z.
std::string utc_now();

}  // namespace fleetsne::run
