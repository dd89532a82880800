#include "fleetsne/run/sample_start.hpp"

#include "fleetsne/data/ask_owners.hpp"
#include "fleetsne/data/sample.hpp"
#include "fleetsne/neighbors/nearest_among.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/run/affinity_config.hpp"
#include "fleetsne/run/keeper.hpp"
#include "fleetsne/run/prepare.hpp"
#include "fleetsne/run/stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fleetsne::run {
namespace {

using Rows = data::DistributedMatrix<float>;

/// The perplexity that a sample of so many is embedded with unless told: a fiftieth of it, as the notebook's
/// 500 are of 25,000, but not below 30 if that can be.
double usual_perplexity(double size) {
  return std::clamp(size / 50, std::min(30.0, std::floor((size - 1) / 3)), 500.0);
}

}  // namespace

Config sample_config(const Config& config) {
  Config sample = config;
  const auto size = static_cast<double>(config.sample.size);
  sample.input = {};
  sample.neighbors.count = 0;
  sample.neighbor_files = {};
  sample.affinity = {
      .perplexity = config.sample.perplexity > 0 ? config.sample.perplexity : usual_perplexity(size),
      .perplexities = {}};
  sample.init = {};
  sample.optimize.stages.clear();
  sample.optimize.early_iterations = config.sample.early_iterations;
  sample.optimize.early_exaggeration = config.sample.early_exaggeration;
  sample.optimize.iterations = config.sample.iterations;
  sample.optimize.exaggeration = config.sample.exaggeration;
  return sample;
}

void check_sample(const Config& config, Problems& problems) {
  const SampleConfig& c = config.sample;
  problems.require(
      c.size >= 4,
      fmt::format("--sample.size is {} (perplexity 1, the smallest there is, needs 4 rows). Give more",
                  c.size));
  problems.require(
      c.perplexity == 0 || c.perplexity >= 1,
      fmt::format(
          "--sample.perplexity is {} (it counts neighbours, so it is at least 1). Give 0 for a fiftieth "
          "of the sample",
          c.perplexity));
  if (c.size >= 4) {
    const double neighbors = usual_neighbors(sample_config(config).affinity);
    problems.require(
        neighbors <= static_cast<double>(c.size - 1),
        fmt::format("--sample.perplexity {} is too large for a sample of {} (it takes 3 x perplexity = {} "
                    "neighbours). Give a larger --sample.size or a lower perplexity",
                    c.perplexity, c.size, neighbors));
  }
  for (const auto& [name, value] : {std::pair("--sample.iterations", c.iterations),
                                    std::pair("--sample.early-iterations", c.early_iterations)})
    problems.require(value >= 0,
                     fmt::format("{} is {} (it is a number of iterations). Choose 0 or more", name, value));
  for (const auto& [name, value] : {std::pair("--sample.exaggeration", c.exaggeration),
                                    std::pair("--sample.early-exaggeration", c.early_exaggeration)})
    problems.require(
        value > 0,
        fmt::format("{} is {} (it multiplies the attraction, so it must be above 0). 1 leaves it as it is",
                    name, value));
}

SampleStart::SampleStart(const comm::Communicator& comm, const Config& config, const Rows& rows,
                         base::Log& log, Keeper* keeper)
    : metric_(config.neighbors.metric) {
  const Config own = sample_config(config);
  const auto chosen = data::draw_sample(comm, rows.rows, config.sample.size,
                                        base::Random(config.run.seed, base::Stream::sample));
  rows_ = data::take_rows(comm, rows, chosen);
  log.info(fmt::format("sample of {} rows, {}", rows_.rows.total(), describe(own.affinity)));
  Report report;
  Stages stages(comm, report.stages);
  Rows copy = rows_;
  Prepared prepared = prepare(comm, own, std::move(copy), {}, stages, report, log);
  optimize::Watch watch;
  if (keeper != nullptr)
    watch = {
        .see = [&](const optimize::Moment& moment) { keeper->see(moment, "in the embedding of the sample"); },
        .wish = [&] { return keeper->wish(); }};
  auto embedded = optimize::optimize(comm, prepared.affinities, std::move(prepared.start),
                                     optimizer_config(own.optimize), log, watch);
  embedding_ = std::move(embedded.embedding);
  rows_ = neighbors::adapt_rows(comm, std::move(rows_), metric_);
  // In working order, in which near rows stand together: whole blocks of them can be left out of a search.
  rows_ = {prepared.permutation.working,
           prepared.permutation.to_working_order<float>(comm, rows_.local.view())};
}

base::Matrix<float> SampleStart::place(const comm::Communicator& comm,
                                       base::MatrixView<const float> rows) const {
  const auto nearest = neighbors::nearest_among(comm, rows_, rows, 1, metric_);
  const auto places = data::ask_owners<float>(comm, rows_.rows, nearest.rows.elements(), 2,
                                              [&](std::size_t row, std::span<float> place) {
                                                std::ranges::copy(embedding_.row(row), place.begin());
                                              });
  base::Matrix<float> start(rows.rows(), 2);
  std::ranges::copy(places, start.elements().begin());
  return start;
}

}  // namespace fleetsne::run
