#include "fleetsne/sweep/child.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

namespace fleetsne::sweep {
namespace {

TEST(Child, TellsHowItEnded) {
  EXPECT_EQ(run_command({"sh", "-c", "exit 7"}, Output::to_stderr).exit_code, 7);
  EXPECT_EQ(run_command({"sh", "-c", "kill -9 $$"}, Output::to_stderr).exit_code, 128 + SIGKILL);
  EXPECT_EQ(run_command({"/no/such/program"}, Output::taken).exit_code, 127);
}

TEST(Child, GivesItsOutputWhole) {
  const Ended ended = run_command({"sh", "-c", "yes fleetsne | head -n 20000"}, Output::taken);
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.output.size(), 20000 * 9);
}

TEST(Child, HasTheEnvironmentThatThisProgramStartedWith) {
  setenv("FLEETSNE_SET_SINCE", "1", 1);
  EXPECT_EQ(
      run_command({"sh", "-c", "echo ${FLEETSNE_SET_SINCE:-unset} ${PATH:+path}"}, Output::taken).output,
      "unset path\n");
}

TEST(Child, IsTheOneThatSignalsReach) {
  const pid_t self = getpid();
  const auto ready = std::filesystem::temp_directory_path() / ("fleetsne_child_" + std::to_string(self));
  std::thread sender([&] {
    while (!std::filesystem::exists(ready)) usleep(10'000);
    kill(self, SIGTERM);
  });
  // SIGTERM comes as SIGUSR2.
  const Ended ended = run_command(
      {"sh", "-c", "trap 'exit 3' USR2; touch \"$0\"; while :; do sleep 0.05; done", ready.string()},
      Output::taken);
  sender.join();
  std::filesystem::remove(ready);
  EXPECT_EQ(ended.exit_code, 3);
}

TEST(Words, AreDividedAtBlanks) {
  EXPECT_THAT(words_of("  mpirun -n\t2 "), testing::ElementsAre("mpirun", "-n", "2"));
  EXPECT_TRUE(words_of(" ").empty());
}

// The last: it holds to the end of the process.
TEST(Child, IsToldOfAStopThatCameBeforeIt) {
  EXPECT_EQ(stop_signal(), 0);
  remember_stops();
  raise(SIGTERM);
  EXPECT_EQ(stop_signal(), SIGTERM);
  EXPECT_EQ(run_command({"sleep", "30"}, Output::to_stderr).exit_code, 128 + SIGUSR2);
}

}  // namespace
}  // namespace fleetsne::sweep
