#include "fleetsne/sweep/status.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace fleetsne::sweep {
namespace {

namespace fs = std::filesystem;

class StatusFile : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_ = fs::temp_directory_path() / ("fleetsne-status-" + std::to_string(getpid()));
  std::string file_ = (folder_ / "deep/er/row.json").string();
};

TEST_F(StatusFile, ComesBackAsItWasWritten) {
  for (const State state : {State::begun, State::stopped, State::done, State::failed, State::killed}) {
    write_status(file_, {.state = state,
                         .attempts = 3,
                         .seconds = 1.5,
                         .exit_code = 4,
                         .error = "no \xff room",
                         .started = "2026-01-31T12:34:56Z",
                         .host = "node1",
                         .key = "k",
                         .sources = "s"});
    const Status status = read_status(file_);
    EXPECT_EQ(status.state, state);
    EXPECT_EQ(status.attempts, 3);
    EXPECT_EQ(status.seconds, 1.5);
    EXPECT_EQ(status.exit_code, 4);
    EXPECT_EQ(status.error, "no \xef\xbf\xbd room");
    EXPECT_EQ(status.host, "node1");
    EXPECT_EQ(status.key + status.sources, "ks");
  }
}

TEST_F(StatusFile, WhatIsNoneIsAbsent) {
  EXPECT_EQ(read_status(file_).state, State::absent);
  const std::string broken = (folder_ / "broken.json").string();
  const char* of_other_types =
      R"({"state":3,"attempts":"x","seconds":0,"exit_code":0,"error":"","started":"","host":""})";
  for (const char* text : {"", "{", "[]", R"({"state": "done"})", "null", of_other_types}) {
    std::ofstream(broken) << text;
    EXPECT_EQ(read_status(broken).state, State::absent) << text;
    EXPECT_EQ(read_status(broken).attempts, 0) << text;
  }
}

TEST(ErrorOf, KeepsKindsThatAUserCanMend) {
  EXPECT_EQ(error_of({.exit_code = 3}, "x").kind(), base::ErrorKind::input);
  EXPECT_EQ(error_of({.exit_code = 5}, "x").kind(), base::ErrorKind::numerical);
  EXPECT_EQ(error_of({.exit_code = 137}, "x").kind(), base::ErrorKind::internal);
}

}  // namespace
}  // namespace fleetsne::sweep
