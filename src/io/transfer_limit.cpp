#include "fleetsne/io/transfer_limit.hpp"

#include <algorithm>

namespace fleetsne::io {
namespace {

std::size_t limit_bytes = std::size_t{64} << 20;
constexpr std::size_t most_bytes = std::size_t{1} << 30;  // counts of a file call are int

}  // namespace

std::size_t transfer_limit() {
  return limit_bytes;
}

void set_transfer_limit(std::size_t bytes) {
  limit_bytes = std::clamp<std::size_t>(bytes, 64, most_bytes);
}

std::size_t rows_per_transfer(std::size_t row_bytes) {
  return std::max<std::size_t>(limit_bytes / std::max<std::size_t>(row_bytes, 1), 1);
}

}  // namespace fleetsne::io
