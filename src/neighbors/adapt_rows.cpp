#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/neighbors/neighbors.hpp"

#include "backend.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace fleetsne::neighbors {

namespace {

double squared_length(std::span<const float> row) {
  double sum = 0;
  for (const float x : row) sum += static_cast<double>(x) * static_cast<double>(x);
  return sum;
}

/// Whether a row has no direction: all zero, or for correlation, which looks at a row less its mean,
/// constant.
bool is_undirected(std::span<const float> row, Metric metric) {
  if (metric == Metric::cosine) return std::ranges::all_of(row, [](float x) { return x == 0; });
  if (metric != Metric::correlation) return false;
  const auto [least, most] = std::ranges::minmax(row);
  return !(least < most);
}

}  // namespace

UndirectedRows find_undirected(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                               Metric metric) {
  constexpr std::size_t most_listed = 5;
  UndirectedRows result;
  for (std::size_t i = 0; i < rows.local.rows(); ++i) {
    if (!is_undirected(rows.local.row(i), metric)) continue;
    ++result.count;
    if (result.first.size() < most_listed)
      result.first.push_back(rows.rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(i));
  }
  result.count = comm.all_reduce(result.count, comm::Reduction::sum);
  result.first = comm.all_gather(std::span<const base::GlobalIndex>(result.first)).values;
  result.first.resize(std::min(result.first.size(), most_listed));
  return result;
}

void unit_rows(data::DistributedMatrix<float>& rows) {
  for (std::size_t i = 0; i < rows.local.rows(); ++i) {
    const auto row = rows.local.row(i);
    const double squares = squared_length(row);
    if (squares == 0) continue;
    const double scale = 1 / std::sqrt(squares);
    for (float& x : row) x = static_cast<float>(static_cast<double>(x) * scale);
  }
}

namespace {

/// Every row less its own mean; zero where it is constant.
void center_rows(data::DistributedMatrix<float>& rows) {
  for (std::size_t i = 0; i < rows.local.rows(); ++i) {
    const auto row = rows.local.row(i);
    if (is_undirected(row, Metric::correlation)) std::ranges::fill(row, 0.F);
    double sum = 0;
    for (const float x : row) sum += static_cast<double>(x);
    const double mean = sum / static_cast<double>(row.size());
    for (float& x : row) x = static_cast<float>(static_cast<double>(x) - mean);
  }
}

data::DistributedMatrix<float> lengthen_rows(const comm::Communicator& comm,
                                             data::DistributedMatrix<float>&& short_rows) {
  const data::DistributedMatrix<float> rows = std::move(short_rows);
  double longest = 0;
  for (std::size_t i = 0; i < rows.local.rows(); ++i)
    longest = std::max(longest, squared_length(rows.local.row(i)));
  longest = comm.all_reduce(longest, comm::Reduction::max);
  return comm::agree(comm, [&] {
    data::DistributedMatrix<float> result{rows.rows,
                                          base::padded_matrix<float>(rows.local.rows(), rows.columns() + 1)};
    for (std::size_t i = 0; i < rows.local.rows(); ++i) {
      std::ranges::copy(rows.local.row(i), result.local.row(i).begin());
      const double left = std::max(longest - squared_length(rows.local.row(i)), 0.0);
      result.local(i, rows.columns()) = static_cast<float>(std::sqrt(left));
    }
    return result;
  });
}

}  // namespace

data::DistributedMatrix<float> adapt_rows(const comm::Communicator& comm,
                                          data::DistributedMatrix<float>&& rows, Metric metric) {
  switch (metric) {
    case Metric::correlation:
      center_rows(rows);
      unit_rows(rows);
      return std::move(rows);
    case Metric::cosine:
      unit_rows(rows);
      return std::move(rows);
    case Metric::inner_product:
      return lengthen_rows(comm, std::move(rows));
    case Metric::euclidean:
    case Metric::manhattan:
      break;
  }
  return std::move(rows);
}

std::optional<base::Matrix<float>> asking_rows(const comm::Communicator& comm,
                                               const base::Matrix<float>& rows, Metric metric) {
  if (metric != Metric::inner_product) return std::nullopt;
  return comm::agree(comm, [&] {
    base::Matrix<float> asking = rows;
    for (std::size_t i = 0; i < asking.rows(); ++i) asking(i, asking.columns() - 1) = 0;
    return asking;
  });
}

float square_distance(Metric metric, float measured) {
  switch (metric) {
    case Metric::cosine:
    case Metric::correlation:
      // For unit rows |x - y|^2 = 2 (1 - cos).
      return (measured / 2) * (measured / 2);
    case Metric::manhattan:
      return measured * measured;
    case Metric::euclidean:
    case Metric::inner_product:
      break;
  }
  return measured;
}

}  // namespace fleetsne::neighbors
