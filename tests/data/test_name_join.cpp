#include "fleetsne/data/name_join.hpp"
#include "fleetsne/data/texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <unordered_map>

namespace fleetsne::data {
namespace {

using comm::Communicator;
using Names = std::vector<std::string>;

Names block_of(const Communicator& comm, const Names& names) {
  const auto rows = RowDistribution::balanced(static_cast<GlobalIndex>(names.size()), comm.size());
  return {names.begin() + rows.begin(comm.rank()), names.begin() + rows.end(comm.rank())};
}

/// By one table that holds all names.
NameJoin slow_join(const Names& left, const Names& right) {
  std::unordered_map<std::string, std::vector<GlobalIndex>> lefts, rights;
  for (std::size_t i = 0; i < left.size(); ++i) lefts[left[i]].push_back(static_cast<GlobalIndex>(i));
  for (std::size_t i = 0; i < right.size(); ++i) rights[right[i]].push_back(static_cast<GlobalIndex>(i));
  NameJoin result;
  const auto add = [](NameExamples& examples, const std::string& name) {
    if (examples.count++ < static_cast<GlobalIndex>(NameExamples::shown)) examples.first.push_back(name);
  };
  for (const std::string& name : left) {
    const std::vector<GlobalIndex> found = name.empty() ? std::vector<GlobalIndex>() : rights[name];
    const bool unique = found.size() == 1 && lefts[name].size() == 1;
    if (!unique) add(found.empty() ? result.alone : result.ambiguous, name);
    result.partners.push_back(unique ? found.front() : NameJoin::none);
  }
  return result;
}

void expect_joined(const Communicator& comm, const Names& left, const Names& right, NameHash hash) {
  const NameJoin expected = slow_join(left, right);
  const auto rows = RowDistribution::balanced(static_cast<GlobalIndex>(right.size()), comm.size());
  const NameJoin found =
      join_by_name(comm, block_of(comm, left), block_of(comm, right), rows.begin(comm.rank()), hash);
  EXPECT_EQ(comm.all_gather(std::span<const GlobalIndex>(found.partners)).values, expected.partners);
  EXPECT_EQ(found.alone.count, expected.alone.count);
  EXPECT_EQ(found.alone.first, expected.alone.first);
  EXPECT_EQ(found.ambiguous.count, expected.ambiguous.count);
  EXPECT_EQ(found.ambiguous.first, expected.ambiguous.first);
}

/// Names of many lengths, among them none at all and ones that differ in a byte 0.
Names some_names(std::size_t count) {
  Names names{"", std::string("a\0b", 3), std::string("a\0c", 3), "caf\xc3\xa9"};
  for (std::size_t i = names.size(); i < count; ++i)
    names.push_back(std::to_string(i * 7919) + std::string(i % 40, 'x'));
  return names;
}

class NameJoins : public testing::TestWithParam<NameHash> {
 protected:
  void expect(const Names& left, const Names& right) { expect_joined(comm_, left, right, GetParam()); }
  Names shuffled(Names names) {
    std::ranges::shuffle(names, std::mt19937(1));
    return names;
  }
  Communicator comm_ = Communicator::world();
};

TEST_P(NameJoins, AreThoseOfOneTable) {
  const Names names = some_names(301), other = shuffled(names);
  expect(names, other);
  Names superset = other;
  for (int i = 0; i < 50; ++i) superset.push_back("more" + std::to_string(i));
  expect(names, shuffled(superset));
  expect(superset, other);  // some have no partner
  Names repeated = other;
  repeated[3] = repeated[200];  // one has two partners, one none
  expect(names, repeated);
  expect(repeated, names);
  Names foreign = superset;
  foreign.push_back("more1");  // twice, but of no concern
  expect(names, foreign);
}

TEST_P(NameJoins, OfNothingInCommon) {
  expect({"A-1", "B-1", "C-1", "D-1"}, {"A-1-0", "B-1-0", "C-1-0", "D-1-0"});
  expect({}, {"a"});
  expect({"a"}, {});
  expect({"", "a"}, {"a", ""});  // empty ones are none
}

std::uint64_t same_for_all(std::string_view) {
  return 0x9e3779b97f4a7c15;
}
std::uint64_t by_length(std::string_view name) {
  return (name.size() % 5) << 61;
}

INSTANTIATE_TEST_SUITE_P(Hashes, NameJoins, testing::Values(&hash_of_name, &same_for_all, &by_length));

TEST(NameJoin, TakesRowsOfPartners) {
  const auto comm = Communicator::world();
  const auto rows = RowDistribution::balanced(10, comm.size());
  base::Matrix<float> values(static_cast<std::size_t>(rows.count(comm.rank())), 2);
  for (std::size_t i = 0; i < values.rows(); ++i)
    for (std::size_t d = 0; d < 2; ++d)
      values(i, d) = static_cast<float>(10 * (rows.begin(comm.rank()) + static_cast<GlobalIndex>(i))) +
                     static_cast<float>(d);
  const std::vector<GlobalIndex> partners{7, NameJoin::none, 0, 9};
  const auto taken = take_partners<float>(comm, partners, rows, values.view(), -1);
  EXPECT_THAT(std::vector(taken.elements().begin(), taken.elements().end()),
              testing::ElementsAre(70, 71, -1, -1, 0, 1, 90, 91));
}

}  // namespace
}  // namespace fleetsne::data
