#include "survey.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fleetsne::io {
namespace {

constexpr base::GlobalIndex smallest_sample = 16, largest_sample = 1024;  // rows
constexpr std::size_t largest_sample_values = 1 << 22;                    // and at most so many values, 32 MB
constexpr int largest_exponent = 40;  // squares of values up to 2^40, summed, and down to 2^-40 keep 24 bits

/// Of the sampled values of a column.
struct Quartiles {
  double first = 0, median = 0, third = 0;
  bool exact = true;  ///< float32 holds all of them
};

Quartiles quartiles_of(std::span<double> values) {
  Quartiles result;
  std::ranges::sort(values);
  result.first = values[values.size() / 4];
  result.median = values[values.size() / 2];
  result.third = values[values.size() - 1 - values.size() / 4];
  result.exact =
      std::ranges::all_of(values, [](double x) { return static_cast<double>(static_cast<float>(x)) == x; });
  return result;
}

}  // namespace

base::GlobalIndex sample_stride(base::GlobalIndex rows, std::size_t columns) {
  const auto room = static_cast<base::GlobalIndex>(largest_sample_values / std::max<std::size_t>(columns, 1));
  return std::max<base::GlobalIndex>(1, rows / std::clamp(room, smallest_sample, largest_sample));
}

int choose_exponent(const comm::Communicator& comm, double largest, std::span<const double> magnitudes) {
  if (!(largest > 0) || std::isinf(largest)) return 0;
  const int exponent = std::ilogb(largest);
  if (std::abs(exponent) < largest_exponent) return 0;
  auto all = comm.all_gather(magnitudes).values;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::ranges::nth_element(all, middle);
  return exponent > 0 && *middle < std::ldexp(largest, -largest_exponent) ? 0 : -exponent;
}

Survey::Survey(Offsets offsets, base::GlobalIndex rows, std::size_t columns)
    : offsets_(offsets),
      stride_(sample_stride(rows, columns)),
      low_(columns, std::numeric_limits<double>::infinity()),
      high_(columns, -std::numeric_limits<double>::infinity()) {}

void Survey::add(base::GlobalIndex index, std::span<const double> row) {
  double *low = low_.data(), *high = high_.data();
  for (std::size_t j = 0; j < row.size(); ++j) {
    low[j] = std::min(low[j], row[j]);
    high[j] = std::max(high[j], row[j]);
  }
  if (index % stride_ == 0) sample_.insert(sample_.end(), row.begin(), row.end());
}

void Survey::add(const Survey& other) {
  for (std::size_t j = 0; j < low_.size(); ++j) low_[j] = std::min(low_[j], other.low_[j]);
  for (std::size_t j = 0; j < high_.size(); ++j) high_[j] = std::max(high_[j], other.high_[j]);
  sample_.insert(sample_.end(), other.sample_.begin(), other.sample_.end());
}

Choice Survey::choose(const comm::Communicator& comm, bool scale) {
  comm.all_reduce(std::span<double>(low_), comm::Reduction::min);
  comm.all_reduce(std::span<double>(high_), comm::Reduction::max);
  Choice choice;
  choice.rescaling.center_rows = offsets_ == Offsets::of_rows;
  if (offsets_ == Offsets::of_columns) center_columns(comm, choice);
  std::vector<double> offsets = choice.rescaling.offsets;
  offsets.resize(low_.size(), 0.0);
  for (std::size_t j = 0; j < low_.size(); ++j)
    choice.largest =
        std::max({choice.largest, std::abs(low_[j] - offsets[j]), std::abs(high_[j] - offsets[j])});
  if (scale) choice.rescaling.exponent = choose_exponent(comm, choice.largest, magnitudes(offsets));
  return choice;
}

/// Of each sampled row its largest magnitude.
std::vector<double> Survey::magnitudes(std::span<const double> offsets) const {
  std::vector<double> result(sample_.size() / offsets.size(), 0.0);
  for (std::size_t i = 0; i < sample_.size(); ++i)
    result[i / offsets.size()] =
        std::max(result[i / offsets.size()], std::abs(sample_[i] - offsets[i % offsets.size()]));
  return result;
}

/// The offset is the median of the sample, which a few values far away do not move.
void Survey::center_columns(const comm::Communicator& comm, Choice& choice) const {
  const auto all = comm.all_gather(std::span<const double>(sample_)).values;
  const std::size_t columns = low_.size(), rows = all.size() / columns;
  std::vector<double> values(rows), spreads(columns);
  std::vector<Quartiles> quartiles(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    for (std::size_t i = 0; i < rows; ++i) values[i] = all[i * columns + j];
    quartiles[j] = quartiles_of(values);
    const double usual = quartiles[j].third - quartiles[j].first;
    spreads[j] = usual > 0 ? usual : high_[j] - low_[j];
  }
  const double widest = std::ranges::max(spreads);
  std::vector<double> offsets(columns, 0.0);
  double largest = 0;
  for (std::size_t j = 0; j < columns; ++j) {
    // What a constant column loses matters only where the others are small beside it.
    const double spread = spreads[j] > 0 ? spreads[j] : widest, center = quartiles[j].median;
    if (spread == 0 || quartiles[j].exact || !(std::abs(center) > largest_offset * spread)) continue;
    offsets[j] = center;
    const double ratio = std::abs(center) / spread;
    if (ratio < largest) continue;
    largest = ratio;
    choice.centered_at = std::abs(center);
    choice.centered_spread = spread;
  }
  if (std::ranges::any_of(offsets, [](double x) { return x != 0; }))
    choice.rescaling.offsets = std::move(offsets);
}

}  // namespace fleetsne::io
