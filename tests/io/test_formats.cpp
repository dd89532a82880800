// Files that the tools of users wrote (tests/files/formats): what is read is right, what is not names itself.
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/known_formats.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/row_names.hpp"

#include "io/scratch.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace fleetsne::io {
namespace {

using testing::expect_error;

class Formats : public testing::Scratch {
 protected:
  static std::string real(const std::string& name) {
    return std::string(std::getenv("FLEETSNE_REAL_FILES")) + "/formats/" + name;
  }
  /// The input's values are those of rows.npy.
  void expect_the_rows(const std::string& input, Orientation orientation = Orientation::rows) {
    const std::vector<std::string> both[] = {{real("rows.npy")}, {real(input)}};
    const auto expected = read_rows(comm, both[0]);
    const auto found = read_rows(comm, both[1], {.orientation = orientation});
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

TEST_F(Formats, MatricesWithRowsAndColumnsExchangedAreReadAsTheirToolMeansThem) {
  for (const char* input : {"octave.h5:X", "octave.h5:X/value", "cells.loom", "cells.loom:matrix",
                            "cells.h5seurat", "cells.h5seurat:reductions/pca/cell.embeddings"})
    expect_the_rows(input);
}

TEST_F(Formats, PointsMayBeColumns) {
  expect_the_rows("rhdf5.h5:X", Orientation::columns);
  expect_the_rows("hdf5r.h5:X", Orientation::columns);
  const auto warned = [&](const std::string& input) {
    const auto found = inspect_all_rows(comm, std::vector<std::string>{real(input)});
    return !found.front().warnings.empty() &&
           found.front().warnings.front().find("--input.transposed") != std::string::npos;
  };
  EXPECT_TRUE(warned("rhdf5.h5:X"));
  EXPECT_FALSE(warned("gzip.h5ad"));
  EXPECT_FALSE(warned("octave.h5:X"));
  // As many columns as in what comes first, or as in the rows that new ones are compared with, are enough.
  const std::string wide = make_file("wide.csv", "1,7,3,4,5,6,7,8,9\n2,3,9,5,6,7,8,9,9\n");
  const std::string few = make_file("few.csv", "9,8,7,6,5,4,3,2,2\n");
  const auto warnings = [&](const std::vector<std::string>& inputs,
                            const std::vector<std::string>& like = {}) {
    std::size_t count = 0;
    for (const RowInput& input : inspect_all_rows(comm, inputs, Orientation::rows, like))
      count += input.warnings.size();
    return count;
  };
  EXPECT_EQ(warnings({wide}), 1U);
  EXPECT_EQ(warnings({wide, few}), 2U);
  EXPECT_EQ(warnings({few}, {wide}), 0U);
  expect_error(comm, base::ErrorKind::input, {"a.fvecs cannot be read with --input.transposed"}, [&] {
    const std::string vectors = make_file("a.fvecs", std::string("\1\0\0\0\0\0\0\0", 8));
    read_rows(comm, std::vector<std::string>{vectors}, {.orientation = Orientation::columns});
  });
}

/// Counts as GEO has them: a line for each gene, a column for each cell.
TEST_F(Formats, TablesMayHaveALineForEachFeature) {
  const std::string counts = make_file("counts.tsv", "cell1\tcell2\tcell3\nA\t1\t2\t3\nB\t4\t5\t6\n");
  const std::string more =
      make_file("more.csv", "gene,note,cell4,cell5\nB,x,8,10\nA,y,7,9\n") + ":cell4,cell5";
  const std::vector<std::string> both{counts, more};
  const auto inputs = inspect_all_rows(comm, both, Orientation::columns);
  EXPECT_EQ(RowNames(inputs).read(1, 4), (std::vector<std::string>{"cell2", "cell3", "cell4", "cell5"}));
  const auto found = read_rows(comm, both, {.orientation = Orientation::columns});
  ASSERT_EQ(found.rows.total(), 5);
  ASSERT_EQ(found.columns(), 2U);
  constexpr float expected[5][2] = {{1, 4}, {2, 5}, {3, 6}, {7, 8}, {9, 10}};
  for (std::size_t i = 0; i < found.local.rows(); ++i) {
    const auto row = static_cast<std::size_t>(found.rows.begin(comm.rank())) + i;
    EXPECT_EQ(found.local(i, 0), expected[row][0]);
    EXPECT_EQ(found.local(i, 1), expected[row][1]);
  }
  expect_error(comm, base::ErrorKind::input, {"holds text", "more.csv:COLUMN1,COLUMN2"}, [&] {
    inspect_all_rows(comm, std::vector<std::string>{more.substr(0, more.rfind(':'))}, Orientation::columns);
  });
}

TEST_F(Formats, VariablesOfMatlab) {
  for (const char* input : {"matlab.mat:X", "matlab.mat:D", "matlab.mat:S/X"}) expect_the_rows(input);
  expect_refused("matlab.mat", {"needs the name of a dataset", "/X (6 x 60)"});
  expect_refused("matlab.mat:S", {"S is a struct of MATLAB", "/S/X (6 x 60)"});
  expect_refused("matlab.mat:C", {"has C, a cell array of MATLAB", "cell2mat(C)"});
  expect_refused("matlab.mat:letters", {"has letters, a char array of MATLAB"});
  expect_refused("matlab.mat:none", {"an empty matrix none"});
  const auto rows = data::RowDistribution::balanced(60, comm.size());
  const auto labels = [&](const char* name) {
    return read_labels(comm, std::vector<std::string>{real("matlab.mat:") + name}, rows);
  };
  const data::Labels flags = labels("flag");
  EXPECT_EQ(flags.categories, (std::vector<std::string>{"FALSE", "TRUE"}));
  for (std::size_t i = 0; i < flags.codes.size(); ++i) {
    const auto row = rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(i);
    EXPECT_EQ(flags.codes[i], row % 3 == 0 ? 1 : 0);
  }
  const data::Labels groups = labels("group");  // MATLAB's numbers are doubles
  EXPECT_THAT(groups.categories, ::testing::Each(::testing::MatchesRegex("[0-9]+")));
  for (const char* name : {"letters", "C"})
    expect_error(comm, base::ErrorKind::input, {name, "array of MATLAB", "writecell"}, [&] { labels(name); });
}

TEST_F(Formats, ExchangedInSmallPieces) {
  set_transfer_limit(64);
  expect_the_rows("octave.h5:X");
  expect_the_rows("cells.loom");
  set_transfer_limit(std::size_t{64} << 20);
}

TEST_F(Formats, ArraysMayBeExchangedToo) {
  const std::string file =
      make_file("t.npy", testing::npy_header(1, "<i2", false, "(2, 5)") +
                             std::string("\0\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\10\0\11\0", 20));
  for (const Orientation orientation : {Orientation::columns, Orientation::embedding}) {
    const auto found = read_rows(comm, std::vector<std::string>{file}, {.orientation = orientation});
    ASSERT_EQ(found.rows.total(), 5);
    for (std::size_t i = 0; i < found.local.rows(); ++i) {
      const auto row = static_cast<float>(found.rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(i));
      EXPECT_EQ(found.local(i, 0), row);
      EXPECT_EQ(found.local(i, 1), row + 5);
    }
  }
}

TEST_F(Formats, DataOutsideTheFile) {
  expect_the_rows("elsewhere.h5:whole");
  expect_refused("elsewhere.h5:gone", {"a source nowhere.h5", "not there", "HDF5_VDS_PREFIX"});
  expect_refused("elsewhere.h5:too_short", {"short.h5:x of 25 x 6", "too short"});
  expect_refused("elsewhere.h5:unmapped", {"a part is in no source"});
  expect_refused("elsewhere.h5:broken", {"a link broken to nowhere.h5:/x"});
  expect_refused("elsewhere.h5:dangling", {"a link dangling to /nothing"});
  expect_refused("elsewhere.h5:raw_gone", {"nowhere.bin", "HDF5_EXTFILE_PREFIX"});
  const auto linked = inspect_all_rows(comm, std::vector<std::string>{real("elsewhere.h5:linked")});
  EXPECT_EQ(linked.front().rows, 30);
  ASSERT_EQ(linked.front().sources.size(), 1U);
  EXPECT_EQ(read_rows(comm, std::vector<std::string>{real("elsewhere.h5:linked")}).rows.total(), 30);
  const auto before = std::filesystem::current_path();  // HDF5 looks for raw files there
  std::filesystem::current_path(real(""));
  expect_the_rows("elsewhere.h5:raw");
  expect_refused("elsewhere.h5:raw_short", {"raw.bin", "too short"});
  std::filesystem::current_path(before);
}

TEST_F(Formats, FilesOfOtherProgramsSayWhatTheyHold) {
  expect_refused("../elements/mudata.h5mu", {"MuData", "mod/protein/obsm/X_pca"});
  expect_refused("counts.h5", {"sparse counts of Cell Ranger", "read_10x_h5"});
  expect_refused("sets.hdf5", {"sets of ann-benchmarks", "Jaccard"});
  expect_refused("octave.txt", {"text file of Octave", "save -hdf5"});
  expect_refused("octave.bin", {"binary file of Octave"});
  expect_refused("octave7.mat", {"MATLAB file of version 5 to 7"});
  expect_refused("octave4.mat", {"MATLAB file of version 4"});
  for (const char* name : {"rows.rds", "plain.rds"}) expect_refused(name, {"RDS file of R", "readRDS"});
  expect_refused("rows.RData", {".RData file of R"});
}

TEST_F(Formats, WhatIsReadHasAName) {
  const auto expect_name = [&](const std::string& file, const std::string& name) {
    EXPECT_EQ(name_format(file), name) << file;
  };
  const std::string all = real("../");
  expect_name(real("gzip.h5ad"), "AnnData of encoding 0.1.0 (HDF5)");
  expect_name(all + "elements/anndata0618.h5ad", "AnnData (HDF5)");
  expect_name(all + "elements/mudata.h5mu", "MuData of encoding 0.1.0 (HDF5)");
  expect_name(all + "zarr/v3.zarr", "AnnData of encoding 0.1.0 (zarr v3)");
  expect_name(all + "zarr/v2_deflated.zarr.zip", "AnnData of encoding 0.1.0 (zarr v2, zip)");
  expect_name(all + "zarr/tensorstore_v2.zarr", "zarr v2");
  expect_name(real("cells.loom"), "loom 3.0.0 (HDF5)");
  expect_name(real("cells.h5seurat"), "h5Seurat 3.1.5.9900 (HDF5)");
  expect_name(real("matlab.mat"), "MATLAB 7.3 (HDF5)");
  expect_name(real("octave.h5"), "Octave (HDF5)");
  expect_name(real("counts.h5"), "counts of Cell Ranger (HDF5)");
  expect_name(real("rhdf5.h5"), "HDF5");
  expect_name(real("rows.npy"), "NumPy .npy 1.0");
  expect_name(all + "tables/barcodes.csv",
              "table: header line (PC1, PC2, PC3), names of rows in column "
              "\"Barcode\", 3 columns, separator comma");
  const std::string vectors("\1\0\0\0\0\0\0\0", 8), extents("\1\0\0\0\1\0\0\0\0", 9);
  expect_name(make_gzip("a.fvecs.gz", vectors), "TexMex .fvecs, gzip");
  expect_name(make_file("a.u8bin.crop_nb_1", extents), "big-ann-benchmarks .u8bin");
}

TEST_F(Formats, DatasetsOfANewerHdf5) {  // as h5py of HDF5 2.0 writes with libver="latest"
#if H5_VERSION_GE(1, 14, 0)
  expect_refused("newer.h5:whole", {"first.h5:x of 30 x 6, too short for its part"});  // and so it is
#else
  expect_refused("newer.h5:whole", {"whole, which cannot be opened", "newer HDF5", "libver"});
#endif
}

TEST_F(Formats, FilesOfVectorsThatWereCut) {
  const std::string bytes("\3\0\0\0\2\0\0\0\1\2\3\4", 12);  // 3 x 2, the header says, and 2 rows
  const std::string file = make_file("base.u8bin.crop_nb_2", bytes);
  const auto found = read_rows(comm, std::vector<std::string>{file, file});
  EXPECT_EQ(found.rows.total(), 4);
  const std::string fewer = make_file("base.u8bin.crop_nb_4", bytes);
  expect_error(comm, base::ErrorKind::input, {"cut to 4", "Download"},
               [&] { read_rows(comm, std::vector<std::string>{fewer}); });
}

TEST_F(Formats, FilesThatAreNotClosedOrNotWhole) {
  const std::string whole =
      std::string((std::stringstream() << std::ifstream(real("gzip.h5ad"), std::ios::binary).rdbuf()).str());
  const std::string cut = make_file("cut.h5ad", whole.substr(0, whole.size() / 2));
  expect_error(comm, base::ErrorKind::input, {"cut.h5ad is a truncated HDF5 file"},
               [&] { read_rows(comm, std::vector<std::string>{cut}); });
  std::string open =
      std::string((std::stringstream() << std::ifstream(real("open.h5"), std::ios::binary).rdbuf()).str());
  const std::string unclosed = make_file("open.h5", open);
  expect_error(comm, base::ErrorKind::input, {"open.h5 is open for writing", "h5clear -s"},
               [&] { read_rows(comm, std::vector<std::string>{unclosed + ":x"}); });
}

}  // namespace
}  // namespace fleetsne::io
