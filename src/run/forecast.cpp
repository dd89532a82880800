#include "fleetsne/run/forecast.hpp"

#include "fleetsne/affinity/symmetrize.hpp"
#include "fleetsne/base/error.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/run/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fleetsne::run {
namespace {

// Bytes of a point: pointers to its row, its group of duplicates and back, its origin, its place in the
// blocks.
constexpr double point_bytes = 36;
// Position and where to go on from, velocity, gains, gradient, two forces, and the sorted copy that charges
// are spread from.
constexpr double descent_bytes = 80;
// Of the libraries once they work, of grids, and of what a rank's threads work in.
constexpr double working_bytes = 28e6;
constexpr double edge_on_its_way = 8;
// Directed rows share directories with fewer others than symmetric ones.
constexpr double directed_surplus = 1.1;
// Measured: seconds of the files and the picture, and of a point in them.
constexpr double write_seconds = 0.35, write_seconds_of_point = 3.4e-7;
// Measured with one thread: seconds that a sampled point is compared with a number of a row.
constexpr double judge_seconds_of_number = 3e-10;
// Measured from 40,000 to 10 million rows: they are cut log(n) times over, ever fewer of them from a cache.
constexpr double partition_growth = 4.0 / 3;

double points_of_rank(const DataShape& data) {
  return std::ceil(static_cast<double>(data.rows) / data.ranks);
}

double row_bytes(std::size_t columns) {
  return sizeof(float) * static_cast<double>(base::padded(columns));
}

std::size_t working_columns(const Config& config, const DataShape& data) {
  return config.input.pca > 0 ? config.input.pca : static_cast<std::size_t>(data.columns);
}

double neighbor_bytes(const Config& config) {
  return (sizeof(base::LocalIndex) + sizeof(float)) * static_cast<double>(neighbor_count(config));
}

/// The value that `of_trial` would have for `rows` rows, by a power law through the last two trials.
template <class Value>
double extrapolate(std::span<const Trial> trials, double rows, double most_exponent, Value&& of_trial) {
  const Trial& last = trials.back();
  const double value = of_trial(last);
  if (trials.size() < 2) return value;
  const Trial& before = trials[trials.size() - 2];
  if (!(value > 0) || !(of_trial(before) > 0)) return value;
  const double exponent = std::log(value / of_trial(before)) /
                          std::log(static_cast<double>(last.rows) / static_cast<double>(before.rows));
  return value * std::pow(rows / static_cast<double>(last.rows), std::clamp(exponent, 0.0, most_exponent));
}

/// The same by a straight line through the last two trials, for costs of which a part does not grow.
template <class Value>
double extend(std::span<const Trial> trials, double rows, Value&& of_trial) {
  const Trial& last = trials.back();
  const auto sampled = static_cast<double>(last.rows);
  const double value = of_trial(last);
  if (trials.size() < 2) return value * rows / sampled;
  const Trial& before = trials[trials.size() - 2];
  const double growth = (value - of_trial(before)) / (sampled - static_cast<double>(before.rows));
  return value + std::clamp(growth, 0.0, value / sampled) * (rows - sampled);
}

/// Bytes of a covariance matrix and its eigenvectors, of which every rank has its own.
double covariance_bytes(std::size_t columns) {
  return 16.0 * static_cast<double>(columns) * static_cast<double>(columns);
}

/// Seconds of the neighbours of a point: a x 1 + b x distances, with the a and b >= 0 that make the least
/// relative error on the trials.
double seconds_of_search(std::span<const Trial> trials, double evaluations) {
  double ones = 0, mixed = 0, squares = 0, of_one = 0, of_distance = 0;
  for (const Trial& trial : trials) {
    const double seconds = trial.neighbors / static_cast<double>(trial.rows);
    const double one = 1 / seconds, distance = trial.evaluations / seconds;
    ones += one * one;
    mixed += one * distance;
    squares += distance * distance;
    of_one += one;
    of_distance += distance;
  }
  const double determinant = ones * squares - mixed * mixed;
  double a = 0, b = squares > 0 ? of_distance / squares : 0;
  if (trials.size() > 1 && determinant > 1e-9 * ones * squares) {
    const double both_a = (of_one * squares - of_distance * mixed) / determinant;
    const double both_b = (of_distance * ones - of_one * mixed) / determinant;
    if (both_a >= 0 && both_b >= 0) {
      a = both_a;
      b = both_b;
    } else if (both_b < 0) {
      a = of_one / ones;
      b = 0;
    }
  }
  return a + b * evaluations;
}

/// Sizes that grow with the rows, as the trials let expect them.
struct Sizes {
  double points = 0;  ///< of a rank
  double degree = 0, bytes_per_edge = 0, ghosts = 0;
};

Sizes expected_sizes(const DataShape& data, std::span<const Trial> trials) {
  const auto rows = static_cast<double>(data.rows);
  Sizes sizes{.points = points_of_rank(data)};
  sizes.degree = extrapolate(trials, rows, 0.1, [](const Trial& t) { return t.degree; });
  sizes.bytes_per_edge = extrapolate(trials, rows, 0.1, [](const Trial& t) { return t.bytes_per_edge; });
  sizes.ghosts = extrapolate(trials, rows, 1, [](const Trial& t) { return t.ghosts; });
  return sizes;
}

double symmetrise_bytes(const Config& config, const DataShape& data, const Sizes& sizes) {
  const double directed = sizes.points * static_cast<double>(neighbor_count(config));
  const double band = std::min(directed, static_cast<double>(affinity::band_edges(data.ranks)));
  return directed * directed_surplus * sizes.bytes_per_edge +
         sizes.points * sizes.degree * sizes.bytes_per_edge + band * edge_on_its_way;
}

double neighbors_bytes(const Config& config, const DataShape& data, const Sizes& sizes) {
  const std::size_t columns = working_columns(config, data);
  const double row = row_bytes(columns);
  const double blocked = sizeof(float) * static_cast<double>(columns) + row / 32;
  const double links = 8.0 * static_cast<double>(config.neighbors.links) / 32;
  const auto reverse = static_cast<double>(neighbors::reverse_list_bytes(neighbor_count(config)));
  return sizes.points * (row + blocked + links + reverse + neighbor_bytes(config) + point_bytes);
}

}  // namespace

double Forecast::seconds() const {
  double sum = 0;
  for (const StageForecast& stage : stages) sum += stage.seconds;
  return sum;
}

const StageForecast& Forecast::peak() const {
  return *std::ranges::max_element(stages, {}, &StageForecast::bytes);
}

double least_bytes(const Config& config, const DataShape& data) {
  const double points = points_of_rank(data);
  const auto columns = static_cast<std::size_t>(data.columns);
  const double reducing =
      points * row_bytes(columns) + (config.input.pca > 0 ? covariance_bytes(columns) : 0);
  return std::max(reducing, points * (row_bytes(working_columns(config, data)) + neighbor_bytes(config)));
}

Forecast forecast(const Config& config, const DataShape& data, std::span<const Trial> trials, double base) {
  const Trial& last = trials.back();
  const auto rows = static_cast<double>(data.rows), sampled = static_cast<double>(last.rows);
  const double more = rows / sampled;
  const Sizes sizes = expected_sizes(data, trials);
  const double evaluations = extrapolate(trials, rows, 1, [](const Trial& t) { return t.evaluations; });
  const double search = seconds_of_search(trials, evaluations);
  const double input = sizes.points * row_bytes(static_cast<std::size_t>(data.columns));
  const double working = sizes.points * row_bytes(working_columns(config, data));
  const bool pairs = config.optimize.repulsion == optimize::Repulsion::exact;
  const double iteration =
      last.early_iteration * more * (pairs ? more : 1) * sizes.degree / std::max(last.degree, 1.0);
  const double grid = std::max(0.0, last.late_iteration - last.early_iteration);
  const IterationCounts iterations = count_iterations(config);

  Forecast result;
  const auto add = [&](const char* name, double seconds, double bytes) {
    result.stages.push_back({name, seconds, base + working_bytes + bytes});
  };
  const double read = extend(trials, rows, [](const Trial& t) { return t.read; });
  // Samples have neither labels nor a start from a file: taken for as many columns more.
  const auto read_columns = [&](const char* name, int columns) {
    add(name, read * columns / static_cast<double>(data.columns), input);
  };
  add("read", read, input);
  if (!config.input.labels.empty()) read_columns("labels", 1);
  if (config.init.start == init::Start::file) read_columns("read_init", config.optimize.dimensions);
  if (!config.init.continued.empty()) read_columns("read_state", 4 * config.optimize.dimensions);
  if (last.reduce > 0)
    add("reduce", extend(trials, rows, [](const Trial& t) { return t.reduce; }),
        input + working + covariance_bytes(static_cast<std::size_t>(data.columns)));
  add("init", extend(trials, rows, [](const Trial& t) { return t.init; }),
      working +
          (config.init.start == init::Start::pca ? covariance_bytes(working_columns(config, data)) : 0));
  if (last.normalize > 0) add("normalize", last.normalize * more, working);
  add("partition", last.partition * std::pow(more, partition_growth), 2 * working);
  add("neighbors", search * rows, neighbors_bytes(config, data, sizes));
  add("affinity", last.affinity * more, symmetrise_bytes(config, data, sizes));
  add("optimize",
      iteration * static_cast<double>(iterations.all) + grid * static_cast<double>(iterations.late),
      sizes.points * (sizes.degree * sizes.bytes_per_edge + descent_bytes) + 8 * sizes.ghosts);
  add("write", write_seconds + write_seconds_of_point * rows, 0);
  if (config.quality.sample > 0)
    add("judge",
        read + judge_seconds_of_number * static_cast<double>(config.quality.sample) * sizes.points *
                   static_cast<double>(data.columns),
        input);
  return result;
}

void expect_room(const Config& config, const DataShape& data, const std::string& stage, double bytes,
                 double available) {
  if (bytes <= available) return;
  const double gib = std::exp2(30);
  const double ranks = available > 0 ? std::ceil(data.ranks * bytes / available) : 0;
  const std::string remedy =
      ranks > 0 && ranks <= static_cast<double>(data.rows)
          ? fmt::format(
                "Start {:.0f} ranks or more with as much memory each, on more hosts, or ask for fewer "
                "neighbours",
                ranks)
          : "Give the ranks more memory";
  throw base::UsageError(fmt::format(
      "{} rows with {} neighbours each do not fit {} rank{} (the stage {} takes {:.2f} GiB a rank, and a "
      "rank "
      "can have {:.2f} GiB here). {}",
      data.rows, neighbor_count(config), data.ranks, data.ranks == 1 ? "" : "s", stage, bytes / gib,
      available / gib, remedy));
}

}  // namespace fleetsne::run
