#include "fleetsne/run/report.hpp"

#include "fleetsne/run/placement.hpp"
#include "fleetsne/run/stages.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace fleetsne::run {
namespace {

using comm::Communicator;

TEST(Stages, RecordWhatAStageCostAlsoWhenItThrows) {
  const auto comm = Communicator::world();
  std::vector<StageRecord> records;
  Stages stages(comm, records);
  const int sum = stages.run("first", [&] { return comm.all_reduce(1, comm::Reduction::sum); });
  EXPECT_EQ(sum, comm.size());
  EXPECT_THROW(stages.run("second", [] { throw std::runtime_error("no"); }), std::runtime_error);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].name, "first");
  EXPECT_EQ(records[0].traffic.bytes_sent > 0, comm.size() > 1);
  EXPECT_EQ(records[1].name, "second");
  EXPECT_EQ(records[1].traffic.bytes_sent, 0);
}

TEST(Report, TakesTheLargestWallTimeAndSumsCpuTime) {
  const auto comm = Communicator::world();
  Report report;
  report.ranks = comm.size();
  const double rank = comm.rank();
  report.stages.push_back({"read", {1 + rank, 2, 0.5}, {10 * comm.rank(), 7, 1}});
  const auto json = to_json(comm, report);
  const auto& stage = json["stages"][0];
  EXPECT_EQ(stage["name"], "read");
  EXPECT_DOUBLE_EQ(stage["wall_seconds"].get<double>(), comm.size());
  EXPECT_DOUBLE_EQ(stage["user_seconds"].get<double>(), 2.0 * comm.size());
  EXPECT_DOUBLE_EQ(stage["system_seconds"].get<double>(), 0.5 * comm.size());
  ASSERT_EQ(stage["bytes_sent"].size(), static_cast<std::size_t>(comm.size()));
  EXPECT_EQ(stage["bytes_sent"].back(), 10 * (comm.size() - 1));
  EXPECT_EQ(json["peak_memory_bytes"].size(), static_cast<std::size_t>(comm.size()));
  EXPECT_GT(json["peak_memory_bytes"][0].get<std::int64_t>(), 1 << 20);
  EXPECT_EQ(json["ranks"], comm.size());
}

TEST(Report, TellsTheTimeOfTheWholeRun) {
  const auto comm = Communicator::world();
  Report report;
  // Half a second and more between the stages, which themselves took none.
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const double wall = to_json(comm, report)["wall_seconds"].get<double>();
  EXPECT_GE(wall, 0.5);
  EXPECT_EQ(wall, comm.all_reduce(wall, comm::Reduction::max)) << "the same on every rank";
}

TEST(Report, BytesThatAreNoUtf8AreReplaced) {
  const std::string text = to_text({{"path", "caf\xe9.npy"}, {"title", "caf\xc3\xa9"}});
  EXPECT_NE(text.find("caf\xef\xbf\xbd.npy"), std::string::npos) << text;
  EXPECT_NE(text.find("caf\xc3\xa9"), std::string::npos) << text;
  EXPECT_EQ(nlohmann::json::parse(text)["title"], "caf\xc3\xa9");
}

TEST(Report, LeavesOutWhatWasNotReached) {
  const auto comm = Communicator::world();
  Report report;
  report.exit_code = 5;
  report.warnings = {"2 rows are equal"};
  report.error = "diverged";
  const auto json = to_json(comm, report);
  EXPECT_FALSE(json.contains("neighbors"));
  EXPECT_FALSE(json.contains("optimize"));
  EXPECT_EQ(json["exit_code"], 5);
  EXPECT_EQ(json["warnings"], nlohmann::json::array({"2 rows are equal"}));
  EXPECT_EQ(json["error"], "diverged");
}

TEST(Report, MeasuresAffinitiesOverAllRanks) {
  const auto comm = Communicator::world();
  // Rank r owns r + 1 rows of two entries each.
  const auto rows = static_cast<std::size_t>(comm.rank()) + 1;
  data::SparseMatrix matrix;
  matrix.row_count = static_cast<base::LocalIndex>(rows);
  matrix.entries = static_cast<std::int64_t>(2 * rows);
  matrix.tiles.resize(rows);
  matrix.storage.allocate(64 * rows);
  const AffinityStats stats = measure(comm, matrix);
  const int ranks = comm.size();
  EXPECT_EQ(stats.edges, ranks * (ranks + 1));
  EXPECT_DOUBLE_EQ(stats.bytes_per_edge, (64 + static_cast<double>(sizeof(data::EdgeTile))) / 2);
  EXPECT_EQ(stats.value_bits, 16);
  EXPECT_DOUBLE_EQ(stats.points_imbalance, 2.0 * ranks / (ranks + 1));
  EXPECT_DOUBLE_EQ(stats.edges_imbalance, 2.0 * ranks / (ranks + 1));
}

TEST(Report, NamesTheLibraries) {
  const auto versions = library_versions();
  for (const char* name : {"mpi", "hdf5", "fftw", "boost", "hnswlib", "compiler"})
    EXPECT_FALSE(versions[name].get<std::string>().empty()) << name;
}

TEST(Placement, EveryRankHasAThreadAndAllAgree) {
  const auto comm = Communicator::world();
  const Placement seats = placement(comm);
  EXPECT_EQ(seats.hosts, 1);
  EXPECT_GE(seats.cpus_fewest, 1);
  EXPECT_TRUE(comm.all_equal(seats.cpus_fewest));
}

}  // namespace
}  // namespace fleetsne::run
