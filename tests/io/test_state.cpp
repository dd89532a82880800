// State files: what is read is what was written, on any number of ranks, or it is an error.
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/state_file.hpp"

#include "io/scratch.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <random>

namespace fleetsne::io::testing {
namespace {

using base::ErrorKind;

constexpr std::int64_t points = 23;

/// A number for every element that any rank can tell.
base::Matrix<float> block(const data::RowDistribution& rows, base::Rank rank, std::size_t columns,
                          float shift) {
  base::Matrix<float> values(static_cast<std::size_t>(rows.count(rank)), columns);
  for (std::size_t i = 0; i < values.rows(); ++i)
    for (std::size_t j = 0; j < columns; ++j)
      values(i, j) = shift + static_cast<float>(rows.begin(rank)) + static_cast<float>(i) +
                     0.25F * static_cast<float>(j);
  return values;
}

class State : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    const auto rows = data::RowDistribution::balanced(points, comm.size());
    a_ = block(rows, comm.rank(), 2, 0);
    b_ = block(rows, comm.rank(), 3, 100);
    const NamedMatrix matrices[] = {{"a", a_.view()}, {"b", b_.view()}};
    file_ = path("state.h5");
    write_state(comm, file_, rows, matrices, {{"iteration", 7}, {"name", "x"}});
  }
  /// The file with other bytes.
  void change(const std::function<void(std::string&)>& how) {
    comm::on_root(comm, [&] {
      std::ifstream in(file_, std::ios::binary);
      std::string bytes(std::istreambuf_iterator<char>(in), {});
      how(bytes);
      std::ofstream(file_, std::ios::binary) << bytes;
    });
  }
  std::string file_;
  base::Matrix<float> a_, b_;
};

TEST_F(State, IsReadAsItWasWritten) {
  const StateHeader header = inspect_state_file(comm, file_);
  EXPECT_EQ(header.rows, points);
  EXPECT_EQ(header.about["iteration"], 7);
  const std::array<std::string, 2> names{"b", "a"};
  const auto read = read_state_file(comm, header, names);
  EXPECT_TRUE(std::ranges::equal(read[0].elements(), b_.elements()));
  EXPECT_TRUE(std::ranges::equal(read[1].elements(), a_.elements()));
}

TEST_F(State, WhatAnyRanksWroteAnyRead) {
  // Written by rank 0 alone, read by all.
  const auto alone = comm::Communicator::self();
  const auto rows = data::RowDistribution::balanced(points, 1);
  const std::string other = path("alone.h5");
  comm::on_root(comm, [&] {
    const auto all = block(rows, 0, 2, 0);
    const NamedMatrix matrices[] = {{"a", all.view()}};
    write_state(alone, other, rows, matrices, {});
  });
  const std::array<std::string, 1> names{"a"};
  EXPECT_TRUE(std::ranges::equal(read_state_file(comm, inspect_state_file(comm, other), names)[0].elements(),
                                 a_.elements()));
}

TEST_F(State, DamageIsFound) {
  const std::array<std::string, 2> names{"a", "b"};
  const auto refused = [&] {
    try {
      read_state_file(comm, inspect_state_file(comm, file_), names);
    } catch (const comm::AgreedError& error) {
      return error.kind() == ErrorKind::input;
    }
    return false;
  };
  std::string whole;
  change([&](std::string& bytes) { whole = bytes; });
  // A float of the second matrix: 100 + 3.
  change([](std::string& bytes) {
    const float number = 103;
    const auto at = bytes.find(std::string(reinterpret_cast<const char*>(&number), sizeof number));
    ASSERT_NE(at, std::string::npos);
    bytes[at] ^= 1;
  });
  EXPECT_TRUE(refused());
  change([&](std::string& bytes) { bytes = whole.substr(0, whole.size() - 40); });
  EXPECT_TRUE(refused());
  change([&](std::string& bytes) {
    bytes = whole;
    bytes[bytes.find("iteration")] = 'x';
  });
  EXPECT_TRUE(refused());
  change([&](std::string& bytes) {
    bytes = whole;
    bytes.replace(bytes.find("complete"), 8, "compleat");  // HDF5 finds its own checksum wrong, or no mark
  });
  EXPECT_TRUE(refused());
  change([&](std::string& bytes) { bytes = "no HDF5"; });
  EXPECT_TRUE(refused());
}

TEST_F(State, AnyChangedBitIsFoundOrHasNoMeaning) {
  const std::array<std::string, 2> names{"a", "b"};
  std::string whole;
  change([&](std::string& bytes) { whole = bytes; });
  const std::size_t size = comm.broadcast(whole.size(), 0);
  const std::size_t tries = 200;
  std::size_t found = 0;
  std::mt19937 random(1);
  for (std::size_t t = 0; t < tries; ++t) {
    const std::size_t place = random() % size, bit = random() % 8;
    change([&](std::string& bytes) {
      bytes = whole;
      bytes[place] = static_cast<char>(bytes[place] ^ 1 << bit);
    });
    try {
      const StateHeader header = inspect_state_file(comm, file_);
      const auto read = read_state_file(comm, header, names);
      EXPECT_EQ(header.about["iteration"], 7) << place;
      EXPECT_TRUE(std::ranges::equal(read[0].elements(), a_.elements())) << place;
      EXPECT_TRUE(std::ranges::equal(read[1].elements(), b_.elements())) << place;
    } catch (const comm::AgreedError& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input) << place << ": " << error.what();
      ++found;
    }
  }
  EXPECT_GT(found, tries / 10);
}

TEST_F(State, IsVerifiedToItsEndInBlocks) {
  for (const std::size_t limit : {std::size_t{16}, std::size_t{64} << 20}) {
    set_transfer_limit(limit);
    verify_state_file(comm, inspect_state_file(comm, file_));
  }
  const float last = b_.rows() > 0 ? b_(b_.rows() - 1, 2) : 0;
  const float value = comm.all_reduce(last, comm::Reduction::max);
  change([&](std::string& bytes) {
    const std::size_t at = bytes.find(std::string(reinterpret_cast<const char*>(&value), sizeof value));
    ASSERT_NE(at, std::string::npos);
    bytes[at] ^= 1;
  });
  const StateHeader header = inspect_state_file(comm, file_);
  expect_error(comm, ErrorKind::input, {"state.h5", "its b do not fit their checksum"},
               [&] { verify_state_file(comm, header); });
}

}  // namespace
}  // namespace fleetsne::io::testing
