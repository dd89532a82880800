// Neighbours in files: what is read is what was written, in any order of the rows, or it is an error.
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/io/write.hpp"

#include "io/scratch.hpp"
#include "largest_transfer.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace fleetsne::io::testing {
namespace {

using base::ErrorKind;
using base::GlobalIndex;
using base::LocalIndex;

constexpr GlobalIndex rows = 101;
constexpr std::size_t k = 7;

/// Input row of a row of the working order.
GlobalIndex origin_of(GlobalIndex working) {
  return working * 37 % rows;
}

data::Permutation scattered(const comm::Communicator& comm) {
  const auto blocks = data::RowDistribution::balanced(rows, comm.size());
  data::Permutation permutation{blocks, blocks, {}};
  for (GlobalIndex i = blocks.begin(comm.rank()); i < blocks.end(comm.rank()); ++i)
    permutation.origins.push_back(origin_of(i));
  return permutation;
}

/// The j-th neighbour of a row of the working order, and how far it is.
GlobalIndex neighbor(GlobalIndex row, std::size_t j) {
  return (row + 1 + static_cast<GlobalIndex>(j) * 13) % rows;
}
float distance(GlobalIndex row, std::size_t j) {
  return static_cast<float>(row % 5) + static_cast<float>(j) * 0.5F;
}

data::NeighborGraph graph_of(const comm::Communicator& comm, const data::Permutation& permutation) {
  data::NeighborGraph graph;
  graph.rows = permutation.working;
  const GlobalIndex begin = graph.rows.begin(comm.rank()), count = graph.rows.count(comm.rank());
  std::vector<GlobalIndex> referenced;
  for (GlobalIndex i = begin; i < begin + count; ++i)
    for (std::size_t j = 0; j < k; ++j) referenced.push_back(neighbor(i, j));
  graph.ghosts = data::Ghosts(graph.rows, comm.rank(), referenced);
  graph.columns = base::Matrix<LocalIndex>(static_cast<std::size_t>(count), k);
  graph.squared_distances = base::Matrix<float>(static_cast<std::size_t>(count), k);
  for (GlobalIndex i = 0; i < count; ++i)
    for (std::size_t j = 0; j < k; ++j) {
      const auto row = static_cast<std::size_t>(i);
      graph.columns(row, j) = graph.ghosts.column(neighbor(begin + i, j));
      graph.squared_distances(row, j) = distance(begin + i, j) * distance(begin + i, j);
    }
  return graph;
}

void expect_same(const data::NeighborGraph& read, const data::NeighborGraph& expected,
                 std::size_t count = k) {
  ASSERT_EQ(read.count(), count);
  ASSERT_EQ(read.columns.rows(), expected.columns.rows());
  for (std::size_t i = 0; i < read.columns.rows(); ++i)
    for (std::size_t j = 0; j < count; ++j) {
      EXPECT_EQ(read.ghosts.row(read.columns(i, j)), expected.ghosts.row(expected.columns(i, j)));
      EXPECT_FLOAT_EQ(read.squared_distances(i, j), expected.squared_distances(i, j));
    }
}

/// Values are distances, rows count from 0.
NeighborReading plainly() {
  return {.first_index = 0, .larger_is_nearer = false, .squared = [](std::size_t, float value) {
            return value < 0 ? std::nanf("") : value * value;
          }};
}

class Neighbors : public Scratch {
 public:
  base::Log log;
  const data::Permutation permutation = scattered(comm);

  /// As another tool writes them: in the input's order, each row itself first, the others farthest first.
  std::vector<std::int64_t> foreign_indices() const {
    std::vector<std::int64_t> indices(rows * (k + 1));
    for (GlobalIndex working = 0; working < rows; ++working) {
      const auto at = static_cast<std::size_t>(origin_of(working)) * (k + 1);
      indices[at] = origin_of(working);
      for (std::size_t j = 0; j < k; ++j) indices[at + k - j] = origin_of(neighbor(working, j));
    }
    return indices;
  }
  std::vector<float> foreign_distances() const {
    std::vector<float> distances(rows * (k + 1));
    for (GlobalIndex working = 0; working < rows; ++working) {
      const auto at = static_cast<std::size_t>(origin_of(working)) * (k + 1);
      for (std::size_t j = 0; j < k; ++j) distances[at + k - j] = distance(working, j);
    }
    return distances;
  }
  std::string foreign_file(const std::string& name, const std::vector<std::int64_t>& indices,
                           const std::vector<float>& distances) {
    return make(name, [&](const std::string& where) {
      const std::vector<hsize_t> shape{rows, indices.size() / rows};
      write_dataset<std::int64_t>(where, "neighbors", H5T_STD_I64LE, shape, indices);
      write_dataset<float>(where, "distances", H5T_IEEE_F32LE, {rows, distances.size() / rows}, distances);
    });
  }
  template <class T>
  std::string npy(const std::string& name, const std::string& type, const std::vector<T>& values,
                  bool fortran = false) {
    std::string bytes = npy_header(1, type, fortran, "(101, " + std::to_string(values.size() / rows) + ")");
    for (const T value : values) append(bytes, value, false);
    return make_file(name, bytes);
  }
};

TEST_F(Neighbors, AreReadAsTheyWereWritten) {
  const auto graph = graph_of(comm, permutation);
  for (const std::size_t limit : {std::size_t{1024}, std::size_t{64} << 20}) {
    set_transfer_limit(limit);
    const std::string file = path("nn" + std::to_string(limit) + ".h5");
    reset_transfers();
    write_neighbors(comm, file, permutation, graph, 77, {{"how", "by hand"}});
    EXPECT_LE(writes().largest, limit);
    const NeighborHeader header = inspect_neighbors(comm, {file, ""});
    EXPECT_EQ(header.rows, rows);
    EXPECT_EQ(header.count, k);
    EXPECT_EQ(header.input_digest, 77U);
    EXPECT_EQ(about_neighbors(comm, {file, ""}), (nlohmann::json{{"how", "by hand"}}));
    EXPECT_TRUE(header.summed);
    verify_neighbors(comm, file);
    expect_same(read_neighbors(comm, {file, ""}, permutation, plainly(), k, log), graph);
    expect_same(read_neighbors(comm, {file, ""}, permutation, plainly(), 3, log), graph, 3);
    EXPECT_LE(reads().largest, limit);
  }
}

TEST_F(Neighbors, AreVerifiedByTheirChecksumsOrByTheirSense) {
  const auto graph = graph_of(comm, permutation);
  const std::string file = path("nn.h5");
  write_neighbors(comm, file, permutation, graph, 77, {});
  for (const char* name : {"indices", "distances"}) {
    const std::string changed = make(name, [&](const std::string& where) {
      std::filesystem::copy_file(file, where);
      const hdf5::Guard guard(ErrorKind::io, where);
      const hdf5::Handle open(H5Fopen(where.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
      const hdf5::Handle dataset = hdf5::open_dataset(guard, open.get(), name);
      std::vector<double> values(rows * k);
      H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
      values.back() = values.back() == 1 ? 2 : 1;
      H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    });
    expect_error(comm, ErrorKind::input, {std::string("its ") + name + " do not fit their checksum"},
                 [&] { verify_neighbors(comm, changed); });
  }
}

TEST_F(Neighbors, AreSurveyed) {
  const std::string foreign = foreign_file("foreign.h5", foreign_indices(), foreign_distances());
  EXPECT_FALSE(inspect_neighbors(comm, {foreign, ""}).summed);
  EXPECT_TRUE(about_neighbors(comm, {foreign, ""}).is_null());
  NeighborSurvey survey = survey_neighbors(comm, {foreign, ""});
  EXPECT_EQ(survey.smallest, 0);
  EXPECT_EQ(survey.largest, rows - 1);
  EXPECT_FALSE(survey.counts_from_one(rows));
  EXPECT_EQ(survey.fewest[0], k);
  EXPECT_EQ(survey.short_rows, 0);
  EXPECT_EQ(survey.least_value, 0);
  EXPECT_EQ(survey.greatest_value, 7);

  auto indices = foreign_indices();
  auto distances = foreign_distances();
  for (std::int64_t& index : indices) ++index;
  const std::string from_one = foreign_file("one.h5", indices, distances);
  survey = survey_neighbors(comm, {from_one, ""});
  EXPECT_TRUE(survey.counts_from_one(rows));
  EXPECT_EQ(survey.fewest[1], k);
  NeighborReading reading = plainly();
  reading.first_index = 1;
  expect_same(read_neighbors(comm, {from_one, ""}, permutation, reading, k, log),
              graph_of(comm, permutation));

  indices = foreign_indices();
  indices[9] = -1;                                         // row 1, the farthest, as faiss marks it
  distances[17] = std::numeric_limits<float>::infinity();  // row 2, the farthest, as scipy's trees do
  indices[17] = rows;
  const std::string padded = foreign_file("padded.h5", indices, distances);
  survey = survey_neighbors(comm, {padded, ""});
  EXPECT_EQ(survey.short_rows, 2);
  EXPECT_EQ(survey.fewest[0], k - 1);
  expect_same(read_neighbors(comm, {padded, ""}, permutation, plainly(), k - 1, log),
              graph_of(comm, permutation), k - 1);

  distances[800] = std::nanf("");
  expect_error(comm, ErrorKind::input, {"row 100 has a neighbor whose distance is not a number"}, [&] {
    survey_neighbors(comm, {foreign_file("nan.h5", indices, distances), ""});
  });
  indices = foreign_indices();
  indices[3] = rows;
  expect_error(comm, ErrorKind::input, {"names rows 0 to 101 as neighbors", "0 to 100, or 1 to 101"}, [&] {
    survey_neighbors(comm, {foreign_file("far.h5", indices, foreign_distances()), ""});
  });
}

TEST_F(Neighbors, OfSomeRowsAreSampledEvenly) {
  const NeighborFiles files{foreign_file("sampled.h5", foreign_indices(), foreign_distances()), ""};
  const auto& input = permutation.input;
  std::vector<GlobalIndex> sampled;
  for (GlobalIndex row = input.begin(comm.rank()); row < input.end(comm.rank()); row += 2)
    sampled.push_back(row);
  const ListedNeighbors found = sample_neighbors(comm, files, permutation, 0, sampled, 3);
  ASSERT_EQ(found.rows.size(), 3 * sampled.size());
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    EXPECT_EQ(origin_of(found.rows[i]), sampled[i / 3]);
    const auto j = k - static_cast<std::size_t>(found.places[i]);  // the file has the farthest first
    EXPECT_EQ(found.neighbors[i], neighbor(found.rows[i], j));
    EXPECT_EQ(found.values[i], distance(found.rows[i], j));
  }
}

TEST_F(Neighbors, OfOtherToolsMayListTheRowsThemselvesInAnyOrder) {
  const auto graph = graph_of(comm, permutation);
  const std::string file = foreign_file("foreign.h5", foreign_indices(), foreign_distances());
  EXPECT_EQ(inspect_neighbors(comm, {file, ""}).input_digest, 0U);
  expect_same(read_neighbors(comm, {file, ""}, permutation, plainly(), k, log), graph);
  const std::vector<std::int64_t> wide = foreign_indices();
  const std::vector<std::int32_t> indices(wide.begin(), wide.end());
  expect_same(read_neighbors(comm, {npy("i.npy", "<i4", indices), npy("d.npy", "<f4", foreign_distances())},
                             permutation, plainly(), k, log),
              graph);
  auto without = foreign_indices();
  without[0] = (without[k] + 1) % rows;  // row 0 does not list itself: it loses the farthest
  while (std::ranges::count(std::span(without).first(k + 1), without[0]) > 1 || without[0] == 0)
    without[0] = (without[0] + 1) % rows;
  auto distances = foreign_distances();
  distances[0] = 1000;
  expect_same(read_neighbors(comm, {foreign_file("without.h5", without, distances), ""}, permutation,
                             plainly(), k, log),
              graph);
}

TEST_F(Neighbors, ThatCannotBeAreRefused) {
  const auto refused = [&](const NeighborFiles& files, const std::vector<std::string>& texts) {
    expect_error(comm, ErrorKind::input, texts,
                 [&] { read_neighbors(comm, files, permutation, plainly(), k - 1, log); });
  };
  const auto changed = [&](const std::string& name, auto&& change) {
    auto indices = foreign_indices();
    auto distances = foreign_distances();
    change(indices, distances);
    return foreign_file(name, indices, distances);
  };
  refused({changed("large.h5", [](auto& i, auto&) { i[500] = 101; }), ""}, {"row 62 has the neighbor 101"});
  refused({changed("negative.h5", [](auto& i, auto&) { i[9] = -2; }), ""}, {"row 1 has the neighbor -2"});
  refused({changed("twice.h5", [](auto& i, auto&) { i[3] = i[4]; }), ""}, {"row 0 has a neighbor twice"});
  refused({changed("less.h5", [](auto&, auto& d) { d[1] = -0.5F; }), ""},
          {"row 0 has a neighbor with the value -0.5"});
  refused({changed("short.h5", [](auto&, auto& d) { d.resize(rows * k); }), ""},
          {"101 x 8", "101 x 7", "every neighbor has a distance"});
  const std::string d = npy("d.npy", "<f4", foreign_distances()), i = npy("i.npy", "<i8", foreign_indices());
  refused({i, ""}, {"i.npy is not an HDF5 file", "--neighbors.distances"});
  refused({d, d}, {"does not hold integers"});
  refused({path("nowhere.h5"), ""}, {"nowhere.h5"});
  const std::string rows_alone = make("rows.h5", [&](const std::string& where) {
    write_dataset<float>(where, "rows", H5T_IEEE_F32LE, {2, 2}, {1, 2, 3, 4});
  });
  refused({rows_alone, ""}, {"has no dataset neighbors", "/rows (2 x 2)"});
  refused({cut(i, "cut.npy", 2000), d}, {"cut.npy"});
}

}  // namespace
}  // namespace fleetsne::io::testing
