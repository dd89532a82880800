#include "fleetsne/run/umap.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/init/init.hpp"
#include "fleetsne/run/keeper.hpp"
#include "fleetsne/umap/fuzzy_set.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace fleetsne::run {
namespace {

constexpr double start_range = 10;
constexpr int most_epochs = 1'000'000, most_negative_samples = 256;

/// Where the layout goes on or begins, in working order.
umap::LayoutState starting_state(const comm::Communicator& comm, Neighborhoods& found,
                                 std::optional<umap::LayoutState>& reached) {
  if (!reached) {
    init::stretch(comm, found.start, start_range);
    return {.positions = std::move(found.start)};
  }
  umap::LayoutState state = std::move(*reached);
  reached.reset();
  state.positions = found.permutation.to_working_order<float>(comm, state.positions.view());
  return state;
}

}  // namespace

void check_umap(const UmapConfig& c, Problems& problems) {
  problems.require(
      c.spread > 0,
      fmt::format("--spread is {} (it is the scale of the embedding, so it must be above 0). 1 is usual",
                  c.spread));
  problems.require(c.min_dist >= 0 && c.min_dist <= c.spread,
                   fmt::format("--min-dist is {} (it must be from 0 to --spread, which is {}). 0.1 is usual",
                               c.min_dist, c.spread));
  problems.require(c.epochs >= 0 && c.epochs <= most_epochs,
                   fmt::format("--epochs is {} (it counts passes over all edges, from 1 to {}). 0 leaves the "
                               "number to the program",
                               c.epochs, most_epochs));
  problems.require(c.negative_samples >= 0 && c.negative_samples <= most_negative_samples,
                   fmt::format("--negative-samples is {} (an edge can have 0 to {}). 5 is usual",
                               c.negative_samples, most_negative_samples));
  problems.require(c.learning_rate > 0,
                   fmt::format("--umap.learning-rate is {} (points would not move, or apart). 1 is usual",
                               c.learning_rate));
  problems.require(
      c.repulsion >= 0,
      fmt::format("--umap.repulsion is {} (negative samples would attract). 1 is usual", c.repulsion));
}

UmapEmbedding embed_by_umap(const comm::Communicator& comm, const Config& config, Neighborhoods&& consumed,
                            Keeper& keeper, Stages& stages, Report& report, base::Log& log) {
  Neighborhoods found = std::move(consumed);
  const auto set =
      stages.run("fuzzy_set", [&] { return umap::fuzzy_set(comm, std::move(found.graph), log); });
  if (config.init.start == init::Start::spectral && !keeper.reached().layout) {
    keeper.look("before the spectral start");
    found.start = stages.run("spectral", [&] {
      auto spectral = init::spectral_start(comm, set, found.start.view(), {.seed = config.run.seed}, log);
      report.spectral = spectral.stats;
      init::standardise(comm, spectral.positions, found.permutation.working, start_config(config));
      return std::move(spectral.positions);
    });
  }
  const umap::LayoutState start = starting_state(comm, found, keeper.reached().layout);
  const umap::Curve curve = umap::fit_curve(config.umap.min_dist, config.umap.spread);
  auto laid_out = stages.run("layout", [&] {
    try {
      return umap::layout(
          comm, set, start,
          {.curve = curve,
           .epochs = config.umap.epochs > 0 ? config.umap.epochs : umap::automatic_epochs(set.rows.total()),
           .negative_samples = config.umap.negative_samples,
           .learning_rate = config.umap.learning_rate,
           .repulsion = config.umap.repulsion,
           .seed = config.run.seed},
          log,
          {.see = [&](const umap::LayoutMoment& moment) { keeper.see(moment, found.permutation); },
           .wish = [&] { return keeper.wish(); }});
    } catch (const comm::AgreedError& error) {
      keeper.diverged(error, config.method);
      throw;
    }
  });
  report.umap = UmapStats{curve, laid_out.stats};
  return {std::move(found.permutation), std::move(laid_out.embedding)};
}

nlohmann::json umap_json(const UmapStats& stats) {
  return {{"a", stats.curve.a},
          {"b", stats.curve.b},
          {"epochs", stats.layout.epochs},
          {"exchanges_per_epoch", stats.layout.exchanges_per_epoch},
          {"edges", stats.layout.edges},
          {"samples", stats.layout.samples},
          {"bytes_per_rank_epoch", stats.layout.bytes_per_rank_epoch},
          {"ghosts_max", stats.layout.ghosts_max},
          {"ghosts_total", stats.layout.ghosts_total}};
}

nlohmann::json spectral_json(const init::SpectralStats& stats) {
  return {{"components", stats.components},
          {"largest_component", stats.largest},
          {"components_by_eigenvectors", stats.solved},
          {"points_by_eigenvectors", stats.solved_points},
          {"eigenvalues", stats.eigenvalues},
          {"products", stats.products},
          {"residual", stats.residual}};
}

}  // namespace fleetsne::run
