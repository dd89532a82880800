#include "hdf5_conventions.hpp"

#include "hdf5_storage.hpp"
#include <fmt/format.h>

#include <filesystem>

namespace fleetsne::io::hdf5 {
namespace {

constexpr const char* to_components =
    "Reduce it to dense columns first, for example with scanpy.pp.pca, and embed obsm/X_pca";

bool is_group(hid_t file, const std::string& name) {
  return object_type(file, name) == H5O_TYPE_GROUP;
}

bool is_dataset(hid_t file, const std::string& name) {
  return object_type(file, name) == H5O_TYPE_DATASET;
}

std::vector<std::string> members(hid_t file, const std::string& group) {
  if (!is_group(file, group)) return {};
  const Handle open(H5Gopen2(file, group.c_str(), H5P_DEFAULT), H5Gclose);
  return list_links(open.get());
}

bool is_loom(hid_t file) {
  return is_group(file, "row_attrs") && is_group(file, "col_attrs") && is_dataset(file, "matrix");
}

bool is_seurat(hid_t file) {
  return H5Aexists(file, "active.assay") > 0 && is_dataset(file, "cell.names");
}

[[noreturn]] void refuse(const Guard& guard, const std::string& problem, const std::string& remedy) {
  throw base::InputError(fmt::format("{} {}. {}", guard.file(), problem, remedy));
}

std::string anndata_default(const Guard& guard, hid_t file) {
  if (exists(file, "obsm/X_pca")) return "obsm/X_pca";
  if (is_dataset(file, "obs") || is_dataset(file, "obsm"))
    refuse(
        guard, "was written by an anndata older than 0.7 (obs and obsm are single tables there)",
        fmt::format("Write it again with anndata 0.7 to 0.10: anndata.read_h5ad('{}').write('new.h5ad'){}",
                    guard.file(), is_dataset(file, "X") ? fmt::format(", or embed {}:X", guard.file()) : ""));
  std::string known;
  for (const std::string& name : members(file, "obsm"))
    known += fmt::format("{}obsm/{}", known.empty() ? "" : ", ", name);
  if (is_dataset(file, "X")) known += known.empty() ? "X" : ", X";
  refuse(guard,
         fmt::format("has no obsm/X_pca (the default for an AnnData file; this one has {})",
                     known.empty() ? "no dense matrix of cells" : known),
         fmt::format("Name what to embed, as in {}:obsm/NAME", guard.file()));
}

std::string ann_benchmarks_default(const Guard& guard, hid_t file) {
  if (string_attribute(file, "type") == "sparse" || is_dataset(file, "size_train"))
    refuse(guard,
           "holds sets of ann-benchmarks (compared by Jaccard's distance; only rows of numbers are read)",
           "Find their neighbors with another tool and name them with --neighbors.load");
  return "train";
}

std::string default_dataset(const Guard& guard, hid_t file, bool anndata) {
  if (anndata) return anndata_default(guard, file);
  if (is_ann_benchmarks(file)) return ann_benchmarks_default(guard, file);
  if (is_loom(file)) return "matrix";
  if (is_dataset(file, "matrix/barcodes"))
    refuse(guard, "holds sparse counts of Cell Ranger (only dense datasets are read)",
           "Reduce them to dense columns first, for example with scanpy (scanpy.read_10x_h5, scanpy.pp.pca), "
           "and "
           "write them with adata.write");
  if (const auto modalities = members(file, "mod"); !modalities.empty())
    refuse(guard,
           fmt::format("is a MuData file of {} (one matrix is embedded)", fmt::join(modalities, " and ")),
           fmt::format("Name it, as in {}:mod/{}/obsm/X_pca", guard.file(), modalities.front()));
  if (is_seurat(file) && is_dataset(file, "reductions/pca/cell.embeddings"))
    return "reductions/pca/cell.embeddings";
  refuse(guard,
         fmt::format("needs the name of a dataset (an HDF5 file may hold many; this one has {})",
                     list_datasets(file)),
         fmt::format("Name one, as in {}:/NAME", guard.file()));
}

/// Throws with what is wrong unless there is a dataset of this name.
void expect_dataset(const Guard& guard, hid_t file, const std::string& name) {
  if (is_dataset(file, name)) return;
  if (const std::string target = broken_link(file, name); !target.empty())
    refuse(guard,
           fmt::format("has a link {} to {}, which is not there (the data are in that place)", name, target),
           "Copy that file to where the link looks for it, or name another dataset");
  if (object_type(file, name) == H5O_TYPE_UNKNOWN && H5Lexists(file, name.c_str(), H5P_DEFAULT) > 0)
    refuse(guard,
           fmt::format("has {}, which cannot be opened (a newer HDF5 than this one, {}.{}.{}, wrote it)",
                       name, H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE),
           "Write it again for older ones, in h5py with libver=('earliest', 'v110')");
  if (!is_group(file, name))
    refuse(guard, fmt::format("has no dataset {} (it has {})", name, list_datasets(file)),
           "Name one of them");
  const Handle group(H5Gopen2(file, name.c_str(), H5P_DEFAULT), H5Gclose);
  const bool sparse = string_attribute(group.get(), "encoding-type").ends_with("_matrix") ||
                      !string_attribute(group.get(), "h5sparse_format").empty() ||
                      H5Aexists(group.get(), "MATLAB_sparse") > 0;
  throw base::InputError(fmt::format(
      "{}: {} is {} (only dense datasets are read). {}", guard.file(), name,
      sparse ? "a sparse matrix" : "a group",
      sparse ? to_components : fmt::format("Name a dataset: the file has {}", list_datasets(file))));
}

/// The group that a dataset is in.
std::string parent_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash);
}

bool is_variable_of_octave(hid_t file, const std::string& name) {
  if (name.empty() || !is_group(file, name)) return false;
  const Handle group(H5Gopen2(file, name.c_str(), H5P_DEFAULT), H5Gclose);
  return H5Aexists(group.get(), "OCTAVE_NEW_FORMAT") > 0;
}

}  // namespace

bool is_ann_benchmarks(hid_t file) {
  return is_dataset(file, "train") && is_dataset(file, "test");
}

std::string dataset_of_rows(const Guard& guard, hid_t file, const std::string& name, bool anndata) {
  if (is_variable_of_octave(file, name) && is_dataset(file, name + "/value")) return name + "/value";
  const std::string result = name.empty() ? default_dataset(guard, file, anndata) : name;
  expect_dataset(guard, file, result);
  return result;
}

std::string exchanged_by(const Guard& guard, hid_t file, hid_t dataset, const std::string& name) {
  if (H5Aexists(dataset, "MATLAB_class") > 0) {
    if (H5Aexists(dataset, "MATLAB_empty") > 0)
      refuse(guard, fmt::format("has an empty matrix {} (as MATLAB marks it)", name),
             "Name another variable");
    return "MATLAB";
  }
  if (is_variable_of_octave(file, parent_of(name))) return "Octave";
  if (is_loom(file) && (name == "matrix" || name.starts_with("layers/"))) return "loom";
  if (is_seurat(file) && name.starts_with("reductions/") && name.ends_with("cell.embeddings"))
    return "Seurat";
  return "";
}

}  // namespace fleetsne::io::hdf5
