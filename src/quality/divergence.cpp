#include "fleetsne/quality/divergence.hpp"

#include "fleetsne/comm/agreement.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace fleetsne::quality {
namespace {

constexpr std::size_t round_queries = 4096;  // of all ranks together

/// Rounds to multiples of a power of two so coarse that the sum of `terms` numbers from [0, 1] is exact in
/// float64, in whatever order: adding `anchor` and taking it off again leaves just these multiples.
double anchor_for(base::GlobalIndex terms) {
  return std::ldexp(1.0, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(terms))));
}

/// Positions column by column, in float64.
class Columns {
 public:
  explicit Columns(base::MatrixView<const float> rows)
      : rows_(rows.rows()), columns_(rows.columns()), values_(rows_ * columns_) {
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t c = 0; c < columns_; ++c) values_[c * rows_ + i] = static_cast<double>(rows(i, c));
  }

  /// sum of 1 / (1 + |q - y|^2) over all rows y, each term rounded.
  double potential(std::span<const float> query, double anchor) const {
    constexpr std::size_t step = 1024;
    double sum = 0, squared[step];
    for (std::size_t first = 0; first < rows_; first += step) {
      const std::size_t count = std::min(step, rows_ - first);
      std::fill_n(squared, count, 1.0);
      for (std::size_t c = 0; c < columns_; ++c) {
        const double* column = values_.data() + c * rows_ + first;
        const auto at = static_cast<double>(query[c]);
        for (std::size_t i = 0; i < count; ++i) squared[i] += (column[i] - at) * (column[i] - at);
      }
#pragma omp simd reduction(+ : sum)
      for (std::size_t i = 0; i < count; ++i) sum += (1.0 / squared[i] + anchor) - anchor;
    }
    return sum;
  }

 private:
  std::size_t rows_, columns_;
  std::vector<double> values_;
};

}  // namespace

Normaliser sampled_normaliser(const comm::Communicator& comm, const data::DistributedMatrix<float>& embedding,
                              std::span<const std::size_t> sample) {
  const Columns columns(embedding.local.view());
  const base::GlobalIndex points = embedding.rows.total();
  const double anchor = anchor_for(points);
  const std::size_t block = std::max<std::size_t>(16, round_queries / static_cast<std::size_t>(comm.size()));
  const std::int64_t rounds =
      comm.all_reduce(static_cast<std::int64_t>((sample.size() + block - 1) / block), comm::Reduction::max);
  const std::size_t width = embedding.columns();
  std::vector<double> mine;  // potentials of this rank's sampled points
  for (std::int64_t round = 0; round < rounds; ++round) {
    const std::size_t first = std::min(static_cast<std::size_t>(round) * block, sample.size());
    const std::size_t count = std::min(block, sample.size() - first);
    std::vector<float> queries;
    for (const std::size_t i : sample.subspan(first, count)) {
      const auto row = embedding.local.row(i);
      queries.insert(queries.end(), row.begin(), row.end());
    }
    const auto all = comm.all_gather(std::span<const float>(queries));
    std::vector<double> potentials(all.values.size() / width);
#pragma omp parallel for schedule(dynamic, 16)
    for (std::int64_t at = 0; at < static_cast<std::int64_t>(potentials.size()); ++at) {
      const auto q = static_cast<std::size_t>(at);
      potentials[q] = columns.potential(std::span(all.values).subspan(q * width, width), anchor);
    }
    comm.all_reduce(std::span(potentials), comm::Reduction::sum);
    std::size_t before = 0;
    for (base::Rank r = 0; r < comm.rank(); ++r) before += all.counts[static_cast<std::size_t>(r)] / width;
    for (std::size_t q = 0; q < count; ++q) mine.push_back(potentials[before + q] - 1);  // not itself
  }
  // In the input's order, whatever the ranks.
  const auto all = comm.all_gather(std::span<const double>(mine)).values;
  const auto drawn = static_cast<double>(all.size());
  double sum = 0, squares = 0;
  for (const double value : all) sum += value;
  const double mean = sum / drawn;
  for (const double value : all) squares += (value - mean) * (value - mean);
  const double left = 1 - drawn / static_cast<double>(points);  // drawn without replacement
  const double variance = drawn > 1 ? left * squares / (drawn - 1) / drawn : 0;
  return {.z = mean * static_cast<double>(points), .relative_error = std::sqrt(variance) / mean};
}

double divergence(const comm::Communicator& comm, const data::SparseMatrix& affinities,
                  base::MatrixView<const float> embedding, double z) {
  const std::size_t width = embedding.columns(), local = embedding.rows();
  std::vector<float> positions;
  for (std::size_t i = 0; i < local; ++i)
    positions.insert(positions.end(), embedding.row(i).begin(), embedding.row(i).end());
  data::Halo halo(comm, affinities.rows, affinities.ghosts, width);
  halo.start(positions);
  const auto ghosts = halo.finish();
  positions.insert(positions.end(), ghosts.begin(), ghosts.end());

  // In whole multiples of 2^-55: terms sum to a few tens, exactly, in whatever order.
  constexpr double unit = 0x1.0p55;
  std::int64_t sum = 0;
  affinities.for_each_entry([&](base::LocalIndex row, base::LocalIndex column, float value) {
    double squared = 1;
    for (std::size_t c = 0; c < width; ++c) {
      const double step = static_cast<double>(positions[static_cast<std::size_t>(row) * width + c]) -
                          static_cast<double>(positions[static_cast<std::size_t>(column) * width + c]);
      squared += step * step;
    }
    const auto p = static_cast<double>(value);
    sum += std::llrint(unit * p * std::log(p * squared));
  });
  const std::int64_t all = comm.all_reduce(sum, comm::Reduction::sum);
  return static_cast<double>(all) / unit + std::log(z);
}

}  // namespace fleetsne::quality
