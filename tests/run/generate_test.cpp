// The files of `fleetsne generate`: the same for any number of ranks, whole or absent.
#include "fleetsne/run/generate.hpp"

#include "fleetsne/io/read.hpp"
#include "fleetsne/run/problems.hpp"

#include "io/scratch.hpp"
#include <omp.h>

namespace fleetsne::run {
namespace {

namespace fs = std::filesystem;
using io::testing::expect_error;

class Generate : public io::testing::Scratch {
 protected:
  GenerateConfig config_for(const std::string& name) const {
    GenerateConfig config;
    config.rows = 2311;
    config.cells.columns = 7;
    config.cells.clusters = 40;
    config.output.rows = path(name);
    config.run.seed = 3;
    config.run.threads = omp_get_max_threads();
    return config;
  }
  std::string bytes_of(const std::string& file) const {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  /// What the file must hold, by one thread in one go.
  std::string expected_rows(const GenerateConfig& config) const {
    base::Matrix<float> rows(config.rows, config.cells.columns);
    std::vector<std::int32_t> labels(config.rows);
    auto cells = config.cells;
    cells.seed = config.run.seed;
    synthetic::Cells(cells).make(0, rows, labels);
    return {reinterpret_cast<const char*>(rows.data()), rows.elements().size_bytes()};
  }
  void expect_nothing_left() const {
    comm.barrier();
    EXPECT_TRUE(fs::is_empty(directory));
    comm.barrier();
  }
  base::Log log;
};

TEST_F(Generate, FilesHoldTheRowsWhateverTheRounds) {
  for (const std::size_t limit : {std::size_t{1} << 10, std::size_t{64} << 20}) {
    io::set_transfer_limit(limit);
    GenerateConfig config = config_for("cells.npy");
    config.output.force = true;
    const Generated made = generate(comm, config, log);
    EXPECT_EQ(made.files, (std::vector{path("cells.npy"), path("cells-labels.npy")}));
    const std::string bytes = bytes_of(path("cells.npy"));
    EXPECT_EQ(bytes.substr(128), expected_rows(config));
    EXPECT_THAT(bytes, ::testing::HasSubstr("'descr': '<f4', 'fortran_order': False, 'shape': (2311, 7)"));
    EXPECT_THAT(bytes_of(path("cells-labels.npy")),
                ::testing::HasSubstr("'descr': '<i4', 'fortran_order': False, 'shape': (2311,)"));
    comm.barrier();
  }
}

TEST_F(Generate, FilesReadBackWithTheirLabels) {
  const GenerateConfig config = config_for("cells.npy");
  generate(comm, config, log);
  const auto rows = io::read_rows(comm, std::vector{path("cells.npy")});
  const auto labels = io::read_labels(comm, std::vector{path("cells-labels.npy")}, rows.rows);
  auto cells = config.cells;
  cells.seed = config.run.seed;
  base::Matrix<float> made(rows.local.rows(), rows.columns());
  std::vector<std::int32_t> clusters(rows.local.rows());
  synthetic::Cells(cells).make(rows.rows.begin(comm.rank()), made, clusters);
  for (std::size_t i = 0; i < made.rows(); ++i) {
    ASSERT_TRUE(std::ranges::equal(made.row(i), rows.local.row(i)));
    ASSERT_EQ(labels.categories.at(static_cast<std::size_t>(labels.codes[i])), std::to_string(clusters[i]));
  }
}

TEST_F(Generate, FewerRowsAreTheBeginningOfMore) {
  GenerateConfig config = config_for("many.npy");
  generate(comm, config, log);
  config.rows = 1000;
  config.output.rows = path("few.npy");
  generate(comm, config, log);
  const std::string many = bytes_of(path("many.npy")), few = bytes_of(path("few.npy"));
  EXPECT_EQ(few.substr(128), many.substr(128, few.size() - 128));
  EXPECT_EQ(bytes_of(path("few-labels.npy")).substr(128),
            bytes_of(path("many-labels.npy")).substr(128, 4 * 1000));
  comm.barrier();
}

TEST_F(Generate, FewerRowsThanRanksAreNoError) {
  GenerateConfig config = config_for("cells.npy");
  config.rows = 1;
  generate(comm, config, log);
  EXPECT_EQ(bytes_of(path("cells.npy")).size(), 128U + 7 * 4);
  comm.barrier();
}

TEST_F(Generate, LabelsMayLieElsewhereAndFoldersAreMade) {
  GenerateConfig config = config_for("a/b/cells.npy");
  config.output.labels = path("c/types.npy");
  generate(comm, config, log);
  EXPECT_TRUE(fs::exists(path("a/b/cells.npy")));
  EXPECT_TRUE(fs::exists(path("c/types.npy")));
  comm.barrier();
}

TEST_F(Generate, FilesThatAreThereStayUnlessForced) {
  for (const char* there : {"cells.npy", "cells-labels.npy"}) {
    make_file(there, "precious");
    expect_error(comm, base::ErrorKind::usage, {there, "--force"},
                 [&] { generate(comm, config_for("cells.npy"), log); });
    EXPECT_EQ(bytes_of(path(there)), "precious");
    comm.barrier();
    if (comm.rank() == 0) fs::remove(path(there));
    expect_nothing_left();
  }
}

TEST_F(Generate, FailuresLeaveNothing) {
  GenerateConfig config = config_for("made/cells.npy");
  config.output.labels = "/proc/fleetsne/labels.npy";
  expect_error(comm, base::ErrorKind::io, {"/proc/fleetsne"}, [&] { generate(comm, config, log); });
  expect_nothing_left();
  make("cells.npy", [](const std::string& folder) { fs::create_directory(folder); });
  expect_error(comm, base::ErrorKind::usage, {"cells.npy is a directory"},
               [&] { generate(comm, config_for("cells.npy"), log); });
}

TEST_F(Generate, ProblemsOfTheConfigAreToldTogether) {
  GenerateConfig config;
  config.rows = 0;
  config.cells = {.columns = 0, .clusters = 1'000'000, .trajectories = 1.5, .noise = -0.1, .separation = -1};
  config.run.threads = -1;
  expect_error(
      comm, base::ErrorKind::usage,
      {"8 problems", "--rows is 0", "--columns is 0", "--clusters is 1000000", "--trajectories is 1.5",
       "--noise is -0.1", "--separation is -1", "--threads is -1", "Add --output"},
      [&] { generate(comm, config, log); });
  config = config_for("cells.npy");
  config.cells.clusters = 100'000;
  config.cells.columns = 5000;
  expect_error(comm, base::ErrorKind::usage, {"--clusters 100000 with --columns 5000 takes"},
               [&] { generate(comm, config, log); });
  config = config_for("cells.txt");
  config.output.labels = path("labels.csv");
  expect_error(comm, base::ErrorKind::usage, {"cells.txt", "labels.csv", ".npy"},
               [&] { generate(comm, config, log); });
  config = config_for("cells.npy");
  config.output.labels = path("./cells.npy");
  expect_error(comm, base::ErrorKind::usage, {"--labels is", "also --output"},
               [&] { generate(comm, config, log); });
  expect_nothing_left();
}

}  // namespace
}  // namespace fleetsne::run
