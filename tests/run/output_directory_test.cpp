#include "fleetsne/run/output_directory.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace fleetsne::run {
namespace {

namespace fs = std::filesystem;
using comm::Communicator;

/// A folder of this test, the same on all ranks, removed at its end.
class OutputDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() /
            ("fleetsne-output-" + std::to_string(comm_.broadcast(static_cast<int>(getpid()), 0)));
    if (comm_.rank() == 0) fs::create_directories(root_);
    comm_.barrier();
  }
  void TearDown() override {
    comm_.barrier();
    if (comm_.rank() == 0) fs::remove_all(root_);
  }
  Config config(const fs::path& directory) const {
    Config result;
    result.input.files = {(root_ / "rows.npy").string()};
    result.output.directory = directory.string();
    return result;
  }
  void touch(const fs::path& file) const {
    if (comm_.rank() == 0) std::ofstream(file) << "content";
    comm_.barrier();
  }
  bool exists(const fs::path& path) const {
    comm_.barrier();
    const bool there = fs::exists(path);
    comm_.barrier();
    return there;
  }

  Communicator comm_ = Communicator::world();
  fs::path root_;
};

TEST_F(OutputDirectoryTest, OneRunAtATime) {
  const fs::path folder = root_ / "one";
  {
    const OutputDirectory first(comm_, config(folder));
    EXPECT_THROW(OutputDirectory(comm_, config(folder)), base::Error);
    EXPECT_TRUE(exists(folder));
    const OutputDirectory beside(comm_, config(root_ / "other"));
  }
  const OutputDirectory after(comm_, config(folder));
}

TEST_F(OutputDirectoryTest, IsRemovedWithItsParentsIfItIsEmpty) {
  { const OutputDirectory output(comm_, config(root_ / "a" / "b" / "c")); }
  EXPECT_FALSE(exists(root_ / "a"));
  {
    const OutputDirectory output(comm_, config(root_ / "a" / "b" / "c"));
    touch(output.report());
  }
  EXPECT_TRUE(exists(root_ / "a" / "b" / "c" / "report.json"));
}

TEST_F(OutputDirectoryTest, ThatWasThereStays) {
  { const OutputDirectory output(comm_, config(root_)); }
  EXPECT_TRUE(exists(root_));
}

TEST_F(OutputDirectoryTest, RefusesAnEarlierResultUnlessForced) {
  touch(root_ / "embedding.npy");
  Config asked = config(root_);
  EXPECT_THROW(OutputDirectory(comm_, asked), comm::AgreedError);
  asked.output.force = true;
  EXPECT_NO_THROW(OutputDirectory(comm_, asked));
  EXPECT_TRUE(exists(root_ / "embedding.npy"));
}

TEST_F(OutputDirectoryTest, TakesTheReportOfAFailedRunForNoResult) {
  touch(root_ / "report.json");
  EXPECT_NO_THROW(OutputDirectory(comm_, config(root_)));
}

TEST_F(OutputDirectoryTest, NeverWritesOverAnInput) {
  touch(root_ / "embedding.npy");
  Config asked = config(root_);
  asked.output.force = true;
  asked.init = {.start = init::Start::file, .file = (root_ / "." / "embedding.npy").string()};
  EXPECT_THROW(OutputDirectory(comm_, asked), comm::AgreedError);
}

TEST_F(OutputDirectoryTest, SeesThroughTheDatasetOfAnInput) {
  touch(root_ / "embedding.h5ad");
  Config asked = config(root_);
  asked.output.force = true;
  asked.input.files = {(root_ / "embedding.h5ad").string() + ":obsm/X_pca"};
  EXPECT_THROW(OutputDirectory(comm_, asked), comm::AgreedError);
  asked.input.files = {(root_ / "rows.npy").string()};
  asked.input.labels = {(root_ / "embedding.h5ad").string() + ":obs/label"};
  EXPECT_THROW(OutputDirectory(comm_, asked), comm::AgreedError);
}

TEST_F(OutputDirectoryTest, WithdrawsTheReportOfAnEarlierRun) {
  touch(root_ / "report.json");
  const OutputDirectory output(comm_, config(root_));
  EXPECT_TRUE(exists(root_ / "report.json"));
  output.withdraw_report(comm_);
  EXPECT_FALSE(exists(root_ / "report.json"));
  EXPECT_NO_THROW(output.withdraw_report(comm_)) << "there is none";
}

}  // namespace
}  // namespace fleetsne::run
