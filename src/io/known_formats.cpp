#include "fleetsne/io/known_formats.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/input.hpp"

#include "conventions.hpp"
#include "zarr_store.hpp"
#include "zip_members.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace fleetsne::io {
namespace {

using namespace std::string_view_literals;
namespace fs = std::filesystem;

constexpr const char* what_is_read =
    "FleetSNE reads .npy, HDF5, AnnData, zarr, IDX, vector files and tables in .csv or .tsv";

constexpr const char* from_counts =
    "Reduce the matrix to dense columns first, for example with scanpy.pp.pca, and write them with "
    "adata.write";
constexpr const char* from_r =
    "Write the matrix from R, for example: Rscript -e \"write.csv(readRDS('FILE'), 'rows.csv')\", or for "
    "Seurat "
    "Embeddings(x, 'pca') in place of readRDS";
constexpr const char* from_pickle =
    "Save it as .npy: python3 -c \"import numpy, pandas; numpy.save('rows.npy', "
    "pandas.read_pickle('FILE'))\"";
constexpr const char* from_torch =
    "Save the tensor as .npy: python3 -c \"import numpy, torch; numpy.save('rows.npy', torch.load('FILE', "
    "map_location='cpu').numpy())\"";
constexpr const char* from_pandas =
    "Convert it: python3 -c \"import pandas; pandas.read_METHOD('FILE').to_csv('rows.csv', index=False)\"";
constexpr const char* from_faiss =
    "Save its vectors as .npy: python3 -c \"import faiss, numpy; x = faiss.read_index('FILE'); "
    "numpy.save('rows.npy', x.reconstruct_n(0, x.ntotal))\"";
constexpr const char* unpack = "Unpack it first: ";
constexpr const char* a_picture = "Name the file that holds the rows";

/// A format by bytes that its files have at some offset. FILE in a remedy is the file's path.
struct KnownFormat {
  std::string_view marks[8];  ///< one of these; the rest is empty
  std::size_t offset;
  const char* name;
  const char* remedy;
  const char* argument = "";  ///< follows the remedy, or stands for METHOD in it
};

constexpr std::array known_formats{
    KnownFormat{{"PAR1"sv}, 0, "a Parquet file", from_pandas, "parquet"},
    KnownFormat{{"ARROW1\0\0"sv}, 0, "an Arrow or Feather file", from_pandas, "feather"},
    KnownFormat{{"FEA1"sv}, 0, "a Feather file", from_pandas, "feather"},
    KnownFormat{{"ORC"sv}, 0, "an ORC file", from_pandas, "orc"},
    KnownFormat{{"<stata_dta>"sv}, 0, "a Stata file", from_pandas, "stata"},
    KnownFormat{{"$FL2"sv}, 0, "an SPSS file", from_pandas, "spss"},
    KnownFormat{{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv},
                0,
                "a file of an old Office program",
                "Save the sheet as .csv"},
    KnownFormat{{"%%MatrixMarket"sv}, 0, "a Matrix Market file", from_counts},
    KnownFormat{{"MATLAB 5.0 MAT-file"sv},
                0,
                "a MATLAB file of version 5 to 7",
                "Save it again with save(..., '-v7.3'), or convert it: python3 -c \"import numpy, scipy.io; "
                "numpy.save('rows.npy', scipy.io.loadmat('FILE')['NAME'])\""},
    KnownFormat{{"# Created by Octave"sv}, 0, "a text file of Octave", "Save it again with save -hdf5"},
    KnownFormat{{"Octave-1-"sv}, 0, "a binary file of Octave", "Save it again with save -hdf5"},
    KnownFormat{{"RDX2\n"sv, "RDX3\n"sv, "RDA3\n"sv}, 0, "an .RData file of R", from_r},
    KnownFormat{
        {"X\n\0\0\0\x02"sv, "X\n\0\0\0\x03"sv, "A\n2\n"sv, "A\n3\n"sv}, 0, "an RDS file of R", from_r},
    KnownFormat{{"\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19."sv}, 0, "a PyTorch file", from_torch},
    KnownFormat{{"\x80\x02}"sv,
                 "\x80\x02"
                 "c"sv,
                 "\x80\x03"
                 "c"sv,
                 "\x80\x03}"sv, "\x80\x04\x95"sv, "\x80\x05\x95"sv},
                0,
                "a pickle of Python",
                from_pickle},
    KnownFormat{{"IxF"sv, "IHN"sv, "IwFl"sv}, 0, "an index of Faiss", from_faiss},
    KnownFormat{{"FCS2.0"sv, "FCS3."sv},
                0,
                "an FCS file of a cytometer",
                "Export the events as .csv, for example with flowCore"},
    KnownFormat{{"CDF\x01"sv, "CDF\x02"sv},
                0,
                "a NetCDF file of version 3",
                "Convert it to NetCDF 4, which is HDF5: nccopy -k nc4 FILE rows.h5"},
    KnownFormat{{"SIMPLE  ="sv}, 0, "a FITS file", "Save its table as .npy, for example with astropy"},
    KnownFormat{{"SQLite format 3\0"sv}, 0, "an SQLite database", "Export the table as .csv"},
    KnownFormat{{"Obj\x01"sv}, 0, "an Avro file", "Export its records as .csv"},
    KnownFormat{{"version https://git-lfs"sv},
                0,
                "a pointer of Git LFS, in place of the file itself",
                "Fetch the file: git lfs pull"},
    KnownFormat{{"<!DOCTYPE"sv, "<!doctype"sv, "<html"sv, "<HTML"sv},
                0,
                "a web page, as a download that failed leaves",
                "Download the file again"},
    KnownFormat{{"<?xml"sv}, 0, "an XML file", "Check the download, or export it as .csv"},
    KnownFormat{{"\x89PNG\r\n\x1a\n"sv}, 0, "a PNG picture", a_picture},
    KnownFormat{{"\xff\xd8\xff"sv}, 0, "a JPEG picture", a_picture},
    KnownFormat{{"GIF8"sv}, 0, "a GIF picture", a_picture},
    KnownFormat{{"II*\0"sv, "MM\0*"sv}, 0, "a TIFF picture", a_picture},
    KnownFormat{{"%PDF-"sv}, 0, "a PDF file", a_picture},
    KnownFormat{{"BZh"sv}, 0, "a file compressed by bzip2", unpack, "bunzip2 -k FILE"},
    KnownFormat{{"\xfd"
                 "7zXZ\0"sv},
                0,
                "a file compressed by xz",
                unpack,
                "unxz -k FILE"},
    KnownFormat{{"\x28\xb5\x2f\xfd"sv}, 0, "a file compressed by Zstandard", unpack, "unzstd FILE"},
    KnownFormat{{"\x04\x22\x4d\x18"sv}, 0, "a file compressed by LZ4", unpack, "unlz4 FILE"},
    KnownFormat{{"7z\xbc\xaf\x27\x1c"sv}, 0, "an archive of 7-Zip", unpack, "7z x FILE"},
    KnownFormat{{"Rar!\x1a\x07"sv}, 0, "a RAR archive", unpack, "unrar x FILE"},
    KnownFormat{{"ustar"sv}, 257, "a tar archive", unpack, "tar -xf FILE"},
};

constexpr std::string_view hdf5_mark = "\x89HDF\r\n\x1a\n"sv, zip_mark = "PK\x03\x04"sv;

/// Files that only their names give away.
struct KnownName {
  const char* suffix;
  const char* name;
  const char* remedy;
  const char* argument = "";
};

constexpr std::array known_names{
    KnownName{".cloupe", "a file of the Loupe Browser",
              "Name the filtered_feature_bc_matrix.h5 or the PCA beside it"},
    KnownName{".mat", "a MATLAB file of version 4", "Save it again with save(..., '-v7.3')"},
    KnownName{".dta", "a Stata file", from_pandas, "stata"},
    KnownName{".pt", "a PyTorch file", from_torch},
    KnownName{".pkl", "a pickle of Python", from_pickle},
    KnownName{".pickle", "a pickle of Python", from_pickle},
};

std::string replaced(std::string text, std::string_view word, const std::string& by) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size()))
    text.replace(at, word.size(), by);
  return text;
}

[[noreturn]] void refuse(const std::string& path, const std::string& name, const std::string& remedy) {
  throw base::InputError(
      fmt::format("{} is {} ({}). {}", path, name, what_is_read, replaced(remedy, "FILE", path)));
}

template <class Known>
std::string remedy_of(const Known& known) {
  const std::string remedy = replaced(known.remedy, "METHOD", known.argument);
  return known.remedy == unpack ? remedy + known.argument : remedy;
}

bool has(std::span<const std::byte> begin, std::size_t offset, std::string_view mark) {
  return begin.size() >= offset + mark.size() &&
         std::equal(mark.begin(), mark.end(), begin.begin() + static_cast<std::ptrdiff_t>(offset),
                    [](char letter, std::byte byte) { return static_cast<std::byte>(letter) == byte; });
}

/// The length of a header as 8 little-endian bytes, and the header, which is JSON.
bool is_safetensors(std::span<const std::byte> begin) {
  return has(begin, 8, "{\"") && has(begin, 4, "\0\0\0\0"sv);
}

std::string first_of(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 6;
  const std::size_t count = std::min(names.size(), shown);
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(count), ", "));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

[[noreturn]] void refuse_numpy_archive(const std::string& path, const std::vector<std::string>& members) {
  std::vector<std::string> names;
  for (const std::string& member : members)
    if (member.ends_with(".npy")) names.push_back(member.substr(0, member.size() - 4));
  const auto holds = [&](const char* name) { return std::ranges::find(names, name) != names.end(); };
  if (holds("indptr") && holds("format"))
    refuse(path, "a sparse matrix of SciPy in an .npz archive", from_counts);
  refuse(path, fmt::format("an .npz archive of {}", first_of(names)),
         fmt::format("Save what to read as .npy: python3 -c \"import numpy; numpy.save('{0}.npy', "
                     "numpy.load('FILE')['{0}'])\"",
                     names.front()));
}

[[noreturn]] void refuse_zip(const std::string& path) {
  const std::vector<std::string> members = zip_members(path);
  const auto any = [&](auto&& is) { return std::ranges::any_of(members, is); };
  if (any([](const std::string& name) { return name.ends_with(".npy"); }))
    refuse_numpy_archive(path, members);
  if (any([](const std::string& name) { return name.starts_with("xl/"); }))
    refuse(path, "an Excel file", replaced(from_pandas, "METHOD", "excel"));
  if (any([](const std::string& name) { return name == "content.xml"; }))
    refuse(path, "an OpenDocument file", "Save the sheet as .csv");
  if (any([](const std::string& name) { return name.ends_with("data.pkl"); }))
    refuse(path, "a PyTorch file", from_torch);
  if (members.empty())
    refuse(path, "a zip archive whose list of members is missing, so it is damaged or truncated",
           "Copy it or make it again");
  refuse(path, fmt::format("a zip archive of {}", first_of(members)), "Unpack it first: unzip FILE");
}

/// The layout and, in parentheses, what it is stored in.
std::string name_store(const std::string& path, Format format) {
  std::string container = "HDF5";
  if (format == Format::zarr)
    container =
        fmt::format("zarr v{}{}", zarr::ZarrStore(path).node("").version, zarr::is_zip(path) ? ", zip" : "");
  const std::string layout = name_layout(*Store::open(path));
  return layout.empty() ? container : fmt::format("{} ({})", layout, container);
}

/// The version stands after the mark.
std::string name_npy(ByteStream& stream) {
  std::array<std::byte, 8> begin{};
  stream.read_at(0, begin);
  return fmt::format("NumPy .npy {}.{}", std::to_integer<int>(begin[6]), std::to_integer<int>(begin[7]));
}

/// By what its name ends in, other than what tells that it is packed or cut.
std::string name_vectors(const std::string& path) {
  fs::path name(path);
  while (name.extension().string().starts_with(".crop_nb_") || name.extension() == ".gz")
    name.replace_extension();
  const std::string suffix = name.extension().string();
  return (suffix.ends_with("bin") ? "big-ann-benchmarks " : "TexMex ") + suffix;
}

bool is_text(std::span<const std::byte> begin) {
  return !begin.empty() && std::ranges::all_of(begin, [](std::byte byte) {
    const auto code = std::to_integer<unsigned>(byte);
    return code >= ' ' || code == '\t' || code == '\n' || code == '\r';
  });
}

}  // namespace

std::string name_format(const std::string& path) {
  const Format format = detect_format(path);
  if (is_store(format)) return name_store(path, format);
  const auto stream = ByteStream::open(path);
  if (format == Format::table) {
    const std::string description = inspect_table(*stream).notes.back();
    return "table: " + description.substr(path.size() + 2);  // after "PATH: "
  }
  const std::string name = format == Format::idx   ? "IDX"
                           : format == Format::npy ? name_npy(*stream)
                                                   : name_vectors(path);
  return name + (stream->packed() ? ", gzip" : "");
}

void refuse_known_format(const std::string& path, std::span<const std::byte> begin, bool packed) {
  if (packed && has(begin, 0, hdf5_mark))
    refuse(path, "a gzip file of HDF5, which cannot be read in parts", "Unpack it first: gunzip -k FILE");
  if (packed && has(begin, 0, zip_mark))
    refuse(path, "a gzip file of a zip archive", "Unpack it first: gunzip -k FILE");
  if (has(begin, 0, zip_mark)) refuse_zip(path);
  if (is_safetensors(begin))
    refuse(
        path, "a safetensors file",
        "Save the tensor as .npy: python3 -c \"import numpy, safetensors.numpy as s; numpy.save('rows.npy', "
        "s.load_file('FILE')['NAME'])\"");
  for (const KnownFormat& format : known_formats)
    for (const std::string_view mark : format.marks)
      if (!mark.empty() && has(begin, format.offset, mark)) refuse(path, format.name, remedy_of(format));
}

void refuse_unknown_format(const std::string& path, std::span<const std::byte> begin) {
  const std::string suffix = fs::path(path).extension().string();
  if (const auto* const known =
          std::ranges::find_if(known_names, [&](const KnownName& one) { return suffix == one.suffix; });
      known != known_names.end())
    refuse(path, known->name, remedy_of(*known));
  if (has(begin, 0, "{") || has(begin, 0, "[")) refuse(path, "a JSON file", "Save the rows as .npy or .csv");
  if (is_text(begin))
    refuse(path, "a text file that is not named as a table",
           "If it is a table of numbers, name it .csv or .tsv");
  throw base::InputError(fmt::format(
      "{} is of no format that FleetSNE reads (its first bytes are not those of IDX, .npy or HDF5, and "
      "its name does not end in .fvecs, .bvecs, .ivecs, .fbin, .u8bin, .i8bin, .csv or .tsv). "
      "Convert it, for example with numpy.save",
      path));
}

void refuse_folder(const std::string& path) {
  std::error_code ignored;
  const auto holds = [&](const char* name) { return fs::exists(fs::path(path) / name, ignored); };
  if (fs::path(path).extension() == ".zarr")
    refuse(path, "a folder without the metadata of zarr (zarr.json, .zgroup or .zarray)",
           "Copy the store again with all hidden files, for example with cp -r or rsync -a");
  if (holds("matrix.mtx") || holds("matrix.mtx.gz"))
    refuse(path, "a folder of sparse counts of Cell Ranger",
           "Reduce them to dense columns first, for example with scanpy (scanpy.read_10x_mtx, "
           "scanpy.pp.pca), and "
           "write them with adata.write");
  if (holds("assays.h5"))
    refuse(path, "a folder of HDF5SummarizedExperiment",
           fmt::format("Name a dataset in it, as in {}/assays.h5:/NAME", path));
  if (holds("__tiledb_group.tdb") || holds("__group"))
    refuse(path, "a folder of TileDB", "Write it as .h5ad, for example with tiledbsoma.io.to_h5ad");
  for (const fs::directory_entry& entry : fs::directory_iterator(path, ignored))
    if (entry.path().extension() == ".parquet")
      refuse(path, "a folder of Parquet files", replaced(from_pandas, "METHOD", "parquet"));
  throw base::InputError(
      fmt::format("{} is a directory (an input is one file, or a folder of zarr). Name a file in it", path));
}

}  // namespace fleetsne::io
