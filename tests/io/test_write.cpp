// Files are written whole or not at all. What is left in FLEETSNE_IO_WRITTEN, check_files.py opens.
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/npy_file.hpp"
#include "fleetsne/io/partial_file.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/shared_file.hpp"
#include "fleetsne/io/write.hpp"

#include "io/scratch.hpp"
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <optional>

namespace fleetsne::io {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using Names = std::vector<std::string>;

/// This rank's block of an embedding that check_files.py knows.
base::Matrix<float> embedding(const data::RowDistribution& rows, base::Rank rank) {
  auto block = base::padded_matrix<float>(static_cast<std::size_t>(rows.count(rank)), 2);
  for (std::size_t i = 0; i < block.rows(); ++i) {
    const auto row = static_cast<float>(rows.begin(rank) + static_cast<std::int64_t>(i));
    block(i, 0) = row + 0.25f;
    block(i, 1) = row * -0.5f + 3.0f;
  }
  return block;
}

class Write : public testing::Scratch {
 protected:
  /// What an earlier run left must not be what check_files.py looks at.
  static void SetUpTestSuite() {
    const comm::Communicator world = comm::Communicator::world();
    const char* folder = std::getenv("FLEETSNE_IO_WRITTEN");
    if (folder != nullptr && world.rank() == 0) fs::remove_all(folder);
    world.barrier();
  }
  void SetUp() override {
    Scratch::SetUp();
    set_transfer_limit(std::size_t{1} << 10);  // many rounds
  }
  /// Rank 0's view of what is in a directory.
  Names listing(const std::string& folder) const {
    Names names;
    for (const auto& entry : fs::directory_iterator(folder))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  void expect_listing(const std::string& folder, const Names& names) const {
    comm.barrier();
    if (comm.rank() == 0) {
      EXPECT_EQ(listing(folder), names);
    }
    comm.barrier();
  }
  void expect_absent(const std::string& file) const {
    comm.barrier();
    EXPECT_FALSE(fs::exists(file));
    comm.barrier();
  }
  std::string for_python(const std::string& name) const {
    const char* folder = std::getenv("FLEETSNE_IO_WRITTEN");
    if (folder == nullptr) return path(name);
    if (comm.rank() == 0) fs::create_directories(folder);
    comm.barrier();
    return std::string(folder) + "/" + name;
  }
  /// The last rank has no rows if there are several: no writer may count on rows everywhere.
  data::RowDistribution last_empty(std::int64_t rows) const {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(comm.size()), 0);
    const int holders = std::max(comm.size() - 1, 1);
    const auto balanced = data::RowDistribution::balanced(rows, holders);
    for (base::Rank r = 0; r < holders; ++r) counts[static_cast<std::size_t>(r)] = balanced.count(r);
    return data::RowDistribution::of_counts(counts);
  }
};

TEST_F(Write, NpyReadsBack) {
  for (const auto& rows : {data::RowDistribution::balanced(1003, comm.size()), last_empty(1003)}) {
    const auto block = embedding(rows, comm.rank());
    const std::string file = for_python("embedding.npy");
    write_npy(comm, file, rows, block.view());
    const auto read = read_rows(comm, Names{file});
    ASSERT_EQ(read.rows.total(), 1003);
    const auto expected = embedding(read.rows, comm.rank());
    for (std::size_t i = 0; i < expected.rows(); ++i) {
      ASSERT_EQ(read.local(i, 0), expected(i, 0));
      ASSERT_EQ(read.local(i, 1), expected(i, 1));
    }
  }
}

TEST_F(Write, NpyTakesPiecesInAnyOrder) {
  const std::string file = path("pieces.npy");
  NpyFile whole(comm, file, {.element = NpyShape::Element::int32, .rows = 1003, .flat = true});
  base::Matrix<std::int32_t> one(1, 1);
  for (std::int64_t row = 1002 - comm.rank(); row >= 0; row -= comm.size()) {
    one(0, 0) = static_cast<std::int32_t>(row * 1001);
    whole.write_rows(row, base::MatrixView<const std::int32_t>(one.view()));
  }
  expect_absent(file);
  whole.commit();
  const auto rows = data::RowDistribution::balanced(1003, comm.size());
  const auto labels = read_labels(comm, Names{file}, rows);
  for (std::size_t i = 0; i < labels.codes.size(); ++i) {
    const std::int64_t row = rows.begin(comm.rank()) + static_cast<std::int64_t>(i);
    ASSERT_EQ(labels.categories.at(static_cast<std::size_t>(labels.codes[i])), std::to_string(row * 1001));
  }
}

TEST_F(Write, NpyThatIsNotCommittedLeavesNothing) {
  {
    NpyFile given_up(comm, path("absent.npy"), {.rows = 10, .columns = 3});
    const base::Matrix<float> rows(10, 3);
    comm::on_root(comm, [&] { given_up.write_rows(0, rows.view()); });
  }
  expect_listing(directory, {});
}

TEST_F(Write, AnnDataReadsBack) {
  AnnDataContents contents;
  contents.rows = last_empty(1003);
  const auto block = embedding(contents.rows, comm.rank());
  contents.embedding = block.view();
  data::Labels labels{"group", {}, {"one", "zwei", "trois é"}};
  for (std::int64_t row = contents.rows.begin(comm.rank()); row < contents.rows.end(comm.rank()); ++row) {
    labels.codes.push_back(static_cast<std::int32_t>(row % 4) - 1);
  }
  contents.labels = labels;
  contents.parameters = {{"perplexity", 50.0},
                         {"iterations", 750},
                         {"seed", ~std::uint64_t{0}},
                         {"negative", -3},
                         {"exact", true},
                         {"reproducible", false},
                         {"version", "0.1.0 é"},
                         {"empty", ""},
                         {"kl", {3.5, 2.5, 2}},
                         {"sizes", {1, 2, 3}},
                         {"inputs", {"a.npy", "b.npy"}},
                         {"flags", {true, false}},
                         {"mixed", {1, "two"}},
                         {"missing", nullptr},
                         {"none", nlohmann::json::array()},
                         {"nothing", nlohmann::json::object()}};
  contents.parameters["inner"]["deeper"]["a/b"] = 7;
  const std::string file = for_python("plain.h5ad");
  write_anndata(comm, file, contents);

  const auto read = read_rows(comm, Names{file + ":obsm/X_tsne"});
  const auto expected = embedding(read.rows, comm.rank());
  for (std::size_t i = 0; i < expected.rows(); ++i) ASSERT_EQ(read.local(i, 1), expected(i, 1));
  const auto read_back = read_labels(comm, Names{file + ":obs/group"}, contents.rows);
  EXPECT_EQ(read_back.codes, labels.codes);
  EXPECT_EQ(read_back.categories, labels.categories);
}

TEST_F(Write, AnnDataTakesTheNamesOfItsInputs) {
  const char* made = std::getenv("FLEETSNE_IO_FILES");
  if (made == nullptr) GTEST_SKIP() << "needs the files of make_files.py (FLEETSNE_IO_FILES)";
  AnnDataContents contents;
  contents.rows = data::RowDistribution::balanced(303, comm.size());
  const auto block = embedding(contents.rows, comm.rank());
  contents.embedding = block.view();
  for (const char* name : {"/cells.h5ad", "/rows.npy", "/old.h5ad"})
    contents.inputs.push_back(made + std::string(name));
  contents.parameters = nlohmann::json::object();
  write_anndata(comm, for_python("named.h5ad"), contents);
}

TEST_F(Write, TextsThatAreNotUtf8) {
  // Latin-1 in the names of rows, labels, their column and parameters; check_files.py opens the result.
  const std::string named = make("latin1.h5ad", [](const std::string& file) {
    testing::write_dataset(file, "obsm/X_pca", H5T_IEEE_F32LE, {101, 2}, std::vector<float>(202, 1.0f));
    const hdf5::Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.get(), 4);
    std::string names;
    for (int row = 0; row < 101; ++row) names += fmt::format("\xe9{:03}", row);
    testing::write_dataset(file, "obs/_index", type.get(), {101},
                           std::vector<char>(names.begin(), names.end()));
  });
  AnnDataContents contents;
  contents.rows = data::RowDistribution::balanced(101, comm.size());
  const auto block = embedding(contents.rows, comm.rank());
  contents.embedding = block.view();
  contents.inputs = {named};
  // The second and the third differ in the byte that is replaced only.
  data::Labels labels{"caf\xe9", {}, {"one", "caf\xe9", "caf\xe8", "caf\xef\xbf\xbd (2)"}};
  for (std::int64_t row = contents.rows.begin(comm.rank()); row < contents.rows.end(comm.rank()); ++row) {
    labels.codes.push_back(static_cast<std::int32_t>(row % 4));
  }
  contents.labels = labels;
  contents.parameters = {
      {"name", "na\xefve"}, {"list", {"\xe9", "b"}}, {"mixed", {1, "\xe9"}}, {"k\xe9y", 1}};
  const std::string file = for_python("latin1.h5ad");
  write_anndata(comm, file, contents);
  const auto read = read_labels(comm, Names{file + ":obs/caf\xef\xbf\xbd"}, contents.rows);
  EXPECT_EQ(read.codes, labels.codes);
  EXPECT_EQ(read.categories, (Names{"one", "caf\xef\xbf\xbd", "caf\xef\xbf\xbd (3)", "caf\xef\xbf\xbd (2)"}));
}

TEST_F(Write, NothingButTheFileStays) {
  const auto rows = data::RowDistribution::balanced(200, comm.size());
  const auto block = embedding(rows, comm.rank());
  make_file("e.npy", "an older result");
  write_npy(comm, path("e.npy"), rows, block.view());
  AnnDataContents contents{rows, block.view(), {}, {}, {}};
  write_anndata(comm, path("e.h5ad"), contents);
  if (comm.rank() == 0) {
    write_text_file(path("t.json"), "{}\n");
    write_text_file(path("t.json"), "{}");
    EXPECT_EQ(fs::file_size(path("t.json")), 2u);
  }
  expect_listing(directory, {"e.h5ad", "e.npy", "t.json"});
  EXPECT_EQ(read_rows(comm, Names{path("e.npy")}).rows.total(), 200);
}

TEST_F(Write, TwoRunsIntoOneFolderEachPublishAWholeFile) {
  if (comm.rank() == 0) {
    const std::string file = path("e.txt");
    const auto put = [](const PartialFile& partial, const std::string& text) {
      std::ofstream(partial.partial_path(), std::ios::binary | std::ios::app) << text;
    };
    const auto published = [&] {
      std::ifstream in(file, std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(in), {});
    };
    PartialFile one(file);
    put(one, "first ");
    {
      PartialFile two(file), given_up(file);
      put(two, "the second run's");
      put(given_up, "a third, which fails");
      put(one, "run's");
      two.commit();
      EXPECT_EQ(published(), "the second run's");
    }
    EXPECT_EQ(published(), "the second run's");
    one.commit();
    EXPECT_EQ(published(), "first run's");
    struct stat status {};
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0666 & ~mask);
  }
  expect_listing(directory, {"e.txt"});
}

TEST_F(Write, PartsThatKilledRunsHaveLeftGo) {
  const std::string part = ".0123456789abcdef.partial", of_mpi = "-114163713-27193.lock";
  for (const std::string& name : std::initializer_list<std::string>{
           ".e.npy" + part, ".e.npy" + part + of_mpi, "e.npy" + of_mpi, ".other.npy" + part, ".e.npy.partial",
           ".e.npy.0123.partial", "e.npy" + part})
    make_file(name, "x");
  comm::on_root(comm, [&] { remove_partials(directory, "e.npy"); });
  expect_listing(directory, {".e.npy.0123.partial", ".e.npy.partial", ".other.npy" + part, "e.npy" + of_mpi,
                             "e.npy" + part});
  comm::on_root(comm, [&] { remove_partials(directory); });
  expect_listing(directory, {".e.npy.0123.partial", ".e.npy.partial", "e.npy" + of_mpi, "e.npy" + part});
}

TEST_F(Write, FolderThatTakesNoFile) {
  make_file("file", "x");
  const auto rows = data::RowDistribution::balanced(200, comm.size());
  const auto block = embedding(rows, comm.rank());
  for (const std::string& folder : {path("file"), path("absent")}) {
    expect_error(comm, base::ErrorKind::io, {"e.npy cannot be written"},
                 [&] { write_npy(comm, folder + "/e.npy", rows, block.view()); });
    expect_error(comm, base::ErrorKind::io, {"e.h5ad cannot be written"}, [&] {
      write_anndata(comm, folder + "/e.h5ad", {rows, block.view(), {}, {}, {}});
    });
    EXPECT_THROW(write_text_file(folder + "/e.txt", "x"), base::IoError);
  }
  expect_listing(directory, {"file"});
}

TEST_F(Write, FolderThatOneRankDoesNotFind) {
  if (comm.size() == 1) GTEST_SKIP() << "needs 2 ranks";
  // A folder of each node's own: the same relative path leads to one on all ranks but the last.
  make("has/out", [](const std::string& where) { fs::create_directories(where); });
  make("hasnot", [](const std::string& where) { fs::create_directories(where); });
  const auto rows = data::RowDistribution::balanced(200, comm.size());
  const auto block = embedding(rows, comm.rank());
  const auto before = fs::current_path();
  fs::current_path(path(comm.rank() + 1 < comm.size() ? "has" : "hasnot"));
  const Names texts{"cannot be written by rank " + std::to_string(comm.size() - 1), "No such file",
                    "file system that all ranks share"};
  expect_error(comm, base::ErrorKind::io, texts, [&] { write_npy(comm, "out/e.npy", rows, block.view()); });
  expect_error(comm, base::ErrorKind::io, texts, [&] {
    write_anndata(comm, "out/e.h5ad", {rows, block.view(), {}, {}, {}});
  });
  fs::current_path(before);
  expect_listing(path("has/out"), {});
}

/// For its life no file of this process grows beyond so many bytes: what a full disk does.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Write, FullDiskLeavesTheOldFile) {  // found out by rank 0 when it takes the space
  const auto rows = data::RowDistribution::balanced(20000, comm.size());
  const auto block = embedding(rows, comm.rank());
  make_file("e.npy", "an older result");
  make_file("t.txt", "an older result");
  set_transfer_limit(std::size_t{1} << 14);
  {
    const FullDisk full(40000);
    expect_error(comm, base::ErrorKind::io, {"e.npy cannot be written (File too large)"},
                 [&] { write_npy(comm, path("e.npy"), rows, block.view()); });
    expect_error(comm, base::ErrorKind::io, {"e.h5ad cannot be written (File too large)"}, [&] {
      write_anndata(comm, path("e.h5ad"), {rows, block.view(), {}, {}, {}});
    });
    if (comm.rank() == 0) {
      EXPECT_THROW(write_text_file(path("t.txt"), std::string(50000, 'x')), base::IoError);
    }
  }
  expect_listing(directory, {"e.npy", "t.txt"});
  EXPECT_EQ(fs::file_size(path("e.npy")), 15u);
  EXPECT_EQ(fs::file_size(path("t.txt")), 15u);
}

TEST_F(Write, DiskFullInTheMiddleLeavesTheOldFile) {
  if (comm.size() == 1) GTEST_SKIP() << "needs 2 ranks (rank 0, which takes the space, must have it)";
  // Rank 0 gets what it asks for; the last rank runs into the limit when it writes its rows: the disk of a
  // file system that cannot reserve space.
  const auto rows = data::RowDistribution::balanced(20000, comm.size());
  const auto block = embedding(rows, comm.rank());
  make_file("e.npy", "an older result");
  make_file("e.h5ad", "an older result");
  set_transfer_limit(std::size_t{1} << 14);
  {
    std::optional<FullDisk> full;
    // The last rank's part goes from before this to beyond.
    if (comm.rank() + 1 == comm.size()) full.emplace(150000);
    // It is its write that fails, in the middle: taking the space would have been refused as "too large".
    // Open MPI 4 says how many bytes were taken, Open MPI 5 has an error.
    expect_error(comm, base::ErrorKind::io, {"e.npy cannot be written (", "Check the space"},
                 [&] { write_npy(comm, path("e.npy"), rows, block.view()); });
    expect_error(comm, base::ErrorKind::io, {"e.h5ad cannot be written (", "Check the space"}, [&] {
      write_anndata(comm, path("e.h5ad"), {rows, block.view(), {}, {}, {}});
    });
  }
  expect_listing(directory, {"e.h5ad", "e.npy"});
  EXPECT_EQ(fs::file_size(path("e.npy")), 15u);
  EXPECT_EQ(fs::file_size(path("e.h5ad")), 15u);
}

TEST_F(Write, RankThatCannotWriteConcernsAll) {
  // Space that was not reserved: the last rank alone runs into the limit, in the middle of its part.
  const std::string file = make_file("e", "");
  const std::vector<std::byte> bytes(5000, std::byte{1});
  const FullDisk full(static_cast<rlim_t>(comm.size()) * 5000 - 1000);
  expect_error(comm, base::ErrorKind::io, {"shown cannot be written"}, [&] {
    SharedFile shared(comm, file, "shown");
    comm::agree(comm, [&] { shared.write_at(comm.rank() * 5000, bytes); });
  });
}

TEST_F(Write, OutputDirectory) {
  const Names results{"embedding.h5ad", "embedding.npy"};
  prepare_output_directory(comm, path("a/b/c"), results, false);
  EXPECT_TRUE(fs::is_directory(path("a/b/c")));
  expect_listing(path("a/b/c"), {});
  prepare_output_directory(comm, path("a/b/c/"), results, false);  // empty: no result in it
  make_file("a/b/c/other.txt", "x");
  prepare_output_directory(comm, path("a/b/c"), results, false);
  make_file("a/b/c/embedding.npy", "x");
  expect_error(comm, base::ErrorKind::usage, {"a/b/c already holds a result (embedding.npy)", "--force"},
               [&] { prepare_output_directory(comm, path("a/b/c"), results, false); });
  prepare_output_directory(comm, path("a/b/c"), results, true);
  expect_listing(path("a/b/c"), {"embedding.npy", "other.txt"});
}

TEST_F(Write, OutputDirectoryThatCannotBe) {
  make_file("file", "x");
  expect_error(comm, base::ErrorKind::io, {"file is a file"},
               [&] { prepare_output_directory(comm, path("file"), {}, false); });
  expect_error(comm, base::ErrorKind::io, {"cannot be made"},
               [&] { prepare_output_directory(comm, path("file/x"), {}, false); });
  // What was made on the way is taken back: a name of 300 characters is too long for any folder.
  expect_error(comm, base::ErrorKind::io, {"cannot be made"},
               [&] { prepare_output_directory(comm, path("new/" + std::string(300, 'x')), {}, false); });
  expect_listing(directory, {"file"});
  if (::geteuid() != 0) {  // permissions do not hold root back
    make("locked",
         [](const std::string& where) { fs::create_directory(where), ::chmod(where.c_str(), 0500); });
    expect_error(comm, base::ErrorKind::io, {"cannot be written"},
                 [&] { prepare_output_directory(comm, path("locked"), {}, false); });
  }
}

TEST(Versions, AreNamed) {
  EXPECT_THAT(hdf5_library_version(), ::testing::MatchesRegex("HDF5 1\\.[0-9.]+, zlib 1\\.[0-9.]+.*"));
}

}  // namespace
}  // namespace fleetsne::io
