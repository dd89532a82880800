#include "block_graph.hpp"

#include "fleetsne/search/distance.hpp"

#include <hnswlib/hnswlib.h>  // here only: it defines functions that are not inline

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>

namespace fleetsne::neighbors {
namespace {

/// hnswlib's view of our distances, also of those that it lacks; counts what is asked of it, by one thread.
class CountingSpace : public hnswlib::SpaceInterface<float> {
 public:
  CountingSpace(std::size_t columns, search::Measure measure) : state_{columns, measure, 0} {}
  std::size_t get_data_size() override { return state_.columns * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return &distance; }
  void* get_dist_func_param() override { return &state_; }
  std::int64_t evaluations() const { return state_.evaluations; }

 private:
  struct State {
    std::size_t columns;
    search::Measure measure;
    std::int64_t evaluations;
  };
  static float distance(const void* a, const void* b, const void* parameter) {
    auto* state =
        static_cast<State*>(const_cast<void*>(parameter));  // hnswlib hands our own pointer back as const
    ++state->evaluations;
    return search::distance(state->measure, static_cast<const float*>(a), static_cast<const float*>(b),
                            state->columns);
  }
  State state_;
};

/// Every `first_stride`-th block, then those half way between, and so on: each pass goes through all
/// blocks in working order. Inserted in working order itself, an index would know only one side of every one.
std::vector<std::uint32_t> insertion_order(std::size_t n) {
  constexpr std::size_t first_stride = 4096;
  std::vector<std::uint32_t> order;
  order.reserve(n);
  for (std::size_t i = 0; i < n; i += first_stride) order.push_back(static_cast<std::uint32_t>(i));
  for (std::size_t stride = first_stride; stride > 1; stride /= 2) {
    for (std::size_t i = stride / 2; i < n; i += stride) order.push_back(static_cast<std::uint32_t>(i));
  }
  return order;
}

}  // namespace

BlockGraph::BlockGraph(std::span<const float* const> means, const Config& config) {
  const std::size_t n = means.size();
  CountingSpace space(config.columns, config.measure);
  const auto order = insertion_order(n);
  const auto made = [&] {
    try {
      return std::make_unique<hnswlib::HierarchicalNSW<float>>(&space, n, config.links,
                                                               config.ef_construction, config.seed);
    } catch (const std::runtime_error&) {  // hnswlib's way to say that there is not enough memory
      throw std::bad_alloc();
    }
  };
  const auto index = made();
  for (std::size_t i = 0; i < n; ++i) index->addPoint(means[order[i]], order[i], -1);
  evaluations_ = space.evaluations();

  width_ = 1 + index->maxM0_;
  links_.assign(n * width_, 0);
  for (std::size_t i = 0; i < n; ++i) {
    auto* list = index->get_linklist0(static_cast<hnswlib::tableint>(i));
    const std::size_t count = index->getListCount(list);
    std::uint32_t* entry = links_.data() + order[i] * width_;
    entry[0] = static_cast<std::uint32_t>(count);
    for (std::size_t j = 0; j < count; ++j) entry[1 + j] = order[list[1 + j]];  // numbered as they came in
  }
}

}  // namespace fleetsne::neighbors
