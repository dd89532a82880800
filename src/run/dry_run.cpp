#include "fleetsne/run/dry_run.hpp"

#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/inspect.hpp"
#include "fleetsne/run/memory_limit.hpp"
#include "fleetsne/run/output_directory.hpp"
#include "fleetsne/run/seats.hpp"
#include "fleetsne/run/trial.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

namespace fleetsne::run {

DryRun dry_run(const comm::Communicator& comm, const Config& config, base::Log& log) {
  comm::agree(comm, [&] {
    check_config(config);
    if (config.method == Method::umap)
      throw base::UsageError(
          "--dry-run was given with --method umap (it foretells the stages of t-SNE alone). Leave out "
          "--dry-run");
    if (config.init.start == init::Start::spectral)
      throw base::UsageError(
          "--dry-run was given with --init spectral (it does not foretell how long eigenvectors take). With "
          "--init pca it "
          "tells of all other stages");
    if (config.init.start == init::Start::sample)
      throw base::UsageError(
          "--dry-run was given with --init sample (it does not foretell the sample's own embedding, and "
          "would make it "
          "for every trial). With --init pca it tells of all other stages");
    if (!config.input.affinity.empty() || !config.neighbor_files.load.empty())
      throw base::UsageError(
          "--dry-run was given with --affinity or --neighbors.load (it tries the stages on samples of the "
          "rows, of "
          "which such a file tells nothing). Leave them out: what it tells of the iterations holds with "
          "them, too");
  });
  const OutputDirectory output(comm, config);  // whether it could be written; what it makes it removes again
  DryRun found;
  found.threads = take_seats(comm, config.run, log).threads;
  found.data = inspect_files(comm, config, log);
  comm::agree(comm, [&] { check_against_data(config, found.data); });
  warn_of_distance(config, found.data, log);
  found.available = static_cast<double>(available_memory(comm));
  const auto base = static_cast<double>(comm.all_reduce(base::peak_memory_bytes(), comm::Reduction::max));
  comm::agree(comm, [&] {
    expect_room(config, found.data, "neighbors", base + least_bytes(config, found.data), found.available);
  });

  std::vector<Trial> trials;
  const std::vector<std::int64_t> sizes = trial_sizes(config, found.data);
  log.begin_phase("samples", static_cast<std::int64_t>(sizes.size()));
  for (const std::int64_t rows : sizes) {
    trials.push_back(run_trial(comm, config, rows));
    log.advance(static_cast<std::int64_t>(trials.size()));
  }
  log.end_phase();
  found.forecast = forecast(config, found.data, trials, base);
  return found;
}

void expect_room(const Config& config, const DryRun& found) {
  const StageForecast& peak = found.forecast.peak();
  expect_room(config, found.data, peak.name, peak.bytes, found.available);
}

std::string to_text(const DryRun& found) {
  const double gib = std::exp2(30);
  std::string text;
  for (const StageForecast& stage : found.forecast.stages)
    text +=
        fmt::format("{:<10} {:>9.1f} s {:>8.2f} GiB a rank\n", stage.name, stage.seconds, stage.bytes / gib);
  const StageForecast& peak = found.forecast.peak();
  text += fmt::format("{:<10} {:>9.1f} s {:>8.2f} GiB a rank in {}, of {:.2f} GiB that it can have\n",
                      "in all", found.forecast.seconds(), peak.bytes / gib, peak.name, found.available / gib);
  return text + fmt::format(
                    "RESULT points={} ranks={} threads={} seconds={:.1f} peak_memory_bytes={:.0f} "
                    "available_bytes={:.0f}\n",
                    found.data.rows, found.data.ranks, found.threads, found.forecast.seconds(), peak.bytes,
                    found.available);
}

}  // namespace fleetsne::run
