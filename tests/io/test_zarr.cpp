// zarr stores that anndata and zarr-python wrote (versions 2 and 3, in folders and zips, by every codec) are
// read as HDF5 is; stores that are damaged, or promise more than they hold, are refused on all ranks.
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/store.hpp"

#include "io/scratch.hpp"
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace fleetsne::io {
namespace {

using testing::append;
using testing::expect_error;

std::string real_file(const std::string& name) {
  const char* const folder = std::getenv("FLEETSNE_REAL_FILES");
  return std::string(folder != nullptr ? folder : "no FLEETSNE_REAL_FILES") + "/zarr/" + name;
}

constexpr const char* stores[] = {"v2.zarr", "v3.zarr", "v3.zarr.zip", "v2_deflated.zarr.zip", "zarr2.zarr"};

class Zarr : public testing::Scratch {
 protected:
  data::DistributedMatrix<float> read(const std::string& input) {
    return read_rows(comm, std::span(&input, 1), {.log = &log});
  }
  /// Rows of one input are those of another, in small pieces and in large ones.
  void expect_same_rows(const std::string& input, const std::string& wanted) {
    const auto expected = read(wanted);
    for (const std::size_t limit : {std::size_t{64}, std::size_t{1} << 20}) {
      set_transfer_limit(limit);
      const auto found = read(input);
      ASSERT_EQ(found.rows.total(), expected.rows.total()) << input;
      for (std::size_t i = 0; i < expected.local.rows(); ++i)
        for (std::size_t j = 0; j < expected.local.columns(); ++j)
          ASSERT_EQ(found.local(i, j), expected.local(i, j)) << input << " at " << i << ", " << j;
    }
  }

  base::Log log;
};

TEST_F(Zarr, RowsOfAnnDataAreThoseOfTheHdf5File) {
  for (const char* store : stores) {
    expect_same_rows(real_file(store), real_file("cells.h5ad"));
    expect_same_rows(real_file(store) + ":obsm/X_umap", real_file("cells.h5ad:/obsm/X_umap"));
  }
  expect_same_rows(real_file("v2.zarr/:/obsm/X_pca/"), real_file("cells.h5ad"));
  expect_same_rows(real_file("v3.zarr/obsm/X_pca"), real_file("cells.h5ad"));
  EXPECT_TRUE(log.warnings().empty());
}

TEST_F(Zarr, LabelsAndNumbersAreThoseOfTheHdf5File) {
  const auto rows = data::RowDistribution::balanced(60, comm.size());
  const auto labels = [&](const std::string& file, const std::string& column) {
    const std::string source = real_file(file) + ":obs/" + column;
    return read_labels(comm, std::span(&source, 1), rows);
  };
  for (const char* column : {"cell_type", "batch", "note", "count", "flag", "cluster"}) {
    const auto expected = labels("cells.h5ad", column);
    for (const char* store : stores) {
      // That one has texts of its own there, some of them missing.
      if (std::string(store) == "v3.zarr.zip" && std::string(column) == "note") continue;
      const auto found = labels(store, column);
      EXPECT_EQ(found.categories, expected.categories) << store << " " << column;
      EXPECT_EQ(found.codes, expected.codes) << store << " " << column;
    }
  }
  const auto notes = labels("v3.zarr.zip", "note");
  for (std::size_t i = 0; i < notes.codes.size(); ++i)
    EXPECT_EQ(notes.codes[i] < 0, (rows.begin(comm.rank()) + static_cast<std::int64_t>(i)) % 5 == 0);
  for (const char* column : {"score", "count", "cluster"}) {
    const auto expected = read_numbers(comm, real_file("cells.h5ad") + ":obs/" + column, rows);
    for (const char* store : stores) {
      const auto found = read_numbers(comm, real_file(store) + ":obs/" + column, rows);
      ASSERT_EQ(found.values.size(), expected.values.size());
      for (std::size_t i = 0; i < found.values.size(); ++i)
        EXPECT_TRUE(found.values[i] == expected.values[i] ||
                    (std::isnan(found.values[i]) && std::isnan(expected.values[i])))
            << store << " " << column << " " << i;
    }
  }
}

TEST_F(Zarr, AnEmbeddingInAStoreIsFound) {
  const std::string store = real_file("v3.zarr");
  EXPECT_EQ(embedding_inputs(comm, std::span(&store, 1)).front(), store + ":obsm/X_umap");
}

/// Element (i, j) of the matrix that the maker of the files stores by every codec.
double element(std::int64_t i, std::int64_t j) {
  return (static_cast<double>(i * 7 + j) - 100) / 8;
}

void expect_matrix(const Store& store, const std::string& name) {
  const bool rounded = name == "int16" || name == "float32" || name == "float64";
  base::Matrix<double> rows(40, 7);
  store.read_rows(name, 0, rows.view());
  for (std::int64_t i = 0; i < 40; ++i) {
    for (std::int64_t j = 0; j < 7; ++j) {
      const bool hole = name.starts_with("nothing") || (name.starts_with("holes") && i >= 16 && i < 32);
      const double wanted = hole ? 0 : rounded ? std::nearbyint(element(i, j)) : element(i, j);
      ASSERT_EQ(rows(static_cast<std::size_t>(i), static_cast<std::size_t>(j)), wanted)
          << store.path() << ":" << name << " at " << i << ", " << j;
    }
  }
}

void expect_texts(const Store& store, const std::string& name, const std::string& field = {}) {
  const auto texts = store.read_text(name, 3, 30, field);
  for (std::size_t i = 0; i < texts.size(); ++i)
    EXPECT_TRUE(texts[i].starts_with(fmt::format("text {}", i + 3))) << name << ": " << texts[i];
  const bool ascii = name == "bytes" || name == "records";
  EXPECT_EQ(texts[0], ascii ? "text 3" : "text 3 \u03b1") << name;
}

TEST_F(Zarr, EveryCodecGivesTheSameMatrix) {
  std::int64_t matrices = 0;
  for (const char* file :
       {"zarr3_codecs_v3.zarr.zip", "zarr3_codecs_v2.zarr.zip", "zarr2_codecs_v2.zarr.zip"}) {
    for (const std::size_t limit : {std::size_t{64}, std::size_t{1} << 20}) {
      set_transfer_limit(limit);
      const auto store = Store::open(real_file(file));
      for (const std::string& name : store->children("")) {
        if (name == "bz2") {
          expect_error(comm, base::ErrorKind::input, {file, "bz2", "codec"},
                       [&] { expect_matrix(*store, name); });
        } else if (store->info(name).kind == ValueKind::text) {
          expect_texts(*store, name);
        } else if (store->info(name).shape.size() == 2) {
          expect_matrix(*store, name);
          ++matrices;
        }
      }
    }
  }
  EXPECT_EQ(matrices, 2 * 62);
}

TEST_F(Zarr, RowsOfEveryKindOfChunkAreDividedAmongRanks) {
  const std::string file = real_file("zarr3_codecs_v3.zarr.zip:");
  for (const char* name : {"transposed", "sharded_start", "sharded_end", "big", "v2_keys"})
    expect_same_rows(file + name, file + "none");
  EXPECT_TRUE(log.warnings().empty());
}

TEST_F(Zarr, PointsMayBeColumns) {
  for (const std::size_t limit : {std::size_t{64}, std::size_t{1} << 20}) {
    set_transfer_limit(limit);
    for (const char* name : {"none", "sharded_end", "transposed"}) {
      const std::string input = real_file("zarr3_codecs_v3.zarr.zip:") + name;
      const auto found = read_rows(comm, std::span(&input, 1), {.orientation = Orientation::columns});
      ASSERT_EQ(found.rows.total(), 7);
      ASSERT_EQ(found.columns(), 40U);
      for (std::size_t i = 0; i < found.local.rows(); ++i)
        for (std::size_t j = 0; j < 40; ++j)
          ASSERT_EQ(found.local(i, j), static_cast<float>(element(
                                           static_cast<std::int64_t>(j),
                                           found.rows.begin(comm.rank()) + static_cast<std::int64_t>(i))));
    }
  }
}

TEST_F(Zarr, StoresOfTensorStore) {
  for (const char* store : {"tensorstore_v2.zarr", "tensorstore_v3.zarr"})
    expect_same_rows(real_file(store), real_file("zarr3_codecs_v3.zarr.zip:none"));
  EXPECT_TRUE(log.warnings().empty());
}

/// Moves all metadata of a store of version 2 into the root's .zmetadata, as zarr consolidates them, and
/// takes those away that version 3 has beside the consolidated ones in its root.
void keep_consolidated_metadata(const std::filesystem::path& store) {
  std::vector<std::filesystem::path> others;
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store)) {
    const std::filesystem::path& path = entry.path();
    const bool second = path.filename().string().starts_with(".z");
    if (!second && (path.filename() != "zarr.json" || path.parent_path() == store)) continue;
    others.push_back(path);
    if (!second) continue;
    all += fmt::format("{}\"{}\":", all.empty() ? "" : ",", path.lexically_relative(store).string());
    all += (std::stringstream() << std::ifstream(path).rdbuf()).str();
  }
  ASSERT_GT(others.size(), 20U);
  for (const auto& path : others) std::filesystem::remove(path);
  if (!all.empty())
    std::ofstream(store / ".zmetadata") << R"({"zarr_consolidated_format":1,"metadata":{)" << all << "}}";
}

TEST_F(Zarr, MetadataMayStandInTheRootAlone) {
  for (const std::string name : {"v3.zarr", "zarr2.zarr"}) {
    const std::string store = make(name, [&](const std::string& where) {
      std::filesystem::copy(real_file(name), where, std::filesystem::copy_options::recursive);
      keep_consolidated_metadata(where);
    });
    expect_same_rows(store, real_file("cells.h5ad"));
    const auto rows = data::RowDistribution::balanced(60, comm.size());
    const std::vector<std::string> label{store + ":obs/note"}, expected{real_file("cells.h5ad:obs/note")};
    EXPECT_EQ(read_labels(comm, label, rows).codes, read_labels(comm, expected, rows).codes);
  }
}

TEST_F(Zarr, FieldsOfRecordsAreRead) {
  const auto store = Store::open(real_file("zarr2_codecs_v2.zarr.zip"));
  expect_texts(*store, "records", "name");
  EXPECT_EQ(store->info("records").fields, (std::vector<std::string>{"id", "name", "score"}));
  EXPECT_EQ(store->info("records", "score").kind, ValueKind::floating);
  std::vector<std::int64_t> ids(20);
  std::vector<double> scores(20);
  store->read("records", 10, ids, "id");
  store->read("records", 10, scores, "score");
  EXPECT_EQ(ids[7], 17);
  EXPECT_EQ(scores[7], 17.0 / 8);
}

TEST_F(Zarr, ChunksThatAreNotStoredAreCounted) {
  for (const char* name : {"holes", "holes_sharded"}) {
    const std::string input = real_file("zarr3_codecs_v3.zarr.zip:") + name;
    const auto found = inspect_rows(input);
    ASSERT_EQ(found.warnings.size(), 1U);
    const char* const count = std::string(name) == "holes" ? "2 of the 6 chunks" : "4 of the 10 chunks";
    EXPECT_THAT(found.warnings.front(), ::testing::HasSubstr(count));
    EXPECT_NO_THROW(read(input));
  }
  expect_error(comm, base::ErrorKind::input, {"nothing has no data", "6 chunks"},
               [&] { read(real_file("zarr3_codecs_v3.zarr.zip:nothing")); });
  // A column of zeros has none: the codes of a single category, and a mask where nothing is missing.
  const auto store = Store::open(real_file("v3.zarr"));
  std::vector<std::int64_t> codes(60, 7);
  EXPECT_NO_THROW(store->expect_stored("obs/batch/codes"));
  store->read("obs/batch/codes", 0, codes);
  EXPECT_EQ(codes, std::vector<std::int64_t>(60, 0));
}

std::string floats(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) append(bytes, static_cast<float>(i), false);
  return bytes;
}

/// Stores of one array that a test writes byte by byte.
class DamagedZarr : public Zarr {
 protected:
  /// An array of 8 x 2 float32 in chunks of 4 x 2.
  static std::string metadata(
      const std::string& codecs = R"({"name":"bytes","configuration":{"endian":"little"}})") {
    return R"({"zarr_format":3,"node_type":"array","shape":[8,2],"data_type":"float32","fill_value":0,)"
           R"("chunk_grid":{"name":"regular","configuration":{"chunk_shape":[4,2]}},)"
           R"("chunk_key_encoding":{"name":"default","configuration":{"separator":"/"}},"codecs":[)" +
           codecs + "]}";
  }
  static std::string with(const std::string& from, const std::string& to) {
    std::string text = metadata();
    text.replace(text.find(from), from.size(), to);
    return text;
  }
  std::string make_store(const std::string& json, const std::string& chunk) {
    const std::string name = fmt::format("{}.zarr", ++stores_);
    return make(name, [&](const std::string& where) {
      std::filesystem::create_directories(where + "/c/0");
      std::filesystem::create_directories(where + "/c/1");
      std::ofstream(where + "/zarr.json") << json;
      std::ofstream(where + "/c/0/0", std::ios::binary) << chunk;
      std::ofstream(where + "/c/1/0", std::ios::binary) << chunk;
    });
  }
  void expect_refused(const std::string& json, const std::string& chunk,
                      const std::vector<std::string>& texts) {
    const std::string store = make_store(json, chunk);
    expect_error(comm, base::ErrorKind::input, texts, [&] { read(store + ":/"); });
  }

  int stores_ = 0;
};

TEST_F(DamagedZarr, AWholeArrayIsRead) {
  const auto rows = read(make_store(metadata(), floats(8)));
  EXPECT_EQ(rows.rows.total(), 8);
}

TEST_F(DamagedZarr, ChunksAreRefused) {
  const std::string bytes = R"({"name":"bytes","configuration":{"endian":"little"}},)";
  expect_refused(metadata(), floats(7), {".zarr: the chunks in c/0/0", "28 bytes where 32"});
  expect_refused(metadata(), floats(9), {"36 bytes where 32"});
  expect_refused(metadata(), "", {"c/0/0", "it has 0 bytes"});
  const std::string crc = metadata(bytes + R"({"name":"crc32c"})");
  expect_refused(crc, floats(8) + "abcd", {"its checksum does not match"});
  expect_refused(crc, "abc", {"ends before its checksum"});
  for (const char* codec : {"blosc", "zstd", "gzip", "numcodecs.zlib", "numcodecs.lz4"}) {
    const std::string json = metadata(fmt::format(R"({}{{"name":"{}","configuration":{{}}}})", bytes, codec));
    expect_refused(json, floats(8), {"c/", "Copy the store again"});
    expect_refused(json, "x", {"c/"});
  }
  const std::string zeros(4096, '\0');
  expect_refused(metadata(bytes + R"({"name":"blosc"})"), zeros, {"c/"});
  // A shard whose index leads out of the file
  std::string shard = floats(8);
  for (const std::uint64_t value : {0U, 900U, 0U, 900U}) append(shard, value, false);
  const std::string sharded = metadata(
      R"({"name":"sharding_indexed","configuration":{"chunk_shape":[2,2],"codecs":[{"name":"bytes"}],"index_codecs":[{"name":"bytes"}]}})");
  expect_refused(sharded, shard, {"a chunk stands at 0 to 900"});
  expect_refused(sharded, "short", {"c/0/0"});
}

TEST_F(DamagedZarr, MetadataAreRefused) {
  for (const char* garbage : {"", "{", "[1, 2]", "{\"zarr_format\": 3, \"node_type\": 7}", "\xff\xfe"})
    expect_refused(garbage, floats(8), {".zarr"});
  expect_refused(std::string(100000, '[') + std::string(100000, ']'), floats(8), {"nested too deeply"});
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"[8,2]", "[8,-2]"},
      {"[8,2]", "[8,2.5]"},
      {"[8,2]", "8"},
      {"[4,2]", "[4]"},
      {"[4,2]", "[0,2]"},
      {"regular", "rectangular"},
      {"float32", "complex64"},
      {"float32", "float48"},
      {"\"float32\"", "{\"name\":\"structured\"}"},
      {"default", "hashed"},
      {"\"bytes\"", "\"bits\""},
      {"\"codecs\"", "\"codices\""},
      {"[4,2]", "[1073741824,2]"},
      {"[8,2]", "[8,2,1]"},
      {"\"separator\":\"/\"", "\"separator\":7"}};
  for (const auto& [from, to] : changes) {
    if (to == "\"separator\":7") continue;  // the default stands
    expect_refused(with(from, to), floats(8), {".zarr"});
  }
  expect_refused(metadata(R"({"name":"bytes"},{"name":"numcodecs.bz2"})"), floats(8), {"codec bz2", "zstd"});
  expect_refused(metadata(R"({"name":"transpose","configuration":{"order":[0,0]}},{"name":"bytes"})"),
                 floats(8), {"order of dimensions"});
}

TEST_F(DamagedZarr, MoreThanIsStoredIsRefusedBeforeMemoryIsTaken) {
  expect_refused(with("[8,2]", "[9223372036854775807,2]"), floats(8), {"9223372036854775807"});
  expect_refused(with("[8,2]", "[1000000000000,2]"), floats(8), {"is not all there"});
  expect_refused(with("[4,2]", "[100000000,2]"), floats(8), {"cannot hold 800000000"});
}

TEST_F(DamagedZarr, NamesDoNotLeadOutOfTheStore) {
  const std::string store = make_store(metadata(), floats(8));
  comm.barrier();
  const auto open = Store::open(store + "/c/..");
  EXPECT_EQ(open->kind("../" + store), NodeKind::none);
  EXPECT_EQ(Store::open(store)->kind("c/../../1.zarr"), NodeKind::none);
  expect_error(comm, base::ErrorKind::input, {"has no dataset ../1.zarr"},
               [&] { read(store + ":../1.zarr"); });
}

TEST_F(DamagedZarr, TruncatedZipsAreRefused) {
  const std::string whole = real_file("v3.zarr.zip");
  const auto bytes = std::filesystem::file_size(whole);
  for (const std::uintmax_t part : {bytes / 2, bytes - 10})
    expect_error(comm, base::ErrorKind::input, {"cut", "truncated"},
                 [&] { read(cut(whole, fmt::format("cut{}.zarr.zip", part), part)); });
}

}  // namespace
}  // namespace fleetsne::io
