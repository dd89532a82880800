#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/neighbor_file.hpp"

#include "neighbor_rounds.hpp"
#include "neighbor_source.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace fleetsne::io {
namespace {

NeighborSurvey nothing_seen() {
  NeighborSurvey survey;
  survey.smallest = std::numeric_limits<GlobalIndex>::max();
  survey.largest = -1;
  survey.fewest.fill(std::numeric_limits<std::size_t>::max());
  survey.least_value = std::numeric_limits<float>::infinity();
  survey.greatest_value = -survey.least_value;
  return survey;
}

/// Adds a row's list to what was seen.
void see(NeighborSurvey& survey, const std::string& name, GlobalIndex row,
         std::span<const GlobalIndex> indices, std::span<const float> values) {
  std::size_t listed = 0;
  std::array<std::size_t, 2> itself{};
  for (std::size_t j = 0; j < indices.size(); ++j) {
    if (is_missing(indices[j], values[j])) continue;
    if (std::isnan(values[j]))
      throw base::InputError(
          fmt::format("{}: row {} has a neighbor whose distance is not a number (neighbors are chosen by "
                      "their distances). "
                      "Check how it was made",
                      name, row));
    ++listed;
    survey.smallest = std::min(survey.smallest, indices[j]);
    survey.largest = std::max(survey.largest, indices[j]);
    survey.least_value = std::min(survey.least_value, values[j]);
    survey.greatest_value = std::max(survey.greatest_value, values[j]);
    survey.values_below_zero += values[j] < 0 ? 1 : 0;
    for (const std::size_t from : {0, 1})
      itself[from] += indices[j] == row + static_cast<GlobalIndex>(from) ? 1 : 0;
  }
  survey.short_rows += listed < indices.size() ? 1 : 0;
  for (const std::size_t from : {0, 1})
    survey.fewest[from] = std::min(survey.fewest[from], listed - itself[from]);
}

NeighborSurvey survey_block(const comm::Communicator& comm, const NeighborFiles& files) {
  const auto source = NeighborSource::open(files);
  const std::size_t k = source->header().count;
  const auto blocks = data::RowDistribution::balanced(source->header().rows, comm.size());
  const std::int64_t end = blocks.end(comm.rank()), step = rows_per_round(k);
  NeighborSurvey survey = nothing_seen();
  std::vector<GlobalIndex> indices;
  std::vector<float> values;
  for (std::int64_t at = blocks.begin(comm.rank()); at < end; at += step) {
    const auto count = static_cast<std::size_t>(std::min(step, end - at));
    indices.resize(count * k);
    values.resize(count * k);
    source->read(at, static_cast<std::int64_t>(count), indices, values);
    for (std::size_t i = 0; i < count; ++i)
      see(survey, files.indices, at + static_cast<GlobalIndex>(i), std::span(indices).subspan(i * k, k),
          std::span(values).subspan(i * k, k));
  }
  return survey;
}

}  // namespace

NeighborSurvey survey_neighbors(const comm::Communicator& comm, const NeighborFiles& files) {
  const NeighborHeader header = inspect_neighbors(comm, files);
  NeighborSurvey survey = comm::agree(comm, [&] { return survey_block(comm, files); });
  survey.smallest = comm.all_reduce(survey.smallest, comm::Reduction::min);
  survey.largest = comm.all_reduce(survey.largest, comm::Reduction::max);
  survey.least_value = comm.all_reduce(survey.least_value, comm::Reduction::min);
  survey.greatest_value = comm.all_reduce(survey.greatest_value, comm::Reduction::max);
  survey.short_rows = comm.all_reduce(survey.short_rows, comm::Reduction::sum);
  survey.values_below_zero = comm.all_reduce(survey.values_below_zero, comm::Reduction::sum);
  comm.all_reduce(std::span<std::size_t>(survey.fewest), comm::Reduction::min);
  comm::agree(comm, [&] {
    const bool from_zero = survey.smallest >= 0 && survey.largest < header.rows;
    if (survey.largest >= 0 && !from_zero && !survey.counts_from_one(header.rows))
      throw base::InputError(fmt::format(
          "{} names rows {} to {} as neighbors (its rows are 0 to {}, or 1 to {}). Check how it was made",
          files.indices, survey.smallest, survey.largest, header.rows - 1, header.rows));
  });
  return survey;
}

ListedNeighbors sample_neighbors(const comm::Communicator& comm, const NeighborFiles& files,
                                 const data::Permutation& permutation, GlobalIndex first_index,
                                 std::span<const GlobalIndex> rows, std::size_t most) {
  ListedNeighbors listed;
  comm::agree(comm, [&] {
    const auto source = NeighborSource::open(files);
    const std::size_t k = source->header().count;
    std::vector<GlobalIndex> indices(k);
    std::vector<float> values(k);
    std::vector<std::size_t> places;
    for (const GlobalIndex row : rows) {
      source->read(row, 1, indices, values);
      places.clear();
      for (std::size_t j = 0; j < k; ++j)
        if (!is_missing(indices[j], values[j]) && indices[j] - first_index != row) places.push_back(j);
      const std::size_t taken = std::min(most, places.size());
      for (std::size_t i = 0; i < taken; ++i) {
        const std::size_t j = places[i * places.size() / taken];
        listed.rows.push_back(row);
        listed.neighbors.push_back(indices[j] - first_index);
        listed.places.push_back(static_cast<std::int64_t>(j));
        listed.values.push_back(values[j]);
      }
    }
  });
  const WorkingRows working(comm, permutation);
  working.translate(listed.rows);
  working.translate(listed.neighbors);
  return listed;
}

}  // namespace fleetsne::io
