#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/data/ask_owners.hpp"
#include "fleetsne/neighbors/given_values.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace fleetsne::neighbors {
namespace {

// Of |x|^2 + |y|^2, which tools subtract 2 x.y from in float32: some 16 units in the last place.
constexpr double rounding_of_squares = 2e-6;
// Where rows are far from 0, this says that any value may be right: a share of the usual measure is enough.
constexpr double most_rounding = 0.05;

using Row = std::vector<double>;

double product(const Row& a, const Row& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Of unit length, for correlation less its mean before. Not finite if it has no direction.
Row directed(Row row, Metric metric) {
  if (metric == Metric::correlation) {
    const double mean = std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size());
    for (double& x : row) x -= mean;
  }
  const double length = std::sqrt(product(row, row));
  for (double& x : row) x /= length;
  return row;
}

void measure_euclidean(const Row& a, const Row& b, ComparedNeighbor& pair) {
  for (std::size_t j = 0; j < a.size(); ++j) pair.measured += (a[j] - b[j]) * (a[j] - b[j]);
  pair.rounding = rounding_of_squares * (product(a, a) + product(b, b));
}

void measure_manhattan(const Row& a, const Row& b, ComparedNeighbor& pair) {
  for (std::size_t j = 0; j < a.size(); ++j) {
    pair.measured += std::abs(a[j] - b[j]);
    pair.rounding += rounding_of_squares * (std::abs(a[j]) + std::abs(b[j]));
  }
}

/// Of rows x, y with their last elements sqrt(M^2 - |x|^2) and so on.
void measure_product(const Row& a, const Row& b, ComparedNeighbor& pair) {
  pair.offset = 2 * product(a, a) - a.back() * a.back();
  pair.measured = pair.offset - 2 * (product(a, b) - a.back() * b.back());
  pair.rounding = rounding_of_squares * pair.offset;
}

ComparedNeighbor compare(const ListedNeighbor& listed, const Row& a, const Row& b, Metric adapted,
                         Metric metric) {
  ComparedNeighbor pair{.listed = listed};
  if (metric == Metric::inner_product) {
    measure_product(a, b, pair);
  } else if (metric == Metric::manhattan) {
    measure_manhattan(a, b, pair);
  } else if (metric == Metric::euclidean || metric == adapted) {
    measure_euclidean(a, b, pair);
  } else {
    measure_euclidean(directed(a, metric), directed(b, metric), pair);
  }
  return pair;
}

/// No more than a share of the usual measure.
void limit_rounding(std::vector<ComparedNeighbor>& sample) {
  if (sample.empty()) return;
  std::vector<double> measures;
  for (const ComparedNeighbor& pair : sample) measures.push_back(pair.measured);
  const auto middle = measures.begin() + static_cast<std::ptrdiff_t>(measures.size() / 2);
  std::ranges::nth_element(measures, middle);
  if (*middle <= 0) return;
  for (ComparedNeighbor& pair : sample) pair.rounding = std::min(pair.rounding, most_rounding * *middle);
}

}  // namespace

double offset_of(std::span<const float> row, Metric metric) {
  if (metric != Metric::inner_product) return 0;
  const Row values(row.begin(), row.end());
  return 2 * product(values, values) - values.back() * values.back();
}

std::vector<ComparedNeighbor> compare_listed(const comm::Communicator& comm,
                                             const data::DistributedMatrix<float>& rows,
                                             std::span<const ListedNeighbor> listed, Metric adapted,
                                             Metric metric) {
  const std::size_t width = rows.columns();
  const auto ask = [&](base::GlobalIndex ListedNeighbor::*which) {
    std::vector<base::GlobalIndex> wanted;
    for (const ListedNeighbor& one : listed) wanted.push_back(one.*which);
    return data::ask_owners<float>(
        comm, rows.rows, wanted, width,
        [&](std::size_t row, std::span<float> out) { std::ranges::copy(rows.local.row(row), out.begin()); });
  };
  const std::vector<float> from = ask(&ListedNeighbor::row), to = ask(&ListedNeighbor::neighbor);
  std::vector<ComparedNeighbor> mine;
  const auto row_of = [&](const std::vector<float>& all, std::size_t i) {
    const auto row = std::span(all).subspan(i * width, width);
    return Row(row.begin(), row.end());
  };
  for (std::size_t i = 0; i < listed.size(); ++i) {
    const ComparedNeighbor pair = compare(listed[i], row_of(from, i), row_of(to, i), adapted, metric);
    if (std::isfinite(pair.measured)) mine.push_back(pair);
  }
  auto sample = comm.all_gather(std::span<const ComparedNeighbor>(mine)).values;
  limit_rounding(sample);
  return sample;
}

}  // namespace fleetsne::neighbors
