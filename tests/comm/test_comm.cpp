#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/neighbor_exchange.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace fleetsne::comm {
namespace {

/// The message limit for a test's life.
class WithMessageLimit : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    before_ = Communicator::message_limit();
    Communicator::set_message_limit(GetParam());
  }
  void TearDown() override { Communicator::set_message_limit(before_); }

 private:
  std::size_t before_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Limits, WithMessageLimit, testing::Values(std::size_t{1} << 30, 1024));

TEST_P(WithMessageLimit, ExchangeBringsEveryValueToItsRankInOrder) {
  const auto comm = Communicator::world();
  // Rank r sends to rank s the numbers r * 1e6 + s * 1e3 + 0 .. , 37 * (r + 2 s) of them; none to the next
  // rank.
  std::vector<std::size_t> counts;
  std::vector<int> values;
  for (int s = 0; s < comm.size(); ++s) {
    const bool skipped = comm.size() > 1 && s == (comm.rank() + 1) % comm.size();
    counts.push_back(skipped ? 0 : static_cast<std::size_t>(37 * (comm.rank() + 2 * s)));
    for (std::size_t n = 0; n < counts.back(); ++n) {
      values.push_back(comm.rank() * 1'000'000 + s * 1000 + static_cast<int>(n));
    }
  }
  const auto received = comm.exchange(std::span<const int>(values), counts);
  std::size_t at = 0;
  for (int r = 0; r < comm.size(); ++r) {
    const bool skipped = comm.size() > 1 && comm.rank() == (r + 1) % comm.size();
    ASSERT_EQ(received.counts[static_cast<std::size_t>(r)],
              skipped ? 0 : static_cast<std::size_t>(37 * (r + 2 * comm.rank())));
    for (std::size_t n = 0; n < received.counts[static_cast<std::size_t>(r)]; ++n, ++at) {
      ASSERT_EQ(received.values[at], r * 1'000'000 + comm.rank() * 1000 + static_cast<int>(n));
    }
  }
  EXPECT_EQ(at, received.values.size());
}

TEST_P(WithMessageLimit, ExchangesIntoKeptBuffersAreTheSame) {
  const auto comm = Communicator::world();
  const auto ranks = static_cast<std::size_t>(comm.size()), me = static_cast<std::size_t>(comm.rank());
  std::vector<std::size_t> counts(ranks), received_counts(ranks);
  std::vector<double> values;
  for (std::size_t r = 0; r < ranks; ++r) {
    counts[r] = 100 * ((me + r) % 3);  // none for some
    values.insert(values.end(), counts[r], static_cast<double>(10 * me + r));
  }
  const auto wanted = comm.exchange(std::span<const double>(values), counts);
  comm.all_to_all(std::span<const std::size_t>(counts), std::span(received_counts));
  EXPECT_EQ(received_counts, wanted.counts);
  for (int twice = 0; twice < 2; ++twice) {
    std::vector<double> received(wanted.values.size(), -1);
    const std::int64_t before = comm.traffic().bytes_sent;
    comm.exchange_into(std::span<const double>(values), counts, std::span(received), wanted.counts);
    EXPECT_EQ(received, wanted.values);
    const std::size_t kept = counts[me];
    EXPECT_EQ(comm.traffic().bytes_sent - before,
              static_cast<std::int64_t>((values.size() - kept) * sizeof(double)));
  }

  std::vector<std::size_t> sizes(ranks);
  comm.all_gather_into(values.size(), std::span(sizes));
  const auto gathered = comm.all_gather(std::span<const double>(values));
  EXPECT_EQ(sizes, gathered.counts);
  std::vector<double> all(gathered.values.size());
  comm.all_gather_into(std::span<const double>(values), std::span<const std::size_t>(sizes), std::span(all));
  EXPECT_EQ(all, gathered.values);
}

TEST_P(WithMessageLimit, GatherAndBroadcastAndReduceCarryLongArrays) {
  const auto comm = Communicator::world();
  std::vector<double> mine(static_cast<std::size_t>(300 * (comm.rank() + 1)), comm.rank());
  const auto all = comm.all_gather(std::span<const double>(mine));
  std::vector<double> expected;
  for (int r = 0; r < comm.size(); ++r)
    expected.insert(expected.end(), 300 * static_cast<std::size_t>(r + 1), r);
  EXPECT_EQ(all.values, expected);

  const std::string text(5000, 'x');
  EXPECT_EQ(comm.broadcast(comm.rank() == comm.size() - 1 ? text : std::string(), comm.size() - 1), text);

  std::vector<float> sums(1000);
  std::iota(sums.begin(), sums.end(), static_cast<float>(comm.rank()));
  auto rooted = sums;
  comm.all_reduce(std::span<float>(sums), Reduction::sum);
  comm.reduce(std::span<float>(rooted), Reduction::sum, 0);
  const int n = comm.size();
  for (int i = 0; i < 1000; ++i) {
    const int sum = n * i + n * (n - 1) / 2;
    const auto wanted = static_cast<float>(sum);
    EXPECT_EQ(sums[static_cast<std::size_t>(i)], wanted);
    if (comm.rank() == 0) {
      EXPECT_EQ(rooted[static_cast<std::size_t>(i)], wanted);
    }
  }
}

TEST_P(WithMessageLimit, NeighborExchangeMayBeUsedAgainAndAgain) {
  const auto comm = Communicator::world();
  const auto ranks = static_cast<std::size_t>(comm.size()), me = static_cast<std::size_t>(comm.rank());
  std::vector<std::size_t> counts(ranks, 500);
  counts[me] = 0;
  std::vector<int> send(500 * (ranks - 1)), receive(send.size());
  NeighborExchange exchange(comm, std::as_bytes(std::span<const int>(send)), counts,
                            std::as_writable_bytes(std::span<int>(receive)), counts, sizeof(int));
  for (int round = 0; round < 3; ++round) {
    std::ranges::fill(send, comm.rank() + 100 * round);
    const std::int64_t before = comm.traffic().bytes_sent;
    exchange.start();
    exchange.finish();
    EXPECT_EQ(comm.traffic().bytes_sent - before, static_cast<std::int64_t>(send.size() * sizeof(int)));
    std::size_t at = 0;
    for (std::size_t r = 0; r < ranks; ++r) {
      for (std::size_t n = 0; n < counts[r]; ++n, ++at)
        ASSERT_EQ(receive[at], static_cast<int>(r) + 100 * round);
    }
  }
}

TEST(Agreement, AnErrorOnOneRankReachesAllWithItsKindAndMessage) {
  const auto comm = Communicator::world();
  const int guilty = comm.size() - 1;
  try {
    agree(comm, [&] {
      if (comm.rank() == guilty) throw base::InputError("row 7 is not finite");
    });
    ADD_FAILURE() << "rank " << comm.rank() << " was not told";
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::input);
    EXPECT_STREQ(error.what(), "row 7 is not finite");
  }
  EXPECT_EQ(agree(comm, [&] { return comm.rank(); }), comm.rank());
}

TEST(Agreement, RunningOutOfMemoryIsExplained) {
  const auto comm = Communicator::world();
  try {
    agree(comm, [&] {
      if (comm.rank() == 0) throw std::bad_alloc();
    });
    ADD_FAILURE();
  } catch (const AgreedError& error) {
    EXPECT_NE(std::string(error.what()).find("out of memory"), std::string::npos);
  }
}

TEST(Communicator, KnowsWhetherAllPassedTheSame) {
  const auto comm = Communicator::world();
  EXPECT_TRUE(comm.all_equal(42));
  EXPECT_EQ(comm.all_equal(comm.rank()), comm.size() == 1);
}

}  // namespace
}  // namespace fleetsne::comm
