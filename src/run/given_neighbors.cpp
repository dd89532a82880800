#include "fleetsne/run/given_neighbors.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/base/random.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/neighbors/given_values.hpp"
#include "fleetsne/run/metric_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace fleetsne::run {
namespace {

using base::GlobalIndex;
using neighbors::ComparedNeighbor;
using neighbors::ListedNeighbor;
using neighbors::Metric;
using neighbors::RecognizedValues;

constexpr std::size_t sampled_rows = 256, sampled_of_row = 16;

/// How scanpy, scikit-learn and PyNNDescent spell metrics that have other names here.
constexpr std::array spellings{
    std::pair{"l2", "euclidean"},       std::pair{"sqeuclidean", "euclidean"},
    std::pair{"l1", "manhattan"},       std::pair{"cityblock", "manhattan"},
    std::pair{"dot", "inner-product"},  std::pair{"inner_product", "inner-product"},
    std::pair{"pearson", "correlation"}};

/// "" if there is none.
std::string text_at(const nlohmann::json& about, const nlohmann::json::json_pointer& place) {
  return about.contains(place) && about.at(place).is_string() ? about.at(place).get<std::string>() : "";
}

class Examination {
 public:
  Examination(const comm::Communicator& comm, const io::NeighborFiles& files,
              const data::DistributedMatrix<float>& rows, const data::Permutation& permutation, Metric metric,
              std::uint64_t seed)
      : comm_(comm),
        files_(files),
        rows_(rows),
        permutation_(permutation),
        metric_(metric),
        sampled_(sample(seed)) {}

  GivenNeighbors examine(base::Log& log) {
    const io::NeighborHeader header = io::inspect_neighbors(comm_, files_);
    const nlohmann::json about = io::about_neighbors(comm_, files_);
    warn_of_metric(about, log);
    const io::NeighborSurvey survey = io::survey_neighbors(comm_, files_);
    GlobalIndex from = survey.counts_from_one(header.rows) ? 1 : 0;
    expect_neighbors(survey.fewest[static_cast<std::size_t>(from)]);
    auto values = recognize(from, metric_);
    if (!values && from == 0 && survey.may_count_from_one() && (values = recognize(1, metric_))) from = 1;
    if (!values) values = resemble(from, about);
    const std::size_t fewest = survey.fewest[static_cast<std::size_t>(from)];
    if (header.by_columns)
      log.info_once(fmt::format("{} is read as {} rows of {} neighbors each, and holds them as {} x {}",
                                files_.indices, header.rows, header.count, header.count, header.rows));
    if (from == 1)
      log.info_once(fmt::format("{} counts rows from 1, up to {}: they are counted from 0 here",
                                files_.indices, header.rows));
    if (survey.short_rows > 0)
      log.warn(
          fmt::format("{}: {} of {} rows have fewer than {} neighbors (missing ones were not found, or left "
                      "out). Every row has "
                      "at least {}, and no more are used of any. Search again for more",
                      files_.indices, survey.short_rows, header.rows, header.count, fewest));
    say(*values, log);
    return {.fewest = fewest, .reading = reading(from, *values)};
  }

 private:
  /// Rows of this rank's block of the input; the same of all ranks for any number of them.
  std::vector<GlobalIndex> sample(std::uint64_t seed) const {
    const base::Random random(seed, base::Stream::recall);
    const auto& input = permutation_.input;
    const double share = static_cast<double>(sampled_rows) / static_cast<double>(input.total());
    std::vector<GlobalIndex> sampled;
    for (GlobalIndex row = input.begin(comm_.rank()); row < input.end(comm_.rank()); ++row)
      if (share >= 1 || random.uniform(row) < share) sampled.push_back(row);
    return sampled;
  }

  std::vector<ListedNeighbor> listed(GlobalIndex from) const {
    const io::ListedNeighbors found =
        io::sample_neighbors(comm_, files_, permutation_, from, sampled_, sampled_of_row);
    std::vector<ListedNeighbor> result;
    for (std::size_t i = 0; i < found.rows.size(); ++i)
      result.push_back({found.rows[i], found.neighbors[i], found.places[i], found.values[i]});
    return result;
  }

  std::vector<ComparedNeighbor> compared(GlobalIndex from, Metric metric) const {
    return neighbors::compare_listed(comm_, rows_, listed(from), metric_, metric);
  }

  std::optional<RecognizedValues> recognize(GlobalIndex from, Metric metric) const {
    return neighbors::recognize_values(compared(from, metric), metric);
  }

  /// The metric that the values are distances by, if it is another one that these rows show.
  std::optional<Metric> other_metric(GlobalIndex from) const {
    if (metric_ != Metric::euclidean && metric_ != Metric::manhattan) return std::nullopt;
    for (const Metric metric : {Metric::euclidean, Metric::manhattan, Metric::cosine, Metric::correlation})
      if (metric != metric_ && recognize(from, metric)) return metric;
    return std::nullopt;
  }

  /// What is no more than like distances; throws if it is not.
  RecognizedValues resemble(GlobalIndex from, const nlohmann::json& about) const {
    const auto sample = compared(from, metric_);
    const auto other = other_metric(from);
    const auto like = other ? std::nullopt : neighbors::resemble_distances(sample, metric_);
    comm::agree(comm_, [&] {
      if (like) return;
      const std::string searched = text_at(about, "/params/use_rep"_json_pointer);
      const std::string rows =
          searched.empty() ? "" : fmt::format(" (scanpy searched {}: is that the input?)", searched);
      if (other)
        throw base::InputError(fmt::format(
            "{} holds distances by --metric {} (sampled rows show it), and this run has --metric {}. Give "
            "--metric {}, or leave out --neighbors.load to search again",
            files_.indices, name_of(*other), name_of(metric_), name_of(*other)));
      throw base::InputError(fmt::format(
          "{}: its values are not distances by --metric {} (of sampled rows they are {}). Give the "
          "distances between the input's rows{}, or leave out --neighbors.load to search again",
          files_.indices, name_of(metric_), neighbors::describe_values(sample), rows));
    });
    return *like;
  }

  void expect_neighbors(std::size_t fewest) const {
    comm::agree(comm_, [&] {
      if (fewest == 0)
        throw base::InputError(fmt::format(
            "{} has a row without neighbors other than itself (every row needs some). Search again for more",
            files_.indices));
    });
  }

  void warn_of_metric(const nlohmann::json& about, base::Log& log) const {
    const std::string recorded = recorded_metric(about);
    if (recorded.empty() || recorded == name_of(metric_)) return;
    log.warn(fmt::format(
        "{} records that it was searched by the metric {}, and --metric is {}. Give the same metric",
        files_.indices, recorded, name_of(metric_)));
  }

  void say(const RecognizedValues& values, base::Log& log) const {
    if (!values.as_expected)
      log.warn(
          fmt::format("{} holds {} by --metric {} (sampled rows show it). They are converted to distances",
                      files_.indices, values.kind.name, name_of(metric_)));
    if (values.factor != 1)
      log.warn(fmt::format("{} holds {} multiplied by {:.6g} (sampled rows show it). They are divided by it",
                           files_.indices, values.kind.name, values.factor));
    if (values.deviation > 0)
      log.warn(fmt::format(
          "{}: its values differ from distances between the input's rows by up to {:.0f} % (they are of "
          "other rows, as before --pca, or approximate). Give distances of these rows if that is not "
          "meant",
          files_.indices, 100 * values.deviation));
  }

  io::NeighborReading reading(GlobalIndex from, const RecognizedValues& values) const {
    std::vector<double> offsets;
    if (metric_ == Metric::inner_product)
      for (std::size_t i = 0; i < rows_.local.rows(); ++i)
        offsets.push_back(neighbors::offset_of(rows_.local.row(i), metric_));
    return {
        .first_index = from,
        .larger_is_nearer = values.kind.larger_is_nearer,
        .squared = [values, offsets = std::move(offsets), metric = metric_](std::size_t row, float value) {
          return values.squared_distance(value, offsets.empty() ? 0 : offsets[row], metric);
        }};
  }

  const comm::Communicator& comm_;
  const io::NeighborFiles& files_;
  const data::DistributedMatrix<float>& rows_;
  const data::Permutation& permutation_;
  Metric metric_;
  std::vector<GlobalIndex> sampled_;
};

}  // namespace

std::string recorded_metric(const nlohmann::json& about) {
  for (const auto& path : {"/params/metric"_json_pointer, "/config/neighbors/metric"_json_pointer}) {
    const std::string recorded = text_at(about, path);
    if (recorded.empty()) continue;
    const auto* known =
        std::ranges::find(spellings, recorded, [](const auto& pair) { return std::string(pair.first); });
    return known == spellings.end() ? recorded : known->second;
  }
  return {};
}

GivenNeighbors examine_neighbors(const comm::Communicator& comm, const io::NeighborFiles& files,
                                 const data::DistributedMatrix<float>& rows,
                                 const data::Permutation& permutation, Metric metric, std::uint64_t seed,
                                 base::Log& log) {
  return Examination(comm, files, rows, permutation, metric, seed).examine(log);
}

}  // namespace fleetsne::run
