#include "classes.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace fleetsne::quality {
namespace {

/// classes x columns means. Collective.
base::Matrix<double> class_means(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                                 const data::Labels& labels, const std::vector<std::size_t>& classes) {
  std::vector<std::size_t> place(labels.categories.size(), classes.size());
  for (std::size_t c = 0; c < classes.size(); ++c) place[classes[c]] = c;
  float largest = 0;
  for (std::size_t i = 0; i < rows.local.rows(); ++i)
    for (const float value : rows.local.row(i)) largest = std::max(largest, std::abs(value));
  largest = comm.all_reduce(largest, comm::Reduction::max);
  const double scale = largest > 0 ? std::ldexp(1.0, 29 - std::ilogb(largest)) : 1.0;

  const std::size_t columns = rows.columns();
  std::vector<std::int64_t> sums(classes.size() * columns, 0), counts(classes.size(), 0);
  for (std::size_t i = 0; i < rows.local.rows(); ++i) {
    if (labels.codes[i] < 0) continue;
    const std::size_t c = place[static_cast<std::size_t>(labels.codes[i])];
    ++counts[c];
    const auto row = rows.local.row(i);
    for (std::size_t j = 0; j < columns; ++j)
      sums[c * columns + j] += std::llrint(static_cast<double>(row[j]) * scale);
  }
  comm.all_reduce(std::span(sums), comm::Reduction::sum);
  comm.all_reduce(std::span(counts), comm::Reduction::sum);
  base::Matrix<double> means(classes.size(), columns);
  for (std::size_t c = 0; c < classes.size(); ++c)
    for (std::size_t j = 0; j < columns; ++j)
      means(c, j) = static_cast<double>(sums[c * columns + j]) / (scale * static_cast<double>(counts[c]));
  return means;
}

}  // namespace

std::vector<std::size_t> classes_with_points(const comm::Communicator& comm, const data::Labels& labels) {
  std::vector<std::int64_t> counts(labels.categories.size(), 0);
  for (const std::int32_t code : labels.codes)
    if (code >= 0) ++counts[static_cast<std::size_t>(code)];
  comm.all_reduce(std::span(counts), comm::Reduction::sum);
  std::vector<std::size_t> classes;
  for (std::size_t c = 0; c < counts.size(); ++c)
    if (counts[c] > 0) classes.push_back(c);
  return classes;
}

std::vector<std::vector<std::size_t>> nearest_classes(const comm::Communicator& comm,
                                                      const data::DistributedMatrix<float>& rows,
                                                      const data::Labels& labels,
                                                      const std::vector<std::size_t>& classes,
                                                      std::size_t k) {
  const base::Matrix<double> means = class_means(comm, rows, labels, classes);
  std::vector<std::vector<std::size_t>> result(classes.size());
#pragma omp parallel for schedule(static)
  for (std::int64_t at = 0; at < static_cast<std::int64_t>(classes.size()); ++at) {
    const auto c = static_cast<std::size_t>(at);
    std::vector<std::pair<double, std::size_t>> others;
    for (std::size_t other = 0; other < classes.size(); ++other) {
      if (other == c) continue;
      double distance = 0;
      for (std::size_t j = 0; j < means.columns(); ++j) {
        const double difference = means(c, j) - means(other, j);
        distance += difference * difference;
      }
      others.emplace_back(distance, other);
    }
    std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(k), others.end());
    for (std::size_t i = 0; i < k; ++i) result[c].push_back(others[i].second);
  }
  return result;
}

double shared_classes(const std::vector<std::vector<std::size_t>>& a,
                      const std::vector<std::vector<std::size_t>>& b) {
  std::size_t shared = 0, of = 0;
  for (std::size_t c = 0; c < a.size(); ++c) {
    of += a[c].size();
    for (const std::size_t other : a[c]) shared += static_cast<std::size_t>(std::ranges::count(b[c], other));
  }
  return static_cast<double>(shared) / static_cast<double>(of);
}

}  // namespace fleetsne::quality
