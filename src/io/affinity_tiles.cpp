#include "affinity_tiles.hpp"

#include "fleetsne/base/error.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <limits>
#include <memory>
#include <new>

namespace fleetsne::io::affinity {

std::uint64_t digest(std::span<const TileRecord> records, std::int64_t first) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < records.size(); ++i)
    sum += XXH3_64bits_withSeed(&records[i], sizeof(TileRecord), static_cast<std::uint64_t>(first) + i);
  return sum;
}

std::int64_t checksum(std::span<const std::span<const std::byte>> parts) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              XXH3_freeState);
  if (state == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  for (const auto part : parts) XXH3_64bits_update(state.get(), part.data(), part.size());
  return std::bit_cast<std::int64_t>(XXH3_64bits_digest(state.get()));
}

void damaged(const std::string& path, const std::string& what) {
  throw base::InputError(fmt::format(
      "{}: {} (it was cut short or changed since it was written). Make it anew with fleetsne affinity", path,
      what));
}

std::size_t column_bytes(std::int64_t rows) {
  return rows <= std::numeric_limits<std::uint32_t>::max() ? sizeof(std::uint32_t) : sizeof(std::uint64_t);
}

}  // namespace fleetsne::io::affinity
