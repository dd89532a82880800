#include "fleetsne/synthetic/cells.hpp"

#include "fleetsne/base/parallel.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace fleetsne::synthetic {
namespace {

/// Rows that a thread makes in one go.
constexpr std::size_t rows_per_block = 1024;

/// Draws of one row: what it is; then its variation and noise, and those of the cell that it is mixed with.
constexpr std::uint32_t kind_draw = 0, cell_draw = 1, noise_draw = 16, other_cell_draw = 8;

double uniform_from(std::uint32_t word) {
  return (static_cast<double>(word) + 0.5) * 0x1.0p-32;
}

std::size_t pick(const std::vector<double>& cumulative, double uniform) {
  const auto found = std::lower_bound(cumulative.begin(), cumulative.end() - 1, uniform);
  return static_cast<std::size_t>(found - cumulative.begin());
}

}  // namespace

void Cells::make(base::GlobalIndex first, base::MatrixView<float> rows,
                 std::span<std::int32_t> labels) const {
  FLEETSNE_EXPECT(rows.columns() == columns_ && labels.size() == rows.rows());
  const std::size_t blocks = (rows.rows() + rows_per_block - 1) / rows_per_block;
  base::parallel_for(static_cast<std::int64_t>(blocks), [&](std::int64_t block) {
    base::AlignedVector<float> row(stride_);
    const std::size_t begin = static_cast<std::size_t>(block) * rows_per_block;
    const std::size_t end = std::min(rows.rows(), begin + rows_per_block);
    for (std::size_t i = begin; i < end; ++i) {
      labels[i] = make_row(first + static_cast<base::GlobalIndex>(i), row);
      std::copy_n(row.data(), columns_, rows.row(i).data());
    }
  });
}

std::int32_t Cells::make_row(base::GlobalIndex id, std::span<float> row) const {
  std::ranges::fill(row, 0.0f);
  const auto word = random_.words(id, kind_draw);
  const double kind = uniform_from(word[0]), way = uniform_from(word[3]);
  std::size_t cluster = pick(cumulative_, uniform_from(word[1]));
  float noise = 1;
  if (kind < 0.5 * noise_) {
    // A doublet: two cells in one droplet.
    add_cell(id, cell_draw, cluster, 0.5f, row.data());
    add_cell(id, other_cell_draw, pick(cumulative_, uniform_from(word[2])), 0.5f, row.data());
  } else if (kind < noise_) {
    // Little of a cell's own, the rest ambient: what floats about of all cells.
    const auto faded = static_cast<float>(0.2 + 0.5 * way);
    add_cell(id, cell_draw, cluster, 1 - faded, row.data());
    for (std::size_t j = 0; j < stride_; ++j) row[j] += faded * mean_[j];
    noise = 1.5f;
  } else if (kind < noise_ + (1 - noise_) * trajectories_ && !cumulative_of_paths_.empty()) {
    cluster = pick(cumulative_of_paths_, uniform_from(word[1]));
    add_on_path(id, cell_draw, cluster, static_cast<float>(way), row.data());
    if (way > 0.5) cluster = origin_[cluster];
  } else {
    add_cell(id, cell_draw, cluster, 1, row.data());
  }
  add_noise(id, noise_draw, noise, row.data());
  return static_cast<std::int32_t>(cluster);
}

/// row += weight x (centre + variation within the cluster)
void Cells::add_cell(base::GlobalIndex id, std::uint32_t draw, std::size_t cluster, float weight,
                     float* row) const {
  const float* centre = part(cluster, 0);
  for (std::size_t j = 0; j < stride_; ++j) row[j] += weight * centre[j];
  for (std::size_t l = 0; l < directions; l += 4) {
    const auto normals = random_.four_normals(id, draw++);
    for (std::size_t k = 0; k < normals.size(); ++k) {
      const float factor = weight * normals[k];
      const float* direction = part(cluster, 1 + l + k);
      for (std::size_t j = 0; j < stride_; ++j) row[j] += factor * direction[j];
    }
  }
}

/// A cell that has gone the share `way` of the path to the origin of its cluster; its variation turns from
/// the one's directions to the other's and keeps its size.
void Cells::add_on_path(base::GlobalIndex id, std::uint32_t draw, std::size_t cluster, float way,
                        float* row) const {
  const std::size_t origin = origin_[cluster];
  const float norm = std::sqrt((1 - way) * (1 - way) + way * way);
  const float from_bend = 4 * way * (1 - way);
  for (std::size_t j = 0; j < stride_; ++j)
    row[j] += (1 - way) * part(cluster, 0)[j] + way * part(origin, 0)[j] + from_bend * part(cluster, bend)[j];
  for (std::size_t l = 0; l < directions; l += 4) {
    const auto normals = random_.four_normals(id, draw++);
    for (std::size_t k = 0; k < normals.size(); ++k) {
      const float here = (1 - way) / norm * normals[k], there = way / norm * normals[k];
      const float* own = part(cluster, 1 + l + k);
      const float* other = part(origin, 1 + l + k);
      for (std::size_t j = 0; j < stride_; ++j) row[j] += here * own[j] + there * other[j];
    }
  }
}

void Cells::add_noise(base::GlobalIndex id, std::uint32_t draw, float scale, float* row) const {
  for (std::size_t j = 0; j < stride_; j += 4) {
    const auto normals = random_.four_normals(id, draw++);
    for (std::size_t k = 0; k < 4; ++k) row[j + k] += scale * noise_scale_[j + k] * normals[k];
  }
}

}  // namespace fleetsne::synthetic
