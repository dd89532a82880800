// The main of every test binary: GoogleTest under MPI. A failure on any rank fails the run on all of them,
// and every rank's failures are printed with its number.
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/environment.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

namespace {

/// Rank 0 reports as GoogleTest does; the others print only what failed.
class FailuresOnly : public testing::EmptyTestEventListener {
 public:
  explicit FailuresOnly(int rank) : rank_(rank) {}

 private:
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    // In one write: the launcher mixes the ranks' output wherever one write ends.
    std::ostringstream text;
    text << "[rank " << rank_ << "] " << (result.file_name() ? result.file_name() : "?") << ":"
         << result.line_number() << ": " << result.message() << "\n";
    std::cerr << text.str();
  }
  int rank_;
};

/// The ranks that ctest asked for are the ranks that run: a launcher that starts singletons is not a passed
/// test.
void expect_all_ranks(const fleetsne::comm::Communicator& comm) {
  const char* wanted = std::getenv("FLEETSNE_TEST_RANKS");
  if (wanted != nullptr && std::stoi(wanted) != comm.size()) {
    std::cerr << "expected " << wanted << " ranks, got " << comm.size() << std::endl;
    fleetsne::comm::abort_all_ranks(EXIT_FAILURE);
  }
}

}  // namespace

int main(int argc, char** argv) {
  fleetsne::comm::Environment environment(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  const auto comm = fleetsne::comm::Communicator::world();
  expect_all_ranks(comm);
  if (comm.rank() != 0) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailuresOnly(comm.rank()));
  }
  const int mine = RUN_ALL_TESTS();
  const int any = comm.all_reduce(mine, fleetsne::comm::Reduction::max);
  if (any != 0 && mine == 0 && comm.rank() == 0)
    std::cerr << "[  FAILED  ] on another rank, see above" << std::endl;
  return any;
}
