#include "fleetsne/run/evaluate.hpp"

#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/sample.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/label_source.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/partition/partition.hpp"
#include "fleetsne/quality/divergence.hpp"
#include "fleetsne/run/invariance.hpp"
#include "fleetsne/run/output_file.hpp"
#include "fleetsne/run/problems.hpp"
#include "fleetsne/run/report.hpp"
#include "fleetsne/run/row_checks.hpp"
#include "fleetsne/run/row_match.hpp"
#include "fleetsne/run/seats.hpp"

#include "findings.hpp"
#include "own_embedding.hpp"
#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace fleetsne::run {
namespace {

using Rows = data::DistributedMatrix<float>;

std::vector<std::string> all_inputs(const EvaluateInputs& inputs) {
  std::vector<std::string> all = inputs.data;
  all.insert(all.end(), inputs.labels.begin(), inputs.labels.end());
  all.insert(all.end(), inputs.embeddings.begin(), inputs.embeddings.end());
  return all;
}

/// Which rows of the other files belong to those of the data.
struct Matches {
  RowMatch labels;
  std::vector<RowMatch> embeddings;
};

/// What the headers must agree on, before any row is read: all problems of the embeddings together.
/// @param embeddings  their inputs, as io::embedding_inputs has resolved them
Matches check_shapes(const comm::Communicator& comm, const EvaluateConfig& config,
                     const std::vector<std::string>& embeddings, base::Log& log) {
  const std::vector<io::RowInput> data =
      io::inspect_all_rows(comm, config.input.data, config.input.orientation());
  std::int64_t points = 0;
  for (const io::RowInput& input : data) points += input.rows;
  RowMatcher matcher(comm, data, points, log);
  Matches matches;
  Findings findings;
  if (!config.input.labels.empty())
    findings.gather([&] { matches.labels = match_labels(comm, matcher, config.input.labels); });
  std::vector<std::int64_t> rows, columns;
  for (const std::string& file : embeddings)
    findings.gather([&] {
      const auto input = io::inspect_all_rows(comm, std::span(&file, 1), io::Orientation::embedding);
      matches.embeddings.push_back(matcher.match(file, input));
      rows.push_back(matches.embeddings.back().by_name() ? points : input.front().rows);
      columns.push_back(input.front().columns);
    });
  findings.raise();
  comm::agree(comm, [&] {
    std::string problems;
    for (std::size_t i = 0; i < embeddings.size(); ++i)
      if (rows[i] != points)
        problems += fmt::format(
            "{}{} has {} rows, the data {} (an embedding has a row for every row of the data, in the same "
            "order). Give the data that it was made of",
            problems.empty() ? "" : "\n", embeddings[i], rows[i], points);
    if (!problems.empty()) throw base::InputError(problems);
    for (std::size_t i = 0; i < embeddings.size(); ++i)
      if (!config.output.picture.empty() && columns[i] != 2)
        throw base::UsageError(fmt::format("{} has {} column{} (a picture has two axes). Leave out --picture",
                                           embeddings[i], columns[i], columns[i] == 1 ? "" : "s"));
    const std::size_t k = config.judge.neighbors;
    if (std::cmp_greater_equal(k, points))
      throw base::UsageError(
          fmt::format("--neighbors is {} (a point has {} others). The largest possible here is {}", k,
                      points - 1, points - 1));
    if (3 * config.perplexity > static_cast<double>(points - 1))
      throw base::UsageError(
          fmt::format("--perplexity is {} (it takes three times as many neighbours, a point has {} others). "
                      "The largest possible here is {}",
                      config.perplexity, points - 1, (points - 1) / 3));
  });
  return matches;
}

/// Adds every embedding's KL divergence. Consumes the rows. Collective.
void add_divergences(const comm::Communicator& comm, const EvaluateConfig& config, Rows&& rows,
                     const std::vector<Rows>& embeddings, Evaluation& found, base::Log& log) {
  const auto sample = data::draw_sample(comm, rows.rows, config.judge.sample,
                                        base::Random(config.run.seed, base::Stream::quality));
  std::vector<quality::Normaliser> normalisers;
  for (const Rows& embedding : embeddings)
    normalisers.push_back(quality::sampled_normaliser(comm, embedding, sample));
  auto placed = partition::partition_rows(comm, std::move(rows), {.seed = config.run.seed}, log);
  auto near = neighbors::find_neighbors(comm, placed.rows, placed.permutation,
                                        {.metric = config.metric,
                                         .count = static_cast<std::size_t>(3 * config.perplexity),
                                         .seed = config.run.seed},
                                        log);
  placed.rows = {};
  found.recall = near.stats.recall;
  const data::SparseMatrix affinities =
      affinity::perplexity_affinities(comm, std::move(near.graph), config.perplexity, log);
  for (std::size_t e = 0; e < embeddings.size(); ++e) {
    const auto working = placed.permutation.to_working_order<float>(comm, embeddings[e].local.view());
    found.judgements[e].kl = quality::divergence(comm, affinities, working.view(), normalisers[e].z);
    found.judgements[e].kl_error = normalisers[e].relative_error;
  }
}

/// All embeddings side by side, by label if there are labels. Collective.
void write_picture(const comm::Communicator& comm, const EvaluateConfig& config,
                   const std::vector<Rows>& embeddings, const std::optional<data::Labels>& labels,
                   const Evaluation& found, base::Log& log) {
  std::vector<plot::Panel> panels;
  for (std::size_t e = 0; e < embeddings.size(); ++e)
    panels.push_back({embeddings[e].local.view(), found.judgements[e].name,
                      labels ? plot::Coloring::labels : plot::Coloring::density});
  plot::PlotConfig picture{.size = config.output.panel_size};
  const auto png = plot::render_panels(
      comm, panels, {.labels = labels ? &*labels : nullptr, .values = nullptr}, picture, log);
  comm::on_root(comm, [&] { io::write_binary_file(config.output.picture, png); });
}

}  // namespace

void check_config(const EvaluateConfig& config) {
  Problems problems;
  problems.require(!config.input.data.empty(),
                   "no data was given (embeddings are judged by the rows that they show). Add --data FILE");
  problems.require(!config.input.embeddings.empty(),
                   "no embedding was given (there is nothing to judge). Add --embedding FILE");
  problems.require(
      config.input.names.empty() || config.input.names.size() == config.input.embeddings.size(),
      fmt::format("--name was given {} times for {} embeddings (each needs one, or none has). Give it once "
                  "for every --embedding",
                  config.input.names.size(), config.input.embeddings.size()));
  problems.require(config.judge.neighbors >= 1,
                   "--neighbors is 0 (a point's nearest are at least 1). Give more; 10 is usual");
  problems.require(config.judge.sample >= 1,
                   "--sample is 0 (measures are means over some points). Give more");
  problems.require(config.judge.distance_sample >= 3 && config.judge.distance_sample <= 10000,
                   fmt::format("--distance-sample is {} (it is the number of points between which distances "
                               "are correlated). Choose 3 to 10000",
                               config.judge.distance_sample));
  problems.require(
      config.perplexity == 0 || config.perplexity >= 1,
      fmt::format("--perplexity is {} (it counts neighbours, so it is at least 1). Give 0 for no KL",
                  config.perplexity));
  problems.require(
      config.output.json.empty() || config.output.json != config.output.picture,
      fmt::format("--output and --picture are both {} (one would replace the other). Name another",
                  config.output.json));
  check_execution(config.run, problems);
  problems.raise();
}

Evaluation evaluate(const comm::Communicator& comm, const EvaluateConfig& given, base::Log& log) {
  comm::agree(comm, [&] { check_config(given); });
  const base::Stopwatch watch;
  EvaluateConfig config = given;
  config.judge.seed = config.run.seed;
  const std::vector<std::string> read = all_inputs(config.input);
  std::vector<MadeFolders> folders;
  for (const std::string& file : {config.output.json, config.output.picture})
    if (!file.empty()) folders.push_back(prepare_output_file(comm, file, config.output.force, read));
  const Seats seats = take_seats(comm, config.run, log);
  const auto files = io::embedding_inputs(comm, config.input.embeddings);
  const Matches matches = check_shapes(comm, config, files, log);

  Rows rows = io::read_rescaled_rows(comm, config.input.data, invariance_of(config.metric),
                                     {.log = &log, .orientation = config.input.orientation()})
                  .rows;
  warn_if_all_equal(comm, config.input.data.front(), rows, log);
  expect_directions(comm, config.input.data, config.input.orientation(), rows, config.metric);
  std::optional<data::Labels> labels;
  if (!config.input.labels.empty()) labels = read_labels(comm, config.input.labels, matches.labels);
  std::vector<Rows> embeddings;
  for (std::size_t e = 0; e < files.size(); ++e) {
    embeddings.push_back(read_embedding(comm, files[e], matches.embeddings[e], rows.rows, log));
    warn_if_all_equal(comm, files[e], embeddings.back(), log);
  }
  log.info(fmt::format("{} rows of {} columns, {} embedding{}", rows.rows.total(), rows.columns(),
                       files.size(), files.size() == 1 ? "" : "s"));
  rows = neighbors::adapt_rows(comm, std::move(rows), config.metric);

  Evaluation found{.points = rows.rows.total(),
                   .columns = static_cast<std::int64_t>(rows.columns()),
                   .neighbors = config.judge.neighbors,
                   .perplexity = config.perplexity,
                   .ranks = comm.size(),
                   .threads = seats.threads};
  {
    const quality::Judge judge(comm, rows, labels ? &*labels : nullptr, config.judge);
    found.sampled = judge.sampled();
    found.class_neighbors = judge.class_neighbors();
    log.info(fmt::format("neighbours of {} sampled points in the data found", found.sampled));
    for (std::size_t e = 0; e < files.size(); ++e) {
      const std::string& name =
          config.input.names.empty() ? config.input.embeddings[e] : config.input.names[e];
      found.judgements.push_back({.name = name, .file = files[e], .scores = judge.judge(embeddings[e])});
      log.info(fmt::format("{} judged", name));
    }
  }
  if (config.perplexity > 0) add_divergences(comm, config, std::move(rows), embeddings, found, log);
  if (!config.output.picture.empty()) {
    write_picture(comm, config, embeddings, labels, found, log);
    found.files.push_back(config.output.picture);
  }
  found.seconds = comm.all_reduce(watch.seconds(), comm::Reduction::max);
  if (!config.output.json.empty()) found.files.push_back(config.output.json);
  found.warnings = log.warnings();
  comm::on_root(comm, [&] {
    if (!config.output.json.empty()) io::write_text_file(config.output.json, to_text(to_json(found)) + "\n");
  });
  return found;
}

}  // namespace fleetsne::run
