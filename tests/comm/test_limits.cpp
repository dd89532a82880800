// Every exchange with the limit of a message set to 1 KiB: it is kept, messages are as many as it takes, and
// what arrives is what was sent. Counts and displacements beyond 2^31 go the same way as those beyond 1 KiB.
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/comm/neighbor_exchange.hpp"

#include "largest_message.hpp"
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <vector>

namespace fleetsne::comm {
namespace {

using testing::largest_message;
using testing::message_count;
using testing::reset_messages;

constexpr std::size_t limit = 1024;

class Limits : public ::testing::Test {
 protected:
  void SetUp() override {
    before_ = Communicator::message_limit();
    Communicator::set_message_limit(limit);
    reset_messages();
  }
  void TearDown() override { Communicator::set_message_limit(before_); }
  /// The limit was kept, and needed: so many messages at least.
  static void expect_kept(std::size_t messages) {
    EXPECT_LE(largest_message(), limit);
    EXPECT_GT(largest_message(), limit / 2);
    EXPECT_GE(message_count(), messages);
    reset_messages();
  }

  const Communicator comm = Communicator::world();
  const std::size_t ranks = static_cast<std::size_t>(comm.size()), me = static_cast<std::size_t>(comm.rank());

 private:
  std::size_t before_ = 0;
};

/// A record of 12 bytes: no whole number of them fits into the limit.
struct Record {
  std::int32_t a, b, c;
  friend bool operator==(const Record&, const Record&) = default;
};

Record record(std::size_t from, std::size_t to, std::size_t i) {
  return {static_cast<std::int32_t>(from), static_cast<std::int32_t>(to), static_cast<std::int32_t>(i)};
}

TEST_F(Limits, Broadcast) {
  const Rank root = comm.size() - 1;
  std::vector<Record> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = record(me, 0, i);
  comm.broadcast(std::span(values), root);
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], record(ranks - 1, 0, i));
  expect_kept(12);
}

template <class T>
void expect_reduced(const Communicator& comm) {
  std::vector<T> sums(1111), least(sums.size()), most(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i)
    sums[i] = least[i] = most[i] = static_cast<T>(i + static_cast<std::size_t>(comm.rank()));
  std::vector<T> rooted = sums;
  comm.all_reduce(std::span(sums), Reduction::sum);
  comm.all_reduce(std::span(least), Reduction::min);
  comm.all_reduce(std::span(most), Reduction::max);
  comm.reduce(std::span(rooted), Reduction::sum, comm.size() - 1);
  const auto n = static_cast<std::size_t>(comm.size());
  const std::size_t all_ranks = n * (n - 1) / 2;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto sum = static_cast<T>(n * i + all_ranks);
    ASSERT_EQ(sums[i], sum);
    ASSERT_EQ(least[i], static_cast<T>(i));
    ASSERT_EQ(most[i], static_cast<T>(i + n - 1));
    if (comm.rank() == comm.size() - 1) {
      ASSERT_EQ(rooted[i], sum);
    }
  }
}

TEST_F(Limits, Reductions) {
  expect_reduced<float>(comm);
  expect_reduced<double>(comm);
  expect_reduced<std::int32_t>(comm);
  expect_reduced<std::uint32_t>(comm);
  expect_reduced<std::int64_t>(comm);
  expect_reduced<std::uint64_t>(comm);
  expect_kept(4 * (3 * 5 + 3 * 9));
}

TEST_F(Limits, AllGather) {
  std::vector<Record> mine(300 + 50 * me), expected;
  for (std::size_t i = 0; i < mine.size(); ++i) mine[i] = record(me, 0, i);
  const auto all = comm.all_gather(std::span<const Record>(mine));
  for (std::size_t r = 0; r < ranks; ++r) {
    ASSERT_EQ(all.counts[r], 300 + 50 * r);
    for (std::size_t i = 0; i < all.counts[r]; ++i) expected.push_back(record(r, 0, i));
  }
  EXPECT_EQ(all.values, expected);
  std::vector<Record> kept(expected.size());
  comm.all_gather_into(std::span<const Record>(mine), std::span<const std::size_t>(all.counts),
                       std::span(kept));
  EXPECT_EQ(kept, expected);
  expect_kept(2 * 4 * ranks);
}

TEST_F(Limits, Exchanges) {
  // Rows of 300 records are longer than a message may be.
  constexpr std::size_t row = 300;
  std::vector<std::size_t> counts(ranks);
  std::vector<Record> values;
  for (std::size_t r = 0; r < ranks; ++r) {
    counts[r] = 1 + (me + 2 * r) % 3;
    for (std::size_t i = 0; i < counts[r] * row; ++i) values.push_back(record(me, r, i));
  }
  const auto check = [&](std::span<const Record> received) {
    std::size_t at = 0;
    for (std::size_t r = 0; r < ranks; ++r)
      for (std::size_t i = 0; i < (1 + (r + 2 * me) % 3) * row; ++i, ++at)
        ASSERT_EQ(received[at], record(r, me, i));
    EXPECT_EQ(at, received.size());
  };
  const auto rows = comm.exchange_rows(std::span<const Record>(values), row, counts);
  check(rows.values);
  for (std::size_t& count : counts) count *= row;
  const auto single = comm.exchange(std::span<const Record>(values), counts);
  check(single.values);
  std::vector<Record> kept(single.values.size());
  comm.exchange_into(std::span<const Record>(values), counts, std::span(kept), single.counts);
  check(kept);
  if (ranks > 1) expect_kept(3 * 2 * 4 * (ranks - 1));
}

TEST_F(Limits, NeighborExchange) {
  std::vector<std::size_t> counts(ranks, 200);
  counts[me] = 0;
  std::vector<Record> send, receive(200 * (ranks - 1));
  for (std::size_t r = 0; r < ranks; ++r)
    for (std::size_t i = 0; i < counts[r]; ++i) send.push_back(record(me, r, i));
  NeighborExchange exchange(comm, std::as_bytes(std::span<const Record>(send)), counts,
                            std::as_writable_bytes(std::span(receive)), counts, sizeof(Record));
  exchange.start();
  exchange.finish();
  std::size_t at = 0;
  for (std::size_t r = 0; r < ranks; ++r)
    for (std::size_t i = 0; i < counts[r]; ++i, ++at) ASSERT_EQ(receive[at], record(r, me, i));
  if (ranks > 1) expect_kept(2 * 3 * (ranks - 1));
}

/// More than 2^31 elements from one rank to another, and to all, in messages of at most 1 GiB.
TEST(MoreThanFitsAnInt, ElementsTravel) {
  if (std::getenv("FLEETSNE_TEST_LARGE") == nullptr)
    GTEST_SKIP() << "takes 9 GB of memory and half a minute: set FLEETSNE_TEST_LARGE";
  const auto comm = Communicator::world();
  if (comm.size() != 2) GTEST_SKIP() << "runs on 2 ranks";
  constexpr std::size_t many = (std::size_t{1} << 31) + 4097;
  const auto value = [](std::size_t i) { return static_cast<std::uint8_t>(i % 251 + i / many); };
  std::vector<std::uint8_t> values(comm.rank() == 0 ? many : 0);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = value(i);
  const std::vector<std::size_t> counts{0, values.size()};
  reset_messages();
  {
    const auto there = comm.exchange(std::span<const std::uint8_t>(values), counts);
    EXPECT_EQ(there.counts[0], comm.rank() == 1 ? many : 0);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < there.values.size(); ++i) wrong += there.values[i] == value(i) ? 0 : 1;
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(largest_message(), std::size_t{1} << 30);
    EXPECT_EQ(message_count(), 3u);
  }
  values.resize(many);
  comm.broadcast(std::span(values), 0);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < many; ++i) wrong += values[i] == value(i) ? 0 : 1;
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace fleetsne::comm
