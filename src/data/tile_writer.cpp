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

TileWriter::TileWriter(std::size_t columns, ValueCoding coding, base::Arena& storage,
                       std::size_t tile_columns)
    : coding_(coding),
      storage_(storage),
      tile_columns_(tile_columns),
      marked_(words_for(columns), 0),
      marked_words_(words_for(marked_.size()), 0),
      before_(marked_.size(), 0),
      sums_(tile_columns, 0),
      row_marks_(words_for(tile_columns), 0) {
  FLEETSNE_EXPECT(tile_columns >= 1 && tile_columns <= most_tile_columns);
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
      if (mark(edges)) return append(edges, -1);
    }
    return add_in_parts(edges);
  }
  append(edges, -1);
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
  if (marked_count_ + fresh_.size() > tile_columns_) {
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
  for (std::size_t first = 0; first < whole.size(); first += tile_columns_) {
    const auto part =
        std::span<const Edge>(whole).subspan(first, std::min(tile_columns_, whole.size() - first));
    [[maybe_unused]] const bool fits = mark(part);
    FLEETSNE_EXPECT(fits);
    append(part, largest);
    if (first > 0) --next_row_;
    close(first > 0);
  }
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

/// The slots of a row: its entries by ascending place, and what bridges the gaps.
void TileWriter::merge(std::span<const Edge> edges) {
  std::size_t low = row_marks_.size(), high = 0;
  for (const Edge& edge : edges) {
    const std::size_t at = place(edge.column);
    sums_[at] += edge.value;
    row_marks_[at / 64] |= std::uint64_t{1} << (at % 64);
    low = std::min(low, at / 64);
    high = std::max(high, at / 64 + 1);
  }
  const bool bridges = coding_ == ValueCoding::squared16 && edges.size() > tile_lanes;
  slots_.make_room(edges.size() + directory_.size() / largest_step + 1);
  std::size_t slot = 0, last = 0, gaps = 0;
  for (std::size_t w = low; w < high; ++w) {
    for_each_bit(row_marks_[w], 64 * w, [&](std::size_t at) {
      for (; bridges && slot > 0 && at - last > largest_step; ++slot, ++gaps) {
        last += largest_step;
        slots_.places[slot] = static_cast<std::uint16_t>(last);
        slots_.values[slot] = 0;
      }
      slots_.places[slot] = static_cast<std::uint16_t>(at);
      slots_.values[slot++] = sums_[at];
      sums_[at] = 0;
      last = at;
    });
    row_marks_[w] = 0;
  }
  slots_.count = slot;
  slots_.entries = slot - gaps;
}

std::size_t TileWriter::write_row(std::byte* to, float largest) {
  if (largest < 0) {
    largest = 0;
    for (std::size_t s = 0; s < slots_.count; ++s) largest = std::max(largest, slots_.values[s]);
  }
  const float scale = coding_ == ValueCoding::uniform ? 1 : largest / (largest_code * largest_code);
  const auto slots = static_cast<std::uint32_t>(slots_.count);
  std::memcpy(to, &scale, 4);
  std::memcpy(to + 4, &slots, 4);
  const std::size_t bytes = tile_row_bytes(slots, coding_);
  std::memset(to + bytes - 4, 0, 4);  // what pads the end is the same each time
  write_slots(to + 8, scale);
  entries_ += static_cast<std::int64_t>(slots_.entries);
  return bytes;
}

void TileWriter::write_slots(std::byte* to, float scale) {
  const std::size_t slots = slots_.count;
  auto* places = reinterpret_cast<std::uint16_t*>(to);
  if (coding_ == ValueCoding::uniform) {
    std::copy_n(slots_.places.begin(), slots, places);
    return;
  }
  std::vector<std::uint16_t>& codes_of_slots = slots_.codes;
  const float inverse = scale > 0 ? 1 / scale : 0;
  std::uint64_t squares = 0;
  for (std::size_t s = 0; s < slots; ++s) {
    const float root = std::sqrt(slots_.values[s] * inverse) + 0.5F;
    codes_of_slots[s] = static_cast<std::uint16_t>(root < largest_code ? root : largest_code);
    squares += std::uint64_t{codes_of_slots[s]} * codes_of_slots[s];
  }
  sum_ += std::llround(static_cast<double>(scale) * static_cast<double>(squares) / sum_unit);
  if (slots == 0) return;
  const std::size_t first = std::min(slots, tile_lanes), stepped = slots - first;
  auto* steps = reinterpret_cast<std::uint8_t*>(to + 2 * first);
  auto* codes = reinterpret_cast<std::uint16_t*>(to + 2 * first + (stepped + 1) / 2 * 2);
  if (stepped % 2 == 1) steps[stepped] = 0;
  // The first `longer` lanes have `length` slots, the others one less.
  const std::size_t length = (slots + tile_lanes - 1) / tile_lanes;
  const std::size_t longer = slots - tile_lanes * (length - 1);
  for (std::size_t t = 0; t < length; ++t) {
    for (std::size_t l = 0; l < (t + 1 < length ? tile_lanes : longer); ++l) {
      const std::size_t from = l * length - (l > longer ? l - longer : 0) + t;
      codes[tile_lanes * t + l] = codes_of_slots[from];
      if (t == 0) {
        places[l] = slots_.places[from];
      } else {
        steps[tile_lanes * (t - 1) + l] =
            static_cast<std::uint8_t>(slots_.places[from] - slots_.places[from - 1]);
      }
    }
  }
}

void TileWriter::close(bool continued) {
  list_columns();
  // No row has more slots than entries and bridges.
  const std::size_t bridges = directory_.size() / largest_step + 1;
  std::size_t most = sizeof(LocalIndex) * directory_.size();
  for (std::size_t r = 0; r < row_ends_.size(); ++r) {
    most += tile_row_bytes(row_ends_[r] - (r == 0 ? 0 : row_ends_[r - 1]) + bridges, coding_);
  }
  if (bytes_.size() < most) bytes_.resize(most);
  std::size_t size = sizeof(LocalIndex) * directory_.size();
  std::memcpy(bytes_.data(), directory_.data(), size);
  std::size_t begin = 0;
  for (std::size_t r = 0; r < row_ends_.size(); ++r) {
    merge(std::span<const Edge>(edges_).subspan(begin, row_ends_[r] - begin));
    size += write_row(bytes_.data() + size, largest_[r]);
    begin = row_ends_[r];
  }
  std::byte* data = storage_.allocate(size);
  std::memcpy(data, bytes_.data(), size);
  tiles_->push_back({data, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(directory_.size()),
                     next_row_, static_cast<std::int32_t>(row_ends_.size()), continued});
  next_row_ += static_cast<LocalIndex>(row_ends_.size());
  for (const LocalIndex column : directory_) word(column) = 0;
  std::ranges::fill(marked_words_, 0);
  marked_count_ = 0;
  edges_.clear();
  row_ends_.clear();
  largest_.clear();
}

}  // namespace fleetsne::data
