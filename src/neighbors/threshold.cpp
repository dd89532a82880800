#include "threshold.hpp"

#include <algorithm>
#include <cmath>

namespace fleetsne::neighbors {

std::size_t Threshold::bucket(float expected) {
  if (!(expected > 0)) return 0;
  const float position = (std::log2(expected) - lowest_octave) * per_octave;
  return static_cast<std::size_t>(std::clamp(position, 0.0F, static_cast<float>(buckets - 1)));
}

float Threshold::lower_edge(std::size_t bucket) {
  return std::exp2(static_cast<float>(bucket) / per_octave + lowest_octave);
}

float Threshold::settle(const comm::Communicator& comm, std::int64_t total, double loss) {
  auto lost = lost_;
  comm.all_reduce(std::span<std::int64_t>(lost), comm::Reduction::sum);
  const auto all = comm.all_reduce(total, comm::Reduction::sum);
  const auto budget = static_cast<std::int64_t>(loss * static_cast<double>(all));
  std::int64_t sum = 0;
  std::size_t b = 0;
  while (b + 1 < lost.size() && sum + lost[b] <= budget) sum += lost[b++];
  return lower_edge(b);
}

}  // namespace fleetsne::neighbors
