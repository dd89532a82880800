#include "fleetsne/run/memory_limit.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace fleetsne::run {
namespace {

namespace fs = std::filesystem;

/// Control groups as files of this test.
class Groups : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }
  void TearDown() override { fs::remove_all(root_); }
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text << "\n";
  }
  std::optional<std::int64_t> left(const std::string& groups) const {
    return available_in_groups(control_groups(groups, root_.string(), "memory"));
  }
  std::optional<double> cpus(const std::string& groups) const {
    return cpu_quota(control_groups(groups, root_.string(), "cpu"));
  }
  fs::path root_ = fs::temp_directory_path() / ("fleetsne-groups-" + std::to_string(getpid()));
};

TEST(MemInfo, TellsWhatIsAvailable) {
  EXPECT_EQ(available_in("MemTotal:  100 kB\nMemAvailable:   50 kB\nSwapFree: 3 kB\n"), 50 * 1024);
  EXPECT_EQ(available_in("MemTotal:  100 kB\n"), std::nullopt);
  EXPECT_EQ(available_in(""), std::nullopt);
}

TEST_F(Groups, NarrowestOfThoseAGroupLiesIn) {
  write("job/memory.max", "1000");
  write("job/memory.current", "300");
  write("job/step/memory.max", "max");
  write("job/step/memory.current", "200");
  EXPECT_EQ(left("0::/job/step\n"), 700);
  write("job/step/memory.max", "500");
  EXPECT_EQ(left("0::/job/step\n"), 300);
  write("memory.max", "400");
  write("memory.current", "350");
  EXPECT_EQ(left("0::/job/step\n"), 50) << "the root, as a container sees it";
}

TEST_F(Groups, NarrowestQuotaOfCpus) {
  write("job/cpu.max", "250000 100000");
  write("job/step/cpu.max", "max 100000");
  EXPECT_EQ(cpus("0::/job/step\n"), 2.5);
  write("job/step/cpu.max", "50000 100000");
  EXPECT_EQ(cpus("0::/job/step\n"), 0.5);
  EXPECT_EQ(cpus("0::/other\n"), std::nullopt);
  write("cpu.max", "20000 100000");
  EXPECT_EQ(cpus("0::/other\n"), 0.2) << "the root, as a container sees it";
}

TEST_F(Groups, QuotaOfCpusInTheOldHierarchy) {
  const std::string groups = "5:cpu,cpuacct:/docker/a\n4:cpuset:/docker/a\n1:name=systemd:/docker/a\n";
  write("cpu/docker/a/cpu.cfs_quota_us", "-1");
  write("cpu/docker/a/cpu.cfs_period_us", "100000");
  EXPECT_EQ(cpus(groups), std::nullopt);
  write("cpu/docker/a/cpu.cfs_quota_us", "300000");
  EXPECT_EQ(cpus(groups), 3);
}

TEST_F(Groups, FilesInMemoryGiveWay) {
  write("memory.max", "1000");
  write("memory.current", "900");
  write("memory.stat", "anon 200\nfile 700\ninactive_anon 5\ninactive_file 300\nactive_file 350");
  EXPECT_EQ(left("0::/\n"), 750);
  write("memory/memory.limit_in_bytes", "1000");
  write("memory/memory.usage_in_bytes", "900");
  write("memory/memory.stat", "active_file 1\ntotal_active_file 100\ntotal_inactive_file 20");
  EXPECT_EQ(left("1:memory:/\n"), 220);
}

TEST_F(Groups, OldHierarchy) {
  write("memory/job/memory.limit_in_bytes", "1000");
  write("memory/job/memory.usage_in_bytes", "400");
  EXPECT_EQ(left("12:cpu,cpuacct:/job\n11:memory:/job\n"), 600);
}

TEST_F(Groups, NoLimitIsNone) {
  EXPECT_EQ(left("0::/nowhere\n"), std::nullopt);
  EXPECT_EQ(left(""), std::nullopt);
  EXPECT_EQ(left("rubbish\n1:2"), std::nullopt);
}

TEST_F(Groups, MoreUsedThanAllowedIsNothing) {
  write("memory.max", "100");
  write("memory.current", "150");
  EXPECT_EQ(left("0::/\n"), 0);
}

TEST(AvailableMemory, IsSharedByTheRanksOfAHost) {
  const auto world = comm::Communicator::world();
  const std::int64_t alone = available_memory(comm::Communicator::self()), shared = available_memory(world);
  EXPECT_GT(shared, 1 << 20);
  EXPECT_NEAR(static_cast<double>(alone) / static_cast<double>(shared), world.size(), 0.2 * world.size());
}

}  // namespace
}  // namespace fleetsne::run
