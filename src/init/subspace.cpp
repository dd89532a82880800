#include "subspace.hpp"

#include "fleetsne/base/lanes.hpp"
#include "fleetsne/base/sum.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <utility>

namespace fleetsne::init {
namespace {

using Lanes = base::Lanes<float, block_width>;
using Small = Eigen::Matrix<double, block_width, block_width, Eigen::RowMajor>;

// Vectors shorter than this share of the longest are rounding.
constexpr double least_length = 1e-10;
// What is filtered out ends at the least Ritz value, but leaves an interval to filter.
constexpr double lowest_cut = -0.8, highest_cut = 0.99999;

/// term(i, sums) added up over rows in blocks, for each component `width` sums; in an order that depends on
/// the number of rows alone. Collective.
template <class Term>
std::vector<double> component_sums(const comm::Communicator& comm, const Components& components,
                                   std::size_t width, Term&& term) {
  const std::size_t rows = components.of_row.size(), all = components.sizes.size() * width;
  const std::size_t blocks = (rows + base::sum_block - 1) / base::sum_block;
  std::vector<double> partial(blocks * all, 0.0), sums(all, 0.0);
#pragma omp parallel for schedule(static)
  for (std::int64_t b = 0; b < static_cast<std::int64_t>(blocks); ++b) {
    const std::size_t first = static_cast<std::size_t>(b) * base::sum_block;
    double* const of_block = partial.data() + static_cast<std::size_t>(b) * all;
    for (std::size_t i = first; i < std::min(rows, first + base::sum_block); ++i) {
      if (components.of_row[i] >= 0)
        term(i, of_block + static_cast<std::size_t>(components.of_row[i]) * width);
    }
  }
  for (std::size_t b = 0; b < blocks; ++b) {
    for (std::size_t s = 0; s < all; ++s) sums[s] += partial[b * all + s];
  }
  comm.all_reduce(std::span<double>(sums), comm::Reduction::sum);
  return sums;
}

/// fits(i) for every local row that is in a component, by all threads.
template <class Visit>
void for_each_row(const Components& components, Visit&& visit) {
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(components.of_row.size()); ++i) {
    const int component = components.of_row[static_cast<std::size_t>(i)];
    if (component >= 0) visit(static_cast<std::size_t>(i), static_cast<std::size_t>(component));
  }
}

}  // namespace

Subspace::Subspace(const comm::Communicator& comm, const GraphProduct& graph, const Components& components,
                   base::AlignedVector<float> start)
    : comm_(comm),
      graph_(graph),
      components_(components),
      halo_(comm, graph.rows(), graph.ghosts(), block_width),
      x_(std::move(start)),
      sx_(x_.size()),
      spread_(x_.size() + graph.ghosts().count() * block_width) {
  std::array<double, block_width> unknown;
  unknown.fill(lowest_cut);
  values_.assign(count(), unknown);
  find_degrees();
  for (std::size_t i = 0; i < components.of_row.size(); ++i) {
    if (components.of_row[i] < 0)
      std::fill_n(x_.begin() + static_cast<std::ptrdiff_t>(i * block_width), block_width, 0.F);
  }
}

void Subspace::find_degrees() {
  const std::size_t local = graph_.local_rows();
  std::ranges::fill(spread_, 1.F);
  graph_.multiply(spread_, sx_);
  inverse_root_.resize(local);
  first_.resize(local);
  for (std::size_t i = 0; i < local; ++i) {
    const float degree = sx_[i * block_width];
    inverse_root_[i] = degree > 0 ? 1 / std::sqrt(degree) : 0;
    first_[i] = std::sqrt(std::max(degree, 0.F));
  }
  const auto squares = component_sums(comm_, components_, 1, [&](std::size_t i, double* sum) {
    *sum += static_cast<double>(first_[i]) * static_cast<double>(first_[i]);
  });
  for_each_row(components_,
               [&](std::size_t i, std::size_t c) { first_[i] /= static_cast<float>(std::sqrt(squares[c])); });
}

void Subspace::multiply(std::span<const float> x, std::span<float> y) {
  const std::size_t local = graph_.local_rows();
  const auto scale = [&](const float* from, float* to) {
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(local); ++i) {
      const std::size_t at = static_cast<std::size_t>(i) * block_width;
      (Lanes::load(from + at) * inverse_root_[static_cast<std::size_t>(i)]).store(to + at);
    }
  };
  scale(x.data(), spread_.data());
  halo_.start(std::span(spread_).first(local * block_width));
  std::ranges::copy(halo_.finish(), spread_.begin() + static_cast<std::ptrdiff_t>(local * block_width));
  graph_.multiply(spread_, y);
  scale(y.data(), y.data());
  ++products_;
}

void Subspace::deflate() {
  const auto parts = component_sums(comm_, components_, block_width, [&](std::size_t i, double* sums) {
    for (std::size_t v = 0; v < block_width; ++v)
      sums[v] += static_cast<double>(first_[i]) * static_cast<double>(x_[i * block_width + v]);
  });
  for_each_row(components_, [&](std::size_t i, std::size_t c) {
    for (std::size_t v = 0; v < block_width; ++v)
      x_[i * block_width + v] -= first_[i] * static_cast<float>(parts[c * block_width + v]);
  });
}

void Subspace::filter(int degree) {
  // Each component's interval has its middle, half its width, and the scaling that keeps the polynomial 1
  // at 1.
  struct Interval {
    float middle, half, sigma, tau;
  };
  std::vector<Interval> intervals;
  for (const auto& values : values_) {
    const double cut =
        std::clamp(values.back(), lowest_cut, std::min(highest_cut, std::max(lowest_cut, values[1])));
    const double middle = (cut - 1) / 2, half = (cut + 1) / 2, sigma = half / (1 - middle);
    intervals.push_back({static_cast<float>(middle), static_cast<float>(half), static_cast<float>(sigma),
                         static_cast<float>(2 / sigma)});
  }
  // sx_ is S x_ already; from here on `last` and `x_` are two successive polynomials.
  base::AlignedVector<float> last = x_;
  for_each_row(components_, [&](std::size_t i, std::size_t c) {
    const Interval& in = intervals[c];
    const std::size_t at = i * block_width;
    const Lanes x = Lanes::load(x_.data() + at);
    ((Lanes::load(sx_.data() + at) - x * in.middle) * (in.sigma / in.half)).store(x_.data() + at);
  });
  std::vector<float> sigmas;
  for (const Interval& in : intervals) sigmas.push_back(in.sigma);
  for (int step = 2; step <= degree; ++step) {
    multiply(x_, sx_);
    std::vector<float> next;
    for (std::size_t c = 0; c < intervals.size(); ++c) next.push_back(1 / (intervals[c].tau - sigmas[c]));
    for_each_row(components_, [&](std::size_t i, std::size_t c) {
      const Interval& in = intervals[c];
      const std::size_t at = i * block_width;
      const Lanes x = Lanes::load(x_.data() + at), before = Lanes::load(last.data() + at);
      const Lanes following = (Lanes::load(sx_.data() + at) - x * in.middle) * (2 * next[c] / in.half) -
                              before * (sigmas[c] * next[c]);
      x.store(last.data() + at);
      following.store(x_.data() + at);
    });
    sigmas = std::move(next);
  }
}

std::vector<Subspace::Square> Subspace::inner(std::span<const float> x, std::span<const float> y) const {
  const auto sums =
      component_sums(comm_, components_, block_width * block_width, [&](std::size_t i, double* of) {
        for (std::size_t v = 0; v < block_width; ++v) {
          const auto factor = static_cast<double>(x[i * block_width + v]);
          for (std::size_t w = 0; w < block_width; ++w)
            of[v * block_width + w] += factor * static_cast<double>(y[i * block_width + w]);
        }
      });
  std::vector<Square> result(count());
  for (std::size_t c = 0; c < count(); ++c)
    std::copy_n(sums.begin() + static_cast<std::ptrdiff_t>(c * block_width * block_width),
                block_width * block_width, result[c].begin());
  return result;
}

void Subspace::transform(std::span<float> x, std::span<const Square> by) const {
  for_each_row(components_, [&](std::size_t i, std::size_t c) {
    float* const row = x.data() + i * block_width;
    std::array<double, block_width> sums{};
    for (std::size_t v = 0; v < block_width; ++v) {
      for (std::size_t w = 0; w < block_width; ++w)
        sums[w] += static_cast<double>(row[v]) * by[c][v * block_width + w];
    }
    for (std::size_t w = 0; w < block_width; ++w) row[w] = static_cast<float>(sums[w]);
  });
}

void Subspace::rotate() {
  deflate();
  multiply(x_, sx_);
  const auto lengths = inner(x_, x_), products = inner(x_, sx_);
  std::vector<Square> turns(count());
  for (std::size_t c = 0; c < count(); ++c) {
    // Whitened by the eigenvectors of x'x; then those of what S is among them. Every rank finds the same.
    const Eigen::SelfAdjointEigenSolver<Small> gram(Eigen::Map<const Small>(lengths[c].data()));
    Small white = gram.eigenvectors();
    const auto longest = gram.eigenvalues()[block_width - 1];
    std::size_t none = 0;
    for (std::size_t v = 0; v < block_width; ++v) {
      const auto column = static_cast<Eigen::Index>(v);
      const double squared = gram.eigenvalues()[column];
      const bool vanished = !(squared > least_length * longest);
      none += vanished ? 1 : 0;
      white.col(column) *= vanished ? 0 : 1 / std::sqrt(squared);
    }
    Small reduced = white.transpose() * Eigen::Map<const Small>(products[c].data()) * white;
    reduced = (reduced + reduced.transpose()).eval() / 2;
    // Vectors that are none come last: S has no eigenvalue below -1.
    for (std::size_t v = 0; v < none; ++v)
      reduced(static_cast<Eigen::Index>(v), static_cast<Eigen::Index>(v)) = -1;
    const Eigen::SelfAdjointEigenSolver<Small> ritz(reduced);
    const Small turn = (white * ritz.eigenvectors()).rowwise().reverse();
    Eigen::Map<Small>(turns[c].data()) = turn;
    for (std::size_t v = 0; v < block_width; ++v)
      values_[c][v] = ritz.eigenvalues()[static_cast<Eigen::Index>(block_width - 1 - v)];
  }
  transform(x_, turns);
  transform(sx_, turns);
}

double Subspace::residual() const {
  const auto squares = component_sums(comm_, components_, 2, [&](std::size_t i, double* sums) {
    const auto& values = values_[static_cast<std::size_t>(components_.of_row[i])];
    for (std::size_t v = 0; v < 2; ++v) {
      const double difference = static_cast<double>(sx_[i * block_width + v]) -
                                values[v] * static_cast<double>(x_[i * block_width + v]);
      sums[v] += difference * difference;
    }
  });
  return squares.empty() ? 0 : std::sqrt(*std::ranges::max_element(squares));
}

}  // namespace fleetsne::init
