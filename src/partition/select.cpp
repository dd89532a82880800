#include "select.hpp"

namespace fleetsne::partition {
namespace {

constexpr int digit_bits = 8;
constexpr std::size_t buckets = std::size_t{1} << digit_bits;

}  // namespace

Cuts select(const comm::Communicator& comm, std::span<const std::uint64_t> keys,
            std::span<const std::int32_t> group_of, std::span<const std::int64_t> wanted, int bits) {
  const std::size_t groups = wanted.size();
  Cuts cuts{std::vector<std::uint64_t>(groups, 0), {wanted.begin(), wanted.end()}};
  std::vector<std::int64_t> counts(groups * buckets);
  // One bit more than the keys have, so that a cut can lie above all of them.
  for (int shift = (bits + digit_bits) / digit_bits * digit_bits - digit_bits; shift >= 0;
       shift -= digit_bits) {
    counts.assign(counts.size(), 0);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (group_of[i] < 0) continue;
      const auto g = static_cast<std::size_t>(group_of[i]);
      // Only keys that agree with the cut in the digits found so far.
      if (((keys[i] ^ cuts.key[g]) >> shift >> digit_bits) != 0) continue;
      ++counts[g * buckets + (keys[i] >> shift & (buckets - 1))];
    }
    comm.all_reduce(std::span<std::int64_t>(counts), comm::Reduction::sum);
    for (std::size_t g = 0; g < groups; ++g) {
      std::uint64_t digit = 0;
      while (digit < buckets - 1 && counts[g * buckets + digit] <= cuts.remaining[g]) {
        cuts.remaining[g] -= counts[g * buckets + digit];
        ++digit;
      }
      cuts.key[g] |= digit << shift;
    }
  }
  return cuts;
}

}  // namespace fleetsne::partition
