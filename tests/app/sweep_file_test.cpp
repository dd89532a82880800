#include "fleetsne/app/sweep_file.hpp"

#include "fleetsne/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleetsne::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

struct Read {
  run::Config config;
  OptionTable table = option_table(config);
  std::vector<SweepRow> rows;
  std::string wrong;

  explicit Read(const std::string& text) {
    run::Problems problems;
    rows = sweep_rows(read_sweep_file(text, "my.cfg", problems), "my.cfg", table, problems);
    try {
      problems.raise();
    } catch (const base::UsageError& error) {
      wrong = error.what();
    }
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const SweepRow& row : rows) all.push_back(row.name);
    return all;
  }
};

TEST(SweepFile, AGridIsEveryCombinationAndTheLastVariesFastest) {
  const Read read("[grid]\nperplexity = 30, 100\nexaggeration=1,4 # two\n");
  EXPECT_THAT(read.wrong, IsEmpty());
  EXPECT_THAT(read.names(), ElementsAre("perplexity-30_exaggeration-1", "perplexity-30_exaggeration-4",
                                        "perplexity-100_exaggeration-1", "perplexity-100_exaggeration-4"));
  EXPECT_THAT(read.rows[1].settings,
              ElementsAre(Pair("affinity.perplexity", "30"), Pair("optimize.exaggeration", "4")));
}

TEST(SweepFile, BarsKeepCommasInValues) {
  const Read read("[grid]\naffinity.kind = mixture\naffinity.perplexities = 50,500 | 30,300\n");
  ASSERT_EQ(read.rows.size(), 2);
  EXPECT_THAT(read.rows[1].settings[1], Pair("affinity.perplexities", "30,300"));
  EXPECT_EQ(read.rows[1].name, "kind-mixture_perplexities-30_300");
}

TEST(SweepFile, RowsStandAfterTheGridAndHaveValuesAsTheyAre) {
  const Read read(
      "[row.two]\naffinity.perplexities = 50,500\naffinity_kind = x\n[grid]\nseed = 1\n[row.one]\n");
  EXPECT_THAT(read.wrong, HasSubstr("unknown option affinity_kind in [row.two]"));
  EXPECT_THAT(read.names(), ElementsAre("seed-1", "two", "one"));
  EXPECT_THAT(read.rows[1].settings, ElementsAre(Pair("affinity.perplexities", "50,500")));
  EXPECT_THAT(read.rows[2].settings, IsEmpty()) << "a row as all are";
}

TEST(SweepFile, AStageMayStandSeveralTimesInARow) {
  const Read read("[row.a]\nstage = iterations=10,exaggeration=4\nstage = iterations=20\n");
  EXPECT_THAT(read.wrong, IsEmpty());
  run::Config config;
  config.optimize.stages.resize(5);
  EXPECT_THAT(apply_settings(read.rows[0], config), IsEmpty());
  ASSERT_EQ(config.optimize.stages.size(), 2);
  EXPECT_EQ(config.optimize.stages[1].iterations, 20);
}

TEST(SweepFile, LongNamesOfAGridAreNumbers) {
  const Read read("[grid]\ntitle = " + std::string(150, 'x') + ", short\n");
  EXPECT_THAT(read.names(), ElementsAre("grid-1", "title-short"));
}

TEST(SweepFile, WrongValuesAreFoundWhenTheyAreSet) {
  const Read read("[row.a]\nperplexity = many\n");
  run::Config config;
  EXPECT_THAT(apply_settings(read.rows[0], config), HasSubstr("affinity.perplexity = many is not a number"));
}

TEST(SweepFile, EveryProblemHasItsLine) {
  const Read read("no\n[grid]\nperplexty = 3\noutput = x\n[row.]\n[row..hidden]\nseed = 1\n");
  for (const char* part : {"my.cfg:1: 'no' has no =", "my.cfg:3: unknown option perplexty",
                           "my.cfg:4: rows cannot differ in output", "my.cfg:5: [row.] has no name",
                           "my.cfg:6: [row..hidden] has no name"})
    EXPECT_THAT(read.wrong, HasSubstr(part));
}

TEST(SweepFile, TooManyRowsAreNotEvenMade) {
  std::string hundred = "1";
  for (int i = 2; i <= 101; ++i) hundred += "," + std::to_string(i);
  const Read read("[grid]\nseed = " + hundred + "\nperplexity = " + hundred + "\n");
  EXPECT_THAT(read.wrong, HasSubstr("my.cfg:3: the grid has more than 10000 rows"));
  EXPECT_THAT(read.rows, IsEmpty());
}

}  // namespace
}  // namespace fleetsne::app
