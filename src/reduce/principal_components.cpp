#include "fleetsne/reduce/principal_components.hpp"

#define EIGEN_DONT_PARALLELIZE
#include "fleetsne/base/error.hpp"
#include "fleetsne/base/parallel.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>

namespace fleetsne::reduce {
namespace {

constexpr std::size_t rows_at_once = 512;  // a block of rows in float64 stays in cache
constexpr std::int64_t panel = 128;        // columns of the covariance that a thread owns at a time

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void check_count(std::size_t count, std::int64_t rows, std::size_t columns) {
  const auto largest = std::min(static_cast<std::size_t>(rows), columns);
  if (count < 1 || count > largest) {
    throw base::InputError(
        fmt::format("{} principal components are not to be had (the input has {} rows and {} columns). Ask "
                    "for {} at most",
                    count, rows, columns, largest));
  }
  if (columns > most_columns) {
    throw base::InputError(fmt::format(
        "the input has {} columns (their covariance matrix would take {:.1f} GB on every rank). Choose {} "
        "columns or fewer, "
        "for instance the most variable ones",
        columns, 8e-9 * static_cast<double>(columns) * static_cast<double>(columns), most_columns));
  }
}

std::vector<double> column_means(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows) {
  std::vector<double> sums(rows.columns(), 0.0);
  for (std::size_t i = 0; i < rows.local.rows(); ++i) {
    const auto row = rows.local.row(i);
    for (std::size_t j = 0; j < row.size(); ++j) sums[j] += static_cast<double>(row[j]);
  }
  comm.all_reduce(std::span<double>(sums), comm::Reduction::sum);
  for (double& sum : sums) sum /= static_cast<double>(rows.rows.total());
  return sums;
}

/// Sum over all ranks' rows of (x - mean)(x - mean)^T: the lower triangle and what shares a panel with it.
RowMajor scatter_matrix(const comm::Communicator& comm, const data::DistributedMatrix<float>& rows,
                        const std::vector<double>& mean) {
  const auto d = static_cast<std::int64_t>(rows.columns());
  RowMajor scatter = RowMajor::Zero(d, d);
  RowMajor block(static_cast<std::int64_t>(rows_at_once), d);
  const std::int64_t panels = (d + panel - 1) / panel;
  for (std::size_t first = 0; first < rows.local.rows(); first += rows_at_once) {
    const auto count = static_cast<std::int64_t>(std::min(rows_at_once, rows.local.rows() - first));
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < count; ++i) {
      const auto row = rows.local.row(first + static_cast<std::size_t>(i));
      for (std::int64_t j = 0; j < d; ++j) {
        block(i, j) =
            static_cast<double>(row[static_cast<std::size_t>(j)]) - mean[static_cast<std::size_t>(j)];
      }
    }
    // Each panel of columns belongs to one thread: the order of the sums does not depend on their number.
    base::parallel_for(panels, [&](std::int64_t p) {
      const std::int64_t from = p * panel, width = std::min(panel, d - from);
      scatter.block(from, from, d - from, width).noalias() +=
          block.topRows(count).rightCols(d - from).transpose() * block.topRows(count).middleCols(from, width);
    });
  }
  comm.all_reduce(std::span<double>(scatter.data(), static_cast<std::size_t>(d * d)), comm::Reduction::sum);
  return scatter;
}

/// The sign of an eigenvector is arbitrary: the entry of largest magnitude is made positive.
void fix_sign(std::span<double> axis) {
  const auto largest = std::ranges::max_element(axis, {}, [](double x) { return std::abs(x); });
  if (*largest >= 0) return;
  for (double& x : axis) x = -x;
}

}  // namespace

PrincipalComponents principal_components(const comm::Communicator& comm,
                                         const data::DistributedMatrix<float>& rows, std::size_t count) {
  comm::agree(comm, [&] { check_count(count, rows.rows.total(), rows.columns()); });
  PrincipalComponents result;
  const std::size_t d = rows.columns();
  result.mean = column_means(comm, rows);
  const RowMajor scatter = scatter_matrix(comm, rows, result.mean);
  // Every rank decomposes the same matrix: one rank alone would leave the others waiting for as long.
  const Eigen::SelfAdjointEigenSolver<RowMajor> solver(scatter);
  comm::agree(comm, [&] {
    if (solver.info() != Eigen::Success)
      throw base::NumericalError(
          "the principal components were not found (the eigenvalue decomposition does not converge). Reduce "
          "the rows elsewhere, or use --init random without --pca");
  });
  const double divisor = std::max<double>(1, static_cast<double>(rows.rows.total() - 1));
  result.total_variance = scatter.trace() / divisor;
  result.axes = base::Matrix<double>(count, d);
  for (std::size_t c = 0; c < count; ++c) {
    const auto from = static_cast<std::int64_t>(d - 1 - c);  // eigenvalues ascend
    result.variances.push_back(std::max(0.0, solver.eigenvalues()(from)) / divisor);
    for (std::size_t j = 0; j < d; ++j)
      result.axes(c, j) = solver.eigenvectors()(static_cast<std::int64_t>(j), from);
    fix_sign(result.axes.row(c));
  }
  // Libraries on unlike nodes may round differently; all ranks must project on the very same axes.
  comm.broadcast(std::span<double>(result.axes.elements()), 0);
  return result;
}

data::DistributedMatrix<float> project(const data::DistributedMatrix<float>& rows,
                                       const PrincipalComponents& onto) {
  const std::size_t d = rows.columns(), count = onto.axes.rows();
  data::DistributedMatrix<float> result{rows.rows, base::padded_matrix<float>(rows.local.rows(), count)};
  const Eigen::Map<const RowMajor> axes(onto.axes.data(), static_cast<std::int64_t>(count),
                                        static_cast<std::int64_t>(d));
  const auto blocks = static_cast<std::int64_t>((rows.local.rows() + rows_at_once - 1) / rows_at_once);
  base::parallel_for(blocks, [&](std::int64_t b) {
    const std::size_t first = static_cast<std::size_t>(b) * rows_at_once;
    const std::size_t n = std::min(rows_at_once, rows.local.rows() - first);
    RowMajor centred(static_cast<std::int64_t>(n), static_cast<std::int64_t>(d));
    for (std::size_t i = 0; i < n; ++i) {
      const auto row = rows.local.row(first + i);
      for (std::size_t j = 0; j < d; ++j) {
        centred(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j)) =
            static_cast<double>(row[j]) - onto.mean[j];
      }
    }
    const RowMajor projected = centred * axes.transpose();
    for (std::size_t i = 0; i < n; ++i) {
      auto row = result.local.row(first + i);
      for (std::size_t c = 0; c < count; ++c) {
        row[c] = static_cast<float>(projected(static_cast<std::int64_t>(i), static_cast<std::int64_t>(c)));
      }
    }
  });
  return result;
}

}  // namespace fleetsne::reduce
