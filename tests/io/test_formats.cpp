// Files that the tools of users wrote (tests/files/formats): what is read is right, what is not names itself.
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"

#include "io/scratch.hpp"

#include <cstdlib>

namespace fleetsne::io {
namespace {

using testing::expect_error;

class Formats : public testing::Scratch {
 protected:
  static std::string real(const std::string& name) {
    return std::string(std::getenv("FLEETSNE_REAL_FILES")) + "/formats/" + name;
  }
  /// The input's values are those of rows.npy.
  void expect_the_rows(const std::string& input) {
    const std::vector<std::string> both[] = {{real("rows.npy")}, {real(input)}};
    const auto expected = read_rows(comm, both[0]), found = read_rows(comm, both[1]);
    ASSERT_EQ(found.rows.total(), expected.rows.total()) << input;
    ASSERT_EQ(found.local.columns(), expected.local.columns()) << input;
    for (std::size_t i = 0; i < found.local.rows(); ++i)
      for (std::size_t j = 0; j < found.local.columns(); ++j)
        EXPECT_EQ(found.local(i, j), expected.local(i, j)) << input << " " << i << " " << j;
  }
  void expect_refused(const std::string& input, const std::vector<std::string>& texts) {
    expect_error(comm, base::ErrorKind::input, texts,
                 [&] { read_rows(comm, std::vector<std::string>{real(input)}); });
  }
};

TEST_F(Formats, LzfIsRead) {
  expect_the_rows("lzf.h5ad");
  expect_the_rows("gzip.h5ad");
}

TEST_F(Formats, MissingFiltersAreNamed) {
  expect_refused("filters.h5:blosc", {"filters.h5", "blosc is compressed with Blosc", "32001", "hdf5plugin"});
  expect_refused("filters.h5:blosc2", {"Blosc2", "32026", "HDF5_PLUGIN_PATH"});
  expect_refused("filters.h5:zstd", {"Zstandard", "32015"});
  expect_refused("filters.h5:lz4", {"LZ4", "32004"});
  expect_refused("filters.h5:bitshuffle", {"Bitshuffle", "32008"});
  expect_refused("filters.h5:bzip2", {"bzip2", "307"});
  expect_refused("filters.h5:unregistered", {"compressed with lzf", "32999", "HDF5_PLUGIN_PATH"});
}

TEST_F(Formats, RefusedFilesNameThemselvesAndTheRemedy) {
  expect_refused("cells.h5ad.gz", {"gzip file of HDF5", "gunzip"});
  expect_refused("arrays.npz",
                 {".npz archive of X, labels", "numpy.load('" + real("arrays.npz") + "')['X']"});
  expect_refused("sparse.npz", {"sparse matrix of SciPy", "scanpy.pp.pca"});
  expect_refused("rows.parquet", {"Parquet", "read_parquet"});
  expect_refused("rows.feather", {"Feather", "read_feather"});
  expect_refused("rows.xlsx", {"Excel", "read_excel"});
  expect_refused("rows.dta", {"Stata", "read_stata"});
  expect_refused("rows.pkl", {"pickle", "read_pickle"});
  expect_refused("version5.mat", {"MATLAB", "-v7.3", "loadmat"});
  expect_refused("matrix.mtx", {"Matrix Market", "scanpy.pp.pca"});
  expect_refused("rows.safetensors", {"safetensors", "load_file"});
  expect_refused("version3.nc", {"NetCDF", "nccopy"});
  expect_refused("rows.db", {"SQLite", ".csv"});
  expect_refused("pointer.fbin", {"pointer of Git LFS", "git lfs pull"});
  expect_refused("page.h5ad", {"web page", "Download"});
}

TEST_F(Formats, MarksOfOtherFormats) {
  const auto refused = [&](const std::string& bytes, const std::string& name, const std::string& text) {
    const std::string file = make(name, [&](const std::string& where) {
      std::ofstream(where, std::ios::binary) << bytes << std::string(600, '\0');
    });
    expect_error(comm, base::ErrorKind::input, {name, text},
                 [&] { read_rows(comm, std::vector<std::string>{file}); });
  };
  refused("BZh91AY&SY", "a.csv.bz2", "bunzip2");
  refused(
      "\xfd"
      "7zXZ",
      "a.csv.xz", "unxz");
  refused("\x28\xb5\x2f\xfd", "a.csv.zst", "unzstd");
  refused("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "old Office");
  refused("%PDF-1.7", "a.pdf", "PDF");
  refused("FCS3.1", "a.fcs", "cytometer");
  refused(std::string(257, '\0') + "ustar", "a.tar", "tar -xf");
  refused("PK\x03\x04", "a.zip", "zip archive");
  refused("", "a.cloupe", "Loupe");
  refused("", "a.bin", "is of no format");
}

TEST_F(Formats, TextAndFolders) {
  const std::string text =
      make("notes.txt", [](const std::string& where) { std::ofstream(where) << "a b\n"; });
  expect_error(comm, base::ErrorKind::input, {"text file", ".csv"},
               [&] { read_rows(comm, std::vector<std::string>{text}); });
  const std::string json =
      make("rows.json", [](const std::string& where) { std::ofstream(where) << "{}\n"; });
  expect_error(comm, base::ErrorKind::input, {"JSON"},
               [&] { read_rows(comm, std::vector<std::string>{json}); });
  const std::string folder = make("counts", [](const std::string& where) {
    std::filesystem::create_directories(where);
    std::ofstream(where + "/matrix.mtx.gz") << "x";
  });
  expect_error(comm, base::ErrorKind::input, {"folder of sparse counts", "read_10x_mtx"},
               [&] { read_rows(comm, std::vector<std::string>{folder}); });
}

}  // namespace
}  // namespace fleetsne::io
