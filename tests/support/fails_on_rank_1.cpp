#include "fleetsne/comm/communicator.hpp"

#include <gtest/gtest.h>

TEST(FailsOnRank1, IsReported) {
  const auto comm = fleetsne::comm::Communicator::world();
  EXPECT_NE(comm.rank(), 1) << "this failure is meant to be seen";
}
