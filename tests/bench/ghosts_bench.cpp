// The exchange of ghosts' positions as an iteration does it: bytes a second, and the share of its time that
// a plain exchange of the same bytes takes. Start it with mpirun and at least two ranks; rank 0 reports.
#include "fleetsne/base/clock.hpp"
#include "fleetsne/base/random.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/environment.hpp"
#include "fleetsne/data/ghosts.hpp"

#include <benchmark/benchmark.h>

#include <iostream>
#include <span>
#include <string_view>
#include <vector>

namespace fleetsne {
namespace {

/// A third of the others' rows, in runs as the cells of the partition leave them: about as many as two ranks
/// need of each other on Fashion-MNIST.
std::vector<base::GlobalIndex> referenced_rows(const data::RowDistribution& rows) {
  constexpr base::GlobalIndex run = 32;
  const base::Random random(5, base::Stream::test);
  std::vector<base::GlobalIndex> result;
  for (base::GlobalIndex row = 0; row < rows.total(); ++row) {
    if (random.uniform(row / run) < 1.0 / 3) result.push_back(row);
  }
  return result;
}

void ghost_exchange(benchmark::State& state) {
  const auto comm = comm::Communicator::world();
  constexpr std::size_t width = 2;
  const auto rows = data::RowDistribution::balanced(state.range(0) * comm.size(), comm.size());
  const data::Ghosts ghosts(rows, comm.rank(), referenced_rows(rows));
  data::Halo halo(comm, rows, ghosts, width);
  const std::vector<float> positions(width * static_cast<std::size_t>(rows.count(comm.rank())), 1.F);

  // What the halo sends and receives, without what gathers and plans it.
  std::vector<std::size_t> receive_counts(static_cast<std::size_t>(comm.size()), 0),
      send_counts(receive_counts);
  for (const base::GlobalIndex id : ghosts.ids())
    receive_counts[static_cast<std::size_t>(rows.owner(id))] += width;
  comm.all_to_all(std::span<const std::size_t>(receive_counts), std::span<std::size_t>(send_counts));
  const std::vector<float> send(static_cast<std::size_t>(halo.bytes_sent()) / sizeof(float), 1.F);
  std::vector<float> receive(static_cast<std::size_t>(halo.bytes_received()) / sizeof(float));

  // In turn, so that whatever else the machine does slows both.
  double seconds[2] = {0, 0};
  for ([[maybe_unused]] auto _ : state) {
    comm.barrier();
    base::Stopwatch watch;
    halo.start(positions);
    benchmark::DoNotOptimize(halo.finish().data());
    const double once = watch.seconds();
    seconds[0] += once;
    state.SetIterationTime(once);
    comm.barrier();
    watch.restart();
    comm.exchange_into(std::span<const float>(send), send_counts, std::span<float>(receive), receive_counts);
    seconds[1] += watch.seconds();
  }
  comm.all_reduce(std::span<double>(seconds), comm::Reduction::max);
  const double bytes = static_cast<double>(halo.bytes_sent()) * static_cast<double>(state.iterations());
  state.counters["MB"] = 1e-6 * static_cast<double>(halo.bytes_sent());
  state.counters["GB/s"] = 1e-9 * bytes / seconds[0];
  state.counters["of_limit"] = seconds[1] / seconds[0];
  state.SetLabel("limit: plain exchange");
}

// Rows of a rank. All ranks must agree on the number of iterations, so it is given.
BENCHMARK(ghost_exchange)->Arg(35'000)->Arg(500'000)->Iterations(200)->UseManualTime();

class NoReporter final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

}  // namespace
}  // namespace fleetsne

int main(int argc, char** argv) {
  const fleetsne::comm::Environment environment(argc, argv);
  const auto comm = fleetsne::comm::Communicator::world();
  if (comm.size() == 1) {
    std::cerr << "one rank has no ghosts: start it with mpirun -n 2\n";
    return 1;
  }
  const bool reports = comm.rank() == 0;
  // The other ranks would open rank 0's file.
  std::vector<char*> arguments;
  for (char* argument : std::span<char*>(argv, static_cast<std::size_t>(argc))) {
    if (reports || !std::string_view(argument).starts_with("--benchmark_out")) arguments.push_back(argument);
  }
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  fleetsne::NoReporter none;
  if (reports) {
    benchmark::RunSpecifiedBenchmarks();
  } else {
    benchmark::RunSpecifiedBenchmarks(&none);
  }
  benchmark::Shutdown();
  return 0;
}
