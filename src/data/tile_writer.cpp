#include "fleetsne/data/tile_writer.hpp"

#include "fleetsne/base/contracts.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace fleetsne::data {
namespace {

constexpr float largest_code = 65535;
constexpr std::size_t largest_step = 255;

std::size_t words_for(std::size_t bits) {
  return (bits + 63) / 64;
}

/// Calls visit(number) for every bit that is set, ascending.
template <class Visit>
void for_each_bit(std::uint64_t bits, std::size_t first, Visit&& visit) {
  for (; bits != 0; bits &= bits - 1) visit(first + static_cast<std::size_t>(std::countr_zero(bits)));
}

float largest_value(std::span<const Edge> edges) {
  float largest = 0;
  for (const Edge& edge : edges) largest = std::max(largest, edge.value);
  return largest;
}

}  // namespace

void TileWriter::Slots::make_room(std::size_t most) {
  if (places.size() >= most) return;
  places.resize(most);
  values.resize(most);
  codes.resize(most);
}

TileWriter::TileWriter(std::size_t columns, ValueCoding coding, base::Arena& storage, TileShape shape)
    : coding_(coding),
      storage_(storage),
      shape_(shape),
      marked_(words_for(columns), 0),
      marked_words_(words_for(marked_.size()), 0),
      before_(marked_.size(), 0),
      sums_(shape.columns, 0),
      row_marks_(words_for(shape.columns), 0) {
  FLEETSNE_EXPECT(shape.columns >= 1 && shape.columns <= most_tile_columns && shape.part_columns >= 1 &&
                  shape.part_entries >= 1);
}

void TileWriter::start(LocalIndex first_row, std::vector<EdgeTile>& tiles) {
  FLEETSNE_EXPECT(row_ends_.empty());
  tiles_ = &tiles;
  next_row_ = first_row;
}

void TileWriter::add(std::span<const Edge> edges) {
  if (!mark(edges)) {
    if (!row_ends_.empty()) {
      close(false);
      if (mark(edges)) return append(edges, 0);
    }
    return add_in_parts(edges);
  }
  append(edges, 0);
}

void TileWriter::finish() {
  if (!row_ends_.empty()) close(false);
  tiles_ = nullptr;
}

/// Enters the columns of a row into the open tile; if they do not fit, nothing happens.
bool TileWriter::mark(std::span<const Edge> edges) {
  fresh_.clear();
  for (const Edge& edge : edges) {
    std::uint64_t& bits = word(edge.column);
    const std::uint64_t bit = std::uint64_t{1} << (edge.column % 64);
    if ((bits & bit) != 0) continue;
    bits |= bit;
    fresh_.push_back(edge.column);
  }
  if (marked_count_ + fresh_.size() > shape_.columns) {
    for (const LocalIndex column : fresh_) word(column) &= ~(std::uint64_t{1} << (column % 64));
    return false;
  }
  marked_count_ += fresh_.size();
  for (const LocalIndex column : fresh_) {
    const auto at = static_cast<std::size_t>(column) / 64;
    marked_words_[at / 64] |= std::uint64_t{1} << (at % 64);
  }
  return true;
}

void TileWriter::append(std::span<const Edge> edges, float largest) {
  edges_.insert(edges_.end(), edges.begin(), edges.end());
  row_ends_.push_back(edges_.size());
  largest_.push_back(largest);
}

/// A row with more columns than a tile may have, in tiles of its own; all parts have the row's scale.
void TileWriter::add_in_parts(std::span<const Edge> edges) {
  std::vector<Edge> sorted(edges.begin(), edges.end());
  std::ranges::sort(sorted, [](const Edge& a, const Edge& b) {
    return a.column < b.column || (a.column == b.column && a.value < b.value);
  });
  std::vector<Edge> whole;
  for (const Edge& edge : sorted) {
    if (!whole.empty() && whole.back().column == edge.column) {
      whole.back().value += edge.value;
    } else {
      whole.push_back(edge);
    }
  }
  const float largest = largest_value(whole);
  in_parts_ = true;  // so that its share of the sum is rounded once, wherever it is cut
  for (std::size_t first = 0; first < whole.size(); first += shape_.columns) {
    const auto part =
        std::span<const Edge>(whole).subspan(first, std::min(shape_.columns, whole.size() - first));
    [[maybe_unused]] const bool fits = mark(part);
    FLEETSNE_EXPECT(fits);
    append(part, largest);
    if (first > 0) --next_row_;
    close(first > 0);
  }
  in_parts_ = false;
  count_sum();
}

/// How many tiles side by side the open one becomes.
std::size_t TileWriter::parts() const {
  const std::size_t columns = directory_.size();
  const std::size_t of_row = edges_.size() / row_ends_.size();
  const std::size_t wanted = (columns + shape_.part_columns - 1) / shape_.part_columns;
  return std::clamp<std::size_t>(of_row / shape_.part_entries, 1, std::max<std::size_t>(wanted, 1));
}

/// The directory, and for every word of marked_ how many of its columns come before.
void TileWriter::list_columns() {
  directory_.clear();
  for (std::size_t s = 0; s < marked_words_.size(); ++s) {
    for_each_bit(marked_words_[s], 64 * s, [&](std::size_t w) {
      before_[w] = static_cast<std::uint32_t>(directory_.size());
      for_each_bit(marked_[w], 64 * w,
                   [&](std::size_t column) { directory_.push_back(static_cast<LocalIndex>(column)); });
    });
  }
}

std::uint16_t TileWriter::place(LocalIndex column) const {
  const std::size_t w = static_cast<std::size_t>(column) / 64;
  const std::uint64_t below = (std::uint64_t{1} << (column % 64)) - 1;
  return static_cast<std::uint16_t>(before_[w] +
                                    static_cast<std::uint32_t>(std::popcount(marked_[w] & below)));
}

/// The row at hand: its entries by ascending place, and their codes.
void TileWriter::merge(std::span<const Edge> edges, float largest) {
  std::size_t low = row_marks_.size(), high = 0;
  for (const Edge& edge : edges) {
    const std::size_t at = place(edge.column);
    sums_[at] += edge.value;
    row_marks_[at / 64] |= std::uint64_t{1} << (at % 64);
    low = std::min(low, at / 64);
    high = std::max(high, at / 64 + 1);
  }
  row_.make_room(edges.size());
  std::size_t count = 0;
  for (std::size_t w = low; w < high; ++w) {
    for_each_bit(row_marks_[w], 64 * w, [&](std::size_t at) {
      row_.places[count] = static_cast<std::uint16_t>(at);
      row_.values[count++] = sums_[at];
      sums_[at] = 0;
    });
    row_marks_[w] = 0;
  }
  row_.count = count;
  entries_ += static_cast<std::int64_t>(count);
  if (coding_ == ValueCoding::squared16) encode(largest);
}

/// Codes of the row at hand, its scale, and its share of the sum. An entry's code is at least 1, since 0 is
/// what bridges gaps: so reading finds every entry again, and packs them as they were.
void TileWriter::encode(float largest) {
  for (std::size_t i = 0; i < row_.count; ++i) largest = std::max(largest, row_.values[i]);
  row_.scale = largest / (largest_code * largest_code);
  const float inverse = row_.scale > 0 ? 1 / row_.scale : 0;
  for (std::size_t i = 0; i < row_.count; ++i) {
    const float root = std::sqrt(row_.values[i] * inverse) + 0.5F;
    row_.codes[i] = static_cast<std::uint16_t>(std::clamp(root, 1.0F, largest_code));
    squares_ += std::uint64_t{row_.codes[i]} * row_.codes[i];
  }
  if (!in_parts_) count_sum();
}

void TileWriter::count_sum() {
  sum_ += std::llround(static_cast<double>(row_.scale) * static_cast<double>(squares_) / sum_unit);
  squares_ = 0;
}

/// The slots for entries first .. last of the row at hand: these, counted from place `origin`, and what
/// bridges the gaps.
void TileWriter::lay_out(std::size_t first, std::size_t last, std::size_t origin, std::size_t columns) {
  const std::size_t count = last - first;
  const bool bridges = coding_ == ValueCoding::squared16 && count > tile_lanes;
  slots_.make_room(count + columns / largest_step + 1);
  std::size_t slot = 0, before = 0;
  for (std::size_t i = first; i < last; ++i) {
    const std::size_t at = row_.places[i] - origin;
    for (; bridges && slot > 0 && at - before > largest_step; ++slot) {
      before += largest_step;
      slots_.places[slot] = static_cast<std::uint16_t>(before);
      slots_.codes[slot] = 0;
    }
    slots_.places[slot] = static_cast<std::uint16_t>(at);
    slots_.codes[slot++] = row_.codes[i];
    before = at;
  }
  slots_.count = slot;
}

/// The slots as a row of a tile.
std::size_t TileWriter::write_slots(std::byte* to) const {
  const auto slots = static_cast<std::uint32_t>(slots_.count);
  std::memcpy(to, &row_.scale, 4);
  std::memcpy(to + 4, &slots, 4);
  const std::size_t bytes = tile_row_bytes(slots, coding_);
  if (slots == 0) return bytes;
  std::memset(to + bytes - 4, 0, 4);  // what pads the end is the same each time
  auto* places = reinterpret_cast<std::uint16_t*>(to + 8);
  if (coding_ == ValueCoding::uniform) {
    std::copy_n(slots_.places.begin(), slots, places);
    return bytes;
  }
  const std::size_t first = std::min<std::size_t>(slots, tile_lanes), stepped = slots - first;
  auto* steps = reinterpret_cast<std::uint8_t*>(places + first);
  auto* codes = reinterpret_cast<std::uint16_t*>(steps + (stepped + 1) / 2 * 2);
  if (stepped % 2 == 1) steps[stepped] = 0;
  // The first `longer` lanes have `length` slots, the others one less.
  const std::size_t length = (slots + tile_lanes - 1) / tile_lanes;
  const std::size_t longer = slots - tile_lanes * (length - 1);
  for (std::size_t t = 0; t < length; ++t) {
    for (std::size_t l = 0; l < (t + 1 < length ? tile_lanes : longer); ++l) {
      const std::size_t from = l * length - (l > longer ? l - longer : 0) + t;
      codes[tile_lanes * t + l] = slots_.codes[from];
      if (t == 0) {
        places[l] = slots_.places[from];
      } else {
        steps[tile_lanes * (t - 1) + l] =
            static_cast<std::uint8_t>(slots_.places[from] - slots_.places[from - 1]);
      }
    }
  }
  return bytes;
}

/// Cuts the directory into parts and begins a tile for each.
void TileWriter::open_parts() {
  const std::size_t columns = directory_.size(), count = parts();
  if (parts_.size() < count) parts_.resize(count);
  for (std::size_t p = 0; p < count; ++p) {
    Part& part = parts_[p];
    part.first = p * columns / count;
    part.last = (p + 1) * columns / count;
    part.bytes = sizeof(LocalIndex) * (part.last - part.first);
    part.make_room(part.bytes);
    if (part.bytes > 0) std::memcpy(part.data.data(), directory_.data() + part.first, part.bytes);
  }
  part_count_ = count;
}

void TileWriter::Part::make_room(std::size_t most) {
  if (data.size() < most) data.resize(std::max(most, data.size() + data.size() / 2));
}

/// The row at hand, into all parts.
void TileWriter::split_row() {
  std::size_t first = 0;
  for (std::size_t p = 0; p < part_count_; ++p) {
    Part& part = parts_[p];
    std::size_t last = p + 1 == part_count_ ? row_.count : first;
    while (last < row_.count && row_.places[last] < part.last) ++last;
    lay_out(first, last, part.first, part.last - part.first);
    part.make_room(part.bytes + tile_row_bytes(slots_.count, coding_));
    part.bytes += write_slots(part.data.data() + part.bytes);
    first = last;
  }
}

void TileWriter::close(bool continued) {
  list_columns();
  open_parts();
  std::size_t begin = 0;
  for (std::size_t r = 0; r < row_ends_.size(); ++r) {
    merge(std::span<const Edge>(edges_).subspan(begin, row_ends_[r] - begin), largest_[r]);
    split_row();
    begin = row_ends_[r];
  }
  for (std::size_t p = 0; p < part_count_; ++p) {
    const Part& part = parts_[p];
    std::byte* data = storage_.allocate(part.bytes + tile_slack);
    std::memcpy(data, part.data.data(), part.bytes);
    tiles_->push_back({data, static_cast<std::uint32_t>(part.bytes),
                       static_cast<std::uint32_t>(part.last - part.first), next_row_,
                       static_cast<std::int32_t>(row_ends_.size()), continued || p > 0});
  }
  next_row_ += static_cast<LocalIndex>(row_ends_.size());
  for (const LocalIndex column : directory_) word(column) = 0;
  std::ranges::fill(marked_words_, 0);
  marked_count_ = 0;
  edges_.clear();
  row_ends_.clear();
  largest_.clear();
}

}  // namespace fleetsne::data
