#pragma once

#include "fleetsne/base/ids.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace fleetsne::data {

using base::LocalIndex;

/// How the values of a matrix's entries are stored.
enum class ValueCoding : std::uint8_t {
  squared16,  ///< 16 bits c, value = row scale x c^2, so within 1 / c of itself: 2e-5 where it is half of
              ///< the row's largest, 5e-3 where it is a hundred-thousandth of it
  uniform,    ///< not at all: every entry of a row has the row's scale for its value
};

/// Entries that a vector kernel takes at a time.
inline constexpr std::size_t tile_lanes = 16;

/// Bytes that may be read beyond a tile's end, whatever they are: of a kernel's last, partly filled
/// registers.
inline constexpr std::size_t tile_slack = 32;

/// The largest number of columns in a tile's directory: places are 16 bits.
inline constexpr std::size_t most_tile_columns = 65535;

/// Some consecutive rows of a sparse matrix, compressed. Near rows refer to the same columns, so these are
/// listed once in a directory and the entries have 16-bit places in it, of which all but the first 16 of a
/// row are stored as 8-bit steps. In memory:
///
///     directory   int32 x columns, ascending
///     rows        one after the other:
///       head      float scale, uint32 slots
///       places    uint16 x min(slots, 16)      (uniform: uint16 x slots)
///       steps     uint8 x (slots - 16)         (uniform: none), then up to 1 byte to make the number even
///       codes     uint16 x slots               (uniform: none)
///                 then up to 2 bytes to the next multiple of 4
///
/// A slot holds an entry, or (value code 0) bridges a gap of more than 255 places. A row's slots stand by
/// ascending place; they are cut into 16 lanes, as equal as can be, the longer ones first, and stored lane by
/// lane at every step: what stands together is what a kernel works on together, and lane l's place at step t
/// is the one at step t - 1 plus its step, so a vector addition decodes 16 places. In uniform rows slots are
/// simply stored in order.
struct EdgeTile {
  std::byte* data = nullptr;
  std::uint32_t bytes = 0;
  std::uint32_t columns = 0;  ///< in the directory
  LocalIndex first_row = 0;
  std::int32_t rows = 0;
  bool continued = false;  ///< its rows are those of the tile before, with more of their columns

  std::span<const LocalIndex> directory() const {
    return {reinterpret_cast<const LocalIndex*>(data), columns};
  }
};

/// A row of a tile, where it lies.
struct TileRow {
  float scale = 0;
  std::uint32_t slots = 0;
  const std::uint16_t* places = nullptr;
  const std::uint8_t* steps = nullptr;
  const std::uint16_t* codes = nullptr;

  float value(std::uint16_t code) const {
    const auto root = static_cast<float>(code);
    return scale * (root * root);
  }
};

/// Bytes of a row of so many slots.
constexpr std::size_t tile_row_bytes(std::size_t slots, ValueCoding coding) {
  const std::size_t head = 8, steps = slots > tile_lanes ? slots - tile_lanes : 0;
  const std::size_t body = coding == ValueCoding::uniform
                               ? 2 * slots
                               : 2 * std::min(slots, tile_lanes) + (steps + 1) / 2 * 2 + 2 * slots;
  return head + (body + 3) / 4 * 4;
}

/// Goes through the rows of a tile.
class TileReader {
 public:
  TileReader(const EdgeTile& tile, ValueCoding coding)
      : at_(tile.data + sizeof(LocalIndex) * tile.columns), coding_(coding) {}

  /// Where the next row lies.
  const std::byte* at() const { return at_; }

  /// The next row; there must be one.
  TileRow next() {
    TileRow row;
    std::memcpy(&row.scale, at_, 4);
    std::memcpy(&row.slots, at_ + 4, 4);
    const std::byte* body = at_ + 8;
    row.places = reinterpret_cast<const std::uint16_t*>(body);
    if (coding_ == ValueCoding::squared16) {
      const std::size_t first = std::min<std::size_t>(row.slots, tile_lanes), steps = row.slots - first;
      body += 2 * first;
      row.steps = reinterpret_cast<const std::uint8_t*>(body);
      row.codes = reinterpret_cast<const std::uint16_t*>(body + (steps + 1) / 2 * 2);
    }
    at_ += tile_row_bytes(row.slots, coding_);
    return row;
  }

 private:
  const std::byte* at_;
  ValueCoding coding_;
};

/// Calls visit(place, value) for every entry of a row, in the order in which slots are stored; what bridges
/// gaps comes with value 0.
template <class Visit>
void for_each_slot(const TileRow& row, ValueCoding coding, Visit&& visit) {
  if (coding == ValueCoding::uniform) {
    for (std::uint32_t s = 0; s < row.slots; ++s) visit(row.places[s], row.scale);
    return;
  }
  std::array<std::uint16_t, tile_lanes> place;
  std::copy_n(row.places, std::min<std::size_t>(row.slots, tile_lanes), place.begin());
  for (std::uint32_t first = 0; first < row.slots; first += tile_lanes) {
    const std::uint32_t lanes = std::min<std::uint32_t>(row.slots - first, tile_lanes);
    for (std::uint32_t l = 0; l < lanes; ++l) {
      if (first > 0) {
        place[l] = static_cast<std::uint16_t>(place[l] + row.steps[first - tile_lanes + l]);
      }
      visit(place[l], row.value(row.codes[first + l]));
    }
  }
}

}  // namespace fleetsne::data
