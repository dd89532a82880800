// After the first one, an iteration allocates nothing: every operator new of this binary is counted.
#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/optimize/descent.hpp"
#include "fleetsne/optimize/joint_objective.hpp"

#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  // aligned_alloc wants a multiple of the alignment.
  void* memory = std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) {
  return counted(bytes, alignof(std::max_align_t));
}
void* operator new[](std::size_t bytes) {
  return counted(bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
// What operator new gives here comes from aligned_alloc, which the compiler forgets when it inlines.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace fleetsne::optimize {
namespace {

struct Setting {
  Repulsion repulsion;
  GridSharing sharing;
  double scale;  // 1: a grid in float64; 30: in float32
  double dof = 1;
};

class EveryField : public testing::TestWithParam<Setting> {};

TEST_P(EveryField, AnIterationAllocatesNothing) {
  const auto comm = comm::Communicator::world();
  const auto [repulsion, sharing, scale, dof] = GetParam();
  base::Log log;
  const auto affinities = affinity::perplexity_affinities(
      comm, test::brute_force_graph(comm, test::clustered_points(600, 5), 30), 10, log);
  base::Matrix<float> start(affinities.local_rows(), 2);
  const base::Random random(3, base::Stream::test);
  for (std::size_t i = 0; i < start.rows(); ++i) {
    const auto [x, y] =
        random.normal_pair(affinities.rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(i));
    start(i, 0) = static_cast<float>(scale * x);
    start(i, 1) = static_cast<float>(scale * y);
  }
  JointObjective objective(comm, affinities, repulsion, sharing);
  objective.set_dof(dof);
  Descent descent(std::move(start));
  std::vector<float> gradient(descent.positions().size());
  const auto iterate = [&] {
    objective.gradient(descent.positions(), descent.bounding_box(comm), 1, gradient);
    limit_norms(gradient, 1e-3);
    descent.step(gradient, {0.1, 0.5, 5, 0.01});
  };
  iterate();
  const GridShape grid = objective.grid();
  const long before = allocations;
  for (int i = 0; i < 10; ++i) iterate();
  EXPECT_EQ(allocations - before, 0);
  EXPECT_EQ(objective.grid(), grid) << "the grid was to stay the same";
}

INSTANTIATE_TEST_SUITE_P(Both, EveryField,
                         testing::Values(Setting{Repulsion::grid, GridSharing::reduced, 1},
                                         Setting{Repulsion::grid, GridSharing::reduced, 30},
                                         Setting{Repulsion::grid, GridSharing::slab, 1},
                                         Setting{Repulsion::grid, GridSharing::slab, 30},
                                         Setting{Repulsion::grid, GridSharing::slab, 30, 0.5},
                                         Setting{Repulsion::exact, GridSharing::automatic, 30},
                                         Setting{Repulsion::exact, GridSharing::automatic, 30, 2}));

TEST(Counter, SeesAnAllocation) {
  const long before = allocations;
  const std::vector<float> some(100);
  const base::AlignedVector<float> aligned(100);
  EXPECT_EQ(allocations - before, 2);
}

}  // namespace
}  // namespace fleetsne::optimize
