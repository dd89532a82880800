#include "fleetsne/sweep/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleetsne::sweep {
namespace {

/// As much of a config's description as plans are made by.
run::About describe(run::Config& c) {
  run::About about;
  about.config = {
      {"input", {{"files", c.input.files}, {"transposed", c.input.transposed}, {"pca", c.input.pca}}},
      {"neighbors",
       {{"count", c.neighbors.count},
        {"metric", static_cast<int>(c.neighbors.metric)},
        {"save", c.neighbor_files.save},
        {"load", c.neighbor_files.load},
        {"distances", c.neighbor_files.distances}}},
      {"affinity", {{"kind", static_cast<int>(c.affinity.kind)}, {"perplexity", c.affinity.perplexity}}}};
  return about;
}

Row tsne(const std::string& name, double perplexity) {
  Row row{.name = name, .settings = {}, .config = {}};
  row.config.input.files = {"rows.npy"};
  row.config.affinity.perplexity = perplexity;
  return row;
}

Row umap(const std::string& name, std::size_t neighbors) {
  Row row = tsne(name, 30);
  row.config.method = run::Method::umap;
  row.config.neighbors.count = neighbors;
  return row;
}

Plan plan_of(const std::vector<Row>& rows) {
  return make_plan(rows, "out", 0, describe);
}

TEST(Plan, RowsWithTheSameAffinitiesShareThem) {
  Row exaggerated = tsne("b", 30);
  exaggerated.config.optimize.exaggeration = 4;
  exaggerated.config.run.seed = 9;
  const Plan plan = plan_of({tsne("a", 30), exaggerated});
  ASSERT_EQ(plan.affinities.size(), 1);
  EXPECT_EQ(plan.affinities[0].rows, 2);
  EXPECT_TRUE(plan.neighbors.empty()) << "a search for one affinity file is not kept";
  for (const PlannedRow& row : plan.rows) {
    EXPECT_EQ(row.affinities, 0);
    EXPECT_EQ(row.row.config.input.affinity, plan.affinities[0].file);
    EXPECT_EQ(row.row.config.output.directory, "out/rows/" + row.row.name);
  }
  EXPECT_EQ(plan.affinities[0].config.run.seed, 0) << "the sweep's, not a row's";
}

TEST(Plan, PerplexitiesAndUmapShareTheLargestSearch) {
  const Plan plan = plan_of({tsne("a", 10), tsne("b", 30), umap("c", 120), tsne("d", 10)});
  ASSERT_EQ(plan.affinities.size(), 2);
  ASSERT_EQ(plan.neighbors.size(), 1);
  EXPECT_EQ(plan.neighbors[0].config.neighbors.count, 119) << "UMAP counts the point itself";
  EXPECT_EQ(plan.neighbors[0].config.neighbor_files.save, plan.neighbors[0].file);
  EXPECT_EQ(plan.neighbors[0].rows, 4);
  for (const Shared& affinities : plan.affinities) {
    EXPECT_EQ(affinities.neighbors, 0);
    EXPECT_EQ(affinities.config.neighbor_files.load, plan.neighbors[0].file);
  }
  EXPECT_EQ(plan.rows[2].neighbors, 0);
  EXPECT_EQ(plan.rows[2].row.config.neighbor_files.load, plan.neighbors[0].file);
  EXPECT_FALSE(plan.rows[2].affinities);
  EXPECT_EQ(plan.rows[0].affinities, plan.rows[3].affinities);
  EXPECT_TRUE(plan.rows[0].row.config.neighbor_files.load.empty()) << "its affinities have them already";
}

TEST(Plan, MoreNeighborsAreAnotherFile) {
  const Plan before = plan_of({tsne("a", 10), tsne("b", 30)});
  const Plan after = plan_of({tsne("a", 10), tsne("b", 30), tsne("c", 100)});
  ASSERT_EQ(before.neighbors.size(), 1);
  ASSERT_EQ(after.neighbors.size(), 1);
  EXPECT_THAT(before.neighbors[0].name, testing::EndsWith("-90"));
  EXPECT_THAT(after.neighbors[0].name, testing::EndsWith("-300"));
  EXPECT_EQ(before.affinities[0].file, after.affinities[0].file) << "what is there serves";
}

TEST(Plan, KeysOfRowsAreTheirOwn) {
  const Plan alone = plan_of({umap("a", 15)});
  EXPECT_TRUE(alone.neighbors.empty());
  const Plan sharing = make_plan({umap("a", 15), tsne("b", 30)}, "/else/where/out", 0, describe);
  EXPECT_EQ(sharing.rows[0].neighbors, 0);
  EXPECT_EQ(alone.rows[0].key, sharing.rows[0].key);
  EXPECT_NE(sharing.rows[1].key, plan_of({tsne("b", 31)}).rows[0].key);
  EXPECT_NE(sharing.rows[1].key, make_plan({tsne("b", 30)}, "out", 1, describe).rows[0].key)
      << "another seed";
}

TEST(Plan, ReportsSpellSharedFilesAsTheyLieInTheFolder) {
  for (const char* folder : {"out", "out/", "/else/where"}) {
    const Plan plan = make_plan({umap("a", 15), tsne("b", 30)}, folder, 0, describe);
    const std::string file = "shared/" + plan.neighbors[0].name + ".h5";
    const auto told = [&](const run::Config& config) {
      return describe_part(plan, config, describe).config.at("neighbors");
    };
    EXPECT_EQ(told(plan.rows[0].row.config).at("load"), file);
    EXPECT_EQ(told(plan.neighbors[0].config).at("save"), file);
    EXPECT_EQ(told(plan.affinities[0].config).at("load"), file);
  }
  Row own = tsne("a", 30);
  own.config.neighbor_files.load = "mine/n.h5";
  const Plan plan = plan_of({own});
  EXPECT_EQ(describe_part(plan, plan.affinities[0].config, describe).config.at("neighbors").at("load"),
            "mine/n.h5");
}

TEST(Plan, OtherMetricsColumnsOrInputsShareNothing) {
  Row metric = tsne("b", 30), columns = tsne("c", 30), input = tsne("d", 30);
  metric.config.neighbors.metric = neighbors::Metric::cosine;
  columns.config.input.pca = 5;
  input.config.input.files = {"others.npy"};
  const Plan plan = plan_of({tsne("a", 30), metric, columns, input});
  EXPECT_EQ(plan.affinities.size(), 4);
  EXPECT_TRUE(plan.neighbors.empty());
}

TEST(Plan, FilesThatTheUserNamesStay) {
  Row affinities = tsne("a", 30), neighbors = tsne("b", 30), same = tsne("c", 30), both = umap("d", 15);
  affinities.config.input.affinity = "mine.h5";
  neighbors.config.neighbor_files.load = same.config.neighbor_files.load = both.config.neighbor_files.load =
      "n.h5";
  const Plan plan = plan_of({affinities, neighbors, same, both});
  EXPECT_EQ(plan.rows[0].row.config.input.affinity, "mine.h5");
  EXPECT_FALSE(plan.rows[0].affinities);
  ASSERT_EQ(plan.affinities.size(), 1);
  EXPECT_EQ(plan.affinities[0].config.neighbor_files.load, "n.h5");
  EXPECT_EQ(plan.rows[3].row.config.neighbor_files.load, "n.h5");
  EXPECT_TRUE(plan.neighbors.empty());
}

TEST(Plan, StartsAndStopsOfRowsAreNotThoseOfWhatIsShared) {
  Row row = tsne("a", 30);
  row.config.init.start = init::Start::sample;
  row.config.checkpoint.max_wall_time = "10";
  const Plan plan = plan_of({row});
  EXPECT_EQ(plan.affinities[0].config.init.start, init::InitConfig{}.start);
  EXPECT_EQ(plan.rows[0].row.config.checkpoint.stop_file, "out/stop");
}

}  // namespace
}  // namespace fleetsne::sweep
