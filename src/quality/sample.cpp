#include "fleetsne/quality/sample.hpp"

#include "fleetsne/base/random.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace fleetsne::quality {
namespace {

/// A row and what it is drawn by: the smallest ones are.
struct Ticket {
  std::uint64_t key;
  base::GlobalIndex row;
  friend bool operator<(const Ticket& a, const Ticket& b) {
    return a.key != b.key ? a.key < b.key : a.row < b.row;
  }
};

}  // namespace

std::vector<std::size_t> draw_sample(const comm::Communicator& comm, const data::RowDistribution& rows,
                                     std::size_t count, std::uint64_t seed) {
  const auto local = static_cast<std::size_t>(rows.count(comm.rank()));
  std::vector<std::size_t> drawn;
  if (static_cast<base::GlobalIndex>(count) >= rows.total()) {
    drawn.resize(local);
    std::iota(drawn.begin(), drawn.end(), std::size_t{0});
    return drawn;
  }
  const base::Random random(seed, base::Stream::quality);
  const base::GlobalIndex begin = rows.begin(comm.rank());
  const auto ticket_of = [&](std::size_t i) {
    const base::GlobalIndex row = begin + static_cast<base::GlobalIndex>(i);
    return Ticket{random.bits(row), row};
  };
  // Of the keys below a bound there are a few more than wanted, nearly always: only they are compared.
  const auto wanted = static_cast<double>(count);
  double share = (wanted + 8 * std::sqrt(wanted) + 16) / static_cast<double>(rows.total());
  std::vector<Ticket> all;
  for (; all.size() < count; share *= 2) {
    std::vector<Ticket> mine;
    for (std::size_t i = 0; i < local; ++i) {
      const Ticket ticket = ticket_of(i);
      if (share >= 1 || static_cast<double>(ticket.key) < share * 0x1.0p64) mine.push_back(ticket);
    }
    all = comm.all_gather(std::span<const Ticket>(mine)).values;
  }
  const auto last = all.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(all.begin(), last - 1, all.end());
  const Ticket bound = *(last - 1);
  for (std::size_t i = 0; i < local; ++i)
    if (!(bound < ticket_of(i))) drawn.push_back(i);
  return drawn;
}

}  // namespace fleetsne::quality
