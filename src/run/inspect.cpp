#include "fleetsne/run/inspect.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/label_source.hpp"
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/row_names.hpp"
#include "fleetsne/run/continuation.hpp"
#include "fleetsne/run/metric_names.hpp"

#include "findings.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace fleetsne::run {
namespace {

/// What ann-benchmarks calls a distance, and the metric that has the same neighbours.
constexpr std::array distances{std::pair{"euclidean", "euclidean"}, std::pair{"angular", "cosine"},
                               std::pair{"ip", "inner-product"}, std::pair{"hamming", ""},
                               std::pair{"jaccard", ""}};

}  // namespace

void warn_of_distance(const Config& config, const DataShape& data, base::Log& log) {
  const auto said =
      std::ranges::find(distances, data.distance, [](const auto& one) { return std::string(one.first); });
  const std::string asked = name_of(config.neighbors.metric);
  if (said == distances.end() || !config.input.affinity.empty() || said->second == asked) return;
  const std::string advice = *said->second == '\0'
                                 ? "There is no --metric for it"
                                 : fmt::format("If the file is right, give --metric {}", said->second);
  log.warn(fmt::format("the input says that its rows are compared by {} distance, and --metric is {}. {}",
                       said->first, asked, advice));
}

DataShape inspect_files(const comm::Communicator& comm, const Config& config, base::Log& log,
                        FileMatches* matches) {
  DataShape shape{.ranks = comm.size()};
  FileMatches found;
  Findings findings;
  std::vector<io::RowInput> inputs;
  if (!config.input.files.empty() || config.input.affinity.empty())
    findings.gather(
        [&] { inputs = io::inspect_all_rows(comm, config.input.files, config.input.orientation()); });
  if (!inputs.empty()) {
    for (const io::RowInput& input : inputs) shape.rows += input.rows;
    shape.columns = inputs.front().columns;
    for (const io::RowInput& input : inputs)
      if (shape.distance.empty()) shape.distance = input.distance;
  }
  if (!config.input.affinity.empty())
    findings.gather([&] {
      shape.affinity_rows = io::inspect_affinities(comm, config.input.affinity).rows();
      if (config.input.files.empty()) {
        shape.rows = shape.affinity_rows;
        shape.columns = 2;  // its start
      }
    });
  if (!config.neighbor_files.load.empty())
    findings.gather([&] {
      const NeighborFilesConfig& files = config.neighbor_files;
      shape.neighbor_rows = io::inspect_neighbors(comm, {files.load, files.distances}).rows;
    });
  RowMatcher matcher(comm, inputs, shape.rows, log);
  if (!config.input.labels.empty())
    findings.gather([&] {
      if (shape.rows == 0)
        io::inspect_all_labels(comm, config.input.labels, {});  // of input with an error
      else
        found.labels = match_labels(comm, matcher, config.input.labels);
    });
  if (config.init.start == init::Start::file)
    findings.gather([&] {
      const auto start = io::inspect_all_rows(
          comm, io::embedding_inputs(comm, std::span(&config.init.file, 1)), io::Orientation::embedding);
      if (shape.rows > 0) found.start = matcher.match(config.init.file, start);
      shape.init_rows = found.start.by_name() ? shape.rows : start.front().rows;
      shape.init_columns = start.front().columns;
    });
  if (!config.init.continued.empty())
    findings.gather([&] { inspect_state(comm, config.init.continued, config.optimize.dimensions, shape); });
  findings.gather([&] { io::expect_row_names(comm, inputs, log); });
  findings.raise();
  if (matches != nullptr) *matches = std::move(found);
  return shape;
}

}  // namespace fleetsne::run
