#include "components.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>

namespace fleetsne::init {
namespace {

using base::GlobalIndex;
using base::LocalIndex;

/// Local rows and ghosts joined by the edges of local rows.                      [Tarjan 1975, path halving]
class Joined {
 public:
  explicit Joined(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }

  LocalIndex root(LocalIndex i) {
    while (parent(i) != i) {
      parent(i) = parent(parent(i));
      i = parent(i);
    }
    return i;
  }
  void join(LocalIndex a, LocalIndex b) {
    a = root(a);
    b = root(b);
    parent(std::max(a, b)) = std::min(a, b);
  }

 private:
  LocalIndex& parent(LocalIndex i) { return parent_[static_cast<std::size_t>(i)]; }
  std::vector<LocalIndex> parent_;
};

/// The smallest row of the component of every local row. A halo moves floats; two of them hold the bits of a
/// row number. Collective.
std::vector<GlobalIndex> smallest_rows(const comm::Communicator& comm, const GraphProduct& graph) {
  static_assert(sizeof(GlobalIndex) == 2 * sizeof(float));
  const std::size_t local = graph.local_rows(), all = local + graph.ghosts().count();
  Joined joined(all);
  graph.for_each_edge([&](LocalIndex row, LocalIndex column) { joined.join(row, column); });
  std::vector<GlobalIndex> smallest(all), of_row(local);
  for (std::size_t i = 0; i < all; ++i) smallest[i] = graph.ghosts().row(static_cast<LocalIndex>(i));
  const auto at_root = [&](std::size_t i) -> GlobalIndex& {
    return smallest[static_cast<std::size_t>(joined.root(static_cast<LocalIndex>(i)))];
  };
  for (std::size_t i = 0; i < all; ++i)
    at_root(i) = std::min(at_root(i), graph.ghosts().row(static_cast<LocalIndex>(i)));
  data::Halo halo(comm, graph.rows(), graph.ghosts(), 2);
  std::vector<float> bits(2 * local);
  for (std::int64_t changed = 1; changed > 0;) {
    for (std::size_t i = 0; i < local; ++i) of_row[i] = at_root(i);
    if (local > 0) std::memcpy(bits.data(), of_row.data(), local * sizeof(GlobalIndex));
    halo.start(bits);
    const auto ghosts = halo.finish();
    changed = 0;
    for (std::size_t g = 0; g < graph.ghosts().count(); ++g) {
      GlobalIndex theirs;
      std::memcpy(&theirs, ghosts.data() + 2 * g, sizeof theirs);
      GlobalIndex& mine = at_root(local + g);
      if (theirs < mine) {
        mine = theirs;
        ++changed;
      }
    }
    changed = comm.all_reduce(changed, comm::Reduction::sum);
  }
  for (std::size_t i = 0; i < local; ++i) of_row[i] = at_root(i);
  return of_row;
}

struct Size {
  GlobalIndex smallest;
  std::int64_t points;
};

/// The sizes of the components whose smallest rows this rank has. Collective.
std::vector<Size> own_sizes(const comm::Communicator& comm, const data::RowDistribution& rows,
                            const std::vector<GlobalIndex>& smallest) {
  std::map<GlobalIndex, std::int64_t> points;
  for (const GlobalIndex row : smallest) ++points[row];
  std::vector<Size> mine;  // ascending, so by owner
  std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
  for (const auto& [row, count] : points) {
    mine.push_back({row, count});
    ++counts[static_cast<std::size_t>(rows.owner(row))];
  }
  points.clear();
  for (const Size& size : comm.exchange(std::span<const Size>(mine), counts).values)
    points[size.smallest] += size.points;
  mine.clear();
  for (const auto& [row, count] : points) mine.push_back({row, count});
  return mine;
}

}  // namespace

Components find_components(const comm::Communicator& comm, const GraphProduct& graph, std::size_t most,
                           std::int64_t least) {
  const std::vector<GlobalIndex> smallest = smallest_rows(comm, graph);
  std::vector<Size> largest = own_sizes(comm, graph.rows(), smallest);
  Components result;
  result.count = comm.all_reduce(static_cast<std::int64_t>(largest.size()), comm::Reduction::sum);
  const auto cut = [&] {
    std::ranges::sort(largest, [](const Size& a, const Size& b) {
      return a.points != b.points ? a.points > b.points : a.smallest < b.smallest;
    });
    largest.resize(std::min(largest.size(), most));
    std::erase_if(largest, [&](const Size& size) { return size.points < least; });
  };
  cut();
  largest = comm.all_gather(std::span<const Size>(largest)).values;
  cut();
  std::map<GlobalIndex, int> number;
  for (const Size& size : largest) {
    number[size.smallest] = static_cast<int>(result.sizes.size());
    result.sizes.push_back(size.points);
  }
  for (const GlobalIndex row : smallest) {
    const auto found = number.find(row);
    result.of_row.push_back(found == number.end() ? -1 : found->second);
  }
  return result;
}

}  // namespace fleetsne::init
