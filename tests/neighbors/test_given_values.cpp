// Values of other tools are recognized by what the rows say, whatever convention they follow.
#include "fleetsne/base/random.hpp"
#include "fleetsne/neighbors/given_values.hpp"

#include "support/small_data.hpp"
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <vector>

namespace fleetsne::neighbors {
namespace {

constexpr base::GlobalIndex rows = 60;

using Convention = std::function<double(const ComparedNeighbor&)>;

/// Pairs of clustered rows, measured by the metric.
std::vector<ComparedNeighbor> pairs(Metric metric) {
  const auto comm = comm::Communicator::world();
  auto data = adapt_rows(comm, test::block_of(comm, test::clustered_points(rows, 5, 3)), metric);
  std::vector<ListedNeighbor> listed;
  for (base::GlobalIndex row = data.rows.begin(comm.rank()); row < data.rows.end(comm.rank()); ++row)
    for (std::int64_t j = 0; j < 8; ++j) listed.push_back({row, (row + 3 * j + 3) % rows, j, 0});
  return compare_listed(comm, data, listed, metric, metric);
}

std::vector<ComparedNeighbor> with(std::vector<ComparedNeighbor> sample, const Convention& convention) {
  for (ComparedNeighbor& pair : sample) pair.listed.value = static_cast<float>(convention(pair));
  return sample;
}

struct Case {
  Metric metric;
  const char* name;
  Convention value;
  double factor = 1;
};

double cosine(const ComparedNeighbor& pair) {
  return 1 - pair.measured / 2;
}
double product(const ComparedNeighbor& pair) {
  return (pair.offset - pair.measured) / 2;
}

TEST(GivenValues, AreRecognizedAndConverted) {
  const std::vector<Case> cases{
      {Metric::euclidean, "distances", [](auto& p) { return std::sqrt(p.measured); }},
      {Metric::euclidean, "squared distances", [](auto& p) { return p.measured; }},
      {Metric::euclidean, "distances", [](auto& p) { return 3.5 * std::sqrt(p.measured); }, 3.5},
      {Metric::euclidean, "squared distances", [](auto& p) { return p.measured / 5; }, 0.2},
      {Metric::euclidean, "distances with the sign changed", [](auto& p) { return -std::sqrt(p.measured); }},
      {Metric::manhattan, "distances", [](auto& p) { return p.measured; }},
      {Metric::manhattan, "distances", [](auto& p) { return p.measured / 5; }, 0.2},
      {Metric::cosine, "distances", [](auto& p) { return 1 - cosine(p); }},
      {Metric::cosine, "similarities (the cosine or the correlation)", cosine},
      {Metric::cosine, "Euclidean distances between rows of unit length",
       [](auto& p) { return std::sqrt(p.measured); }},
      {Metric::cosine, "distances", [](auto& p) { return p.measured; }, 2},  // 2 - 2 cos
      {Metric::cosine, "angles", [](auto& p) { return std::acos(cosine(p)); }},
      {Metric::cosine, "angles divided by pi",
       [](auto& p) { return std::acos(cosine(p)) / std::numbers::pi; }},
      {Metric::correlation, "distances", [](auto& p) { return 1 - cosine(p); }},
      {Metric::correlation, "similarities (the cosine or the correlation)", cosine},
      {Metric::inner_product, "distances", [](auto& p) { return std::sqrt(p.measured); }},
      {Metric::inner_product, "inner products", product},
      {Metric::inner_product, "1 - inner product", [](auto& p) { return 1 - product(p); }},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(std::string(one.name) + " " + std::to_string(static_cast<int>(one.metric)));
    const auto sample = with(pairs(one.metric), one.value);
    const auto found = recognize_values(sample, one.metric);
    ASSERT_TRUE(found.has_value());
    EXPECT_STREQ(found->kind.name, one.name);
    EXPECT_NEAR(found->factor, one.factor, 1e-4 * one.factor);
    EXPECT_EQ(found->as_expected, std::string(one.name) == "distances");
    for (const ComparedNeighbor& pair : sample) {
      const bool angular = one.metric == Metric::cosine || one.metric == Metric::correlation;
      const double measured = angular ? pair.measured / 2 : pair.measured;
      const double squared = angular || one.metric == Metric::manhattan ? measured * measured : measured;
      EXPECT_NEAR(static_cast<double>(found->squared_distance(pair.listed.value, pair.offset, one.metric)),
                  squared, 2e-3 * squared + 1e-4);
    }
  }
}

TEST(GivenValues, BelowZeroByRoundingAreZero) {
  auto sample = with(pairs(Metric::cosine), [](auto& p) { return 1 - cosine(p); });
  const auto found = recognize_values(sample, Metric::cosine);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->squared_distance(-6e-8F, 0, Metric::cosine), 0);
  EXPECT_TRUE(std::isnan(found->squared_distance(-0.5F, 0, Metric::cosine)));
  EXPECT_TRUE(
      std::isnan(found->squared_distance(std::numeric_limits<float>::quiet_NaN(), 0, Metric::cosine)));
}

TEST(GivenValues, ThatAreNoDistancesAreDescribed) {
  const base::Random random(1, base::Stream::test);
  const std::vector<std::pair<const char*, Convention>> cases{
      {"all the same, 1", [](auto&) { return 1.0; }},
      {"ranks", [](auto& p) { return static_cast<double>(p.listed.place + 1); }},
      {"similarities", [](auto& p) { return std::exp(-p.measured / 20); }},
      {"by another measure", [](auto& p) { return std::pow(p.measured, 3); }},
      {"not related",
       [&](auto& p) { return random.uniform(p.listed.row, static_cast<std::uint32_t>(p.listed.place)); }},
  };
  for (const auto& [text, value] : cases) {
    SCOPED_TRACE(text);
    const auto sample = with(pairs(Metric::euclidean), value);
    EXPECT_FALSE(recognize_values(sample, Metric::euclidean).has_value());
    EXPECT_FALSE(resemble_distances(sample, Metric::euclidean).has_value());
    EXPECT_NE(describe_values(sample).find(text), std::string::npos) << describe_values(sample);
  }
}

TEST(GivenValues, OfRowsReducedOtherwiseResembleDistances) {
  const base::Random random(2, base::Stream::test);
  const auto sample = with(pairs(Metric::euclidean), [&](auto& p) {
    return std::sqrt(p.measured) *
           (1.1 + 0.1 * random.uniform(p.listed.row, static_cast<std::uint32_t>(p.listed.place)));
  });
  EXPECT_FALSE(recognize_values(sample, Metric::euclidean).has_value());
  const auto found = resemble_distances(sample, Metric::euclidean);
  ASSERT_TRUE(found.has_value());
  EXPECT_STREQ(found->kind.name, "distances");
  EXPECT_EQ(found->factor, 1);
  EXPECT_NEAR(found->deviation, 0.15, 0.03);
}

}  // namespace
}  // namespace fleetsne::neighbors
