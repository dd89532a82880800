#include "conventions.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace fleetsne::io {
namespace {

constexpr const char* to_components =
    "Reduce it to dense columns first, for example with scanpy.pp.pca, and embed obsm/X_pca";

bool is_group(const Store& store, const std::string& name) {
  return store.kind(name) == NodeKind::group;
}

bool is_array(const Store& store, const std::string& name) {
  return store.kind(name) == NodeKind::array;
}

bool has_attribute(const Store& store, const std::string& node, const std::string& name) {
  return !store.attribute(node, name).is_null();
}

bool is_loom(const Store& store) {
  return is_group(store, "row_attrs") && is_group(store, "col_attrs") && is_array(store, "matrix");
}

/// Version 3 keeps it in a dataset, 2 in an attribute.
std::string loom_version(const Store& store) {
  const std::string name = "LOOM_SPEC_VERSION", dataset = "attrs/" + name;
  if (!is_array(store, dataset)) return store.text_attribute("", name);
  return store.info(dataset).kind == ValueKind::text ? store.read_text(dataset, 0, 1).front() : "";
}

bool is_cell_ranger(const Store& store) {
  return is_array(store, "matrix/barcodes");
}

bool is_seurat(const Store& store) {
  return has_attribute(store, "", "active.assay") && is_array(store, "cell.names");
}

[[noreturn]] void refuse(const Store& store, const std::string& problem, const std::string& remedy) {
  throw base::InputError(fmt::format("{} {}. {}", store.path(), problem, remedy));
}

std::string anndata_default(const Store& store) {
  if (store.kind(default_of_anndata) != NodeKind::none) return default_of_anndata;
  if (is_array(store, "obs") || is_array(store, "obsm"))
    refuse(
        store, "was written by an anndata older than 0.7 (obs and obsm are single tables there)",
        fmt::format("Write it again with anndata 0.7 to 0.10: anndata.read_h5ad('{}').write('new.h5ad'){}",
                    store.path(), is_array(store, "X") ? fmt::format(", or embed {}:X", store.path()) : ""));
  std::vector<std::string> known;
  for (const std::string& name : store.children("obsm")) known.push_back("obsm/" + name);
  if (is_array(store, "X")) known.emplace_back("X");
  refuse(store,
         fmt::format("has no obsm/X_pca (the default for an AnnData file; this one has {})",
                     known.empty() ? "no dense matrix of cells" : fmt::format("{}", fmt::join(known, ", "))),
         fmt::format("Name what to embed, as in {}:obsm/NAME", store.path()));
}

std::string ann_benchmarks_default(const Store& store) {
  if (store.text_attribute("", "type") == "sparse" || is_array(store, "size_train"))
    refuse(store,
           "holds sets of ann-benchmarks (compared by Jaccard's distance; only rows of numbers are read)",
           "Find their neighbors with another tool and name them with --neighbors.load");
  return "train";
}

std::string default_array(const Store& store) {
  if (is_array(store, "")) return "";  // of zarr
  if (is_anndata(store)) return anndata_default(store);
  if (is_ann_benchmarks(store)) return ann_benchmarks_default(store);
  if (is_loom(store)) return "matrix";
  if (is_cell_ranger(store))
    refuse(store, "holds sparse counts of Cell Ranger (only dense datasets are read)",
           "Reduce them to dense columns first, for example with scanpy (scanpy.read_10x_h5, scanpy.pp.pca), "
           "and "
           "write them with adata.write");
  if (const auto modalities = store.children("mod"); !modalities.empty())
    refuse(store,
           fmt::format("is a MuData file of {} (one matrix is embedded)", fmt::join(modalities, " and ")),
           fmt::format("Name it, as in {}:mod/{}/obsm/X_pca", store.path(), modalities.front()));
  if (is_seurat(store) && is_array(store, "reductions/pca/cell.embeddings"))
    return "reductions/pca/cell.embeddings";
  refuse(
      store,
      fmt::format("needs the name of a dataset (a file may hold many; this one has {})", list_arrays(store)),
      fmt::format("Name one, as in {}:/NAME", store.path()));
}

bool is_sparse(const Store& store, const std::string& group) {
  return store.text_attribute(group, "encoding-type").ends_with("_matrix") ||
         !store.text_attribute(group, "h5sparse_format").empty() ||
         has_attribute(store, group, "MATLAB_sparse");
}

/// Throws with what is wrong unless there is an array of this name.
void expect_array(const Store& store, const std::string& name) {
  switch (store.kind(name)) {
    case NodeKind::array:
      return;
    case NodeKind::none:
      refuse(store, fmt::format("has no dataset {} (it has {})", name, list_arrays(store)),
             "Name one of them");
    case NodeKind::group:
      break;
  }
  const bool sparse = is_sparse(store, name);
  const bool of_matlab = has_attribute(store, name, "MATLAB_class");
  throw base::InputError(fmt::format(
      "{}: {} is {} (only dense datasets are read). {}", store.path(), name,
      sparse      ? "a sparse matrix"
      : of_matlab ? "a struct of MATLAB"
                  : "a group",
      sparse ? to_components : fmt::format("Name a dataset: the file has {}", list_arrays(store))));
}

/// The group that a dataset is in.
std::string parent_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash);
}

bool is_variable_of_octave(const Store& store, const std::string& name) {
  return !name.empty() && is_group(store, name) && has_attribute(store, name, "OCTAVE_NEW_FORMAT");
}

}  // namespace

std::string name_layout(const Store& store) {
  const auto versioned = [](const std::string& name, const std::string& version) {
    return version.empty() ? name : name + " " + version;
  };
  const std::string encoding = store.text_attribute("", "encoding-version");
  if (is_anndata(store)) return encoding.empty() ? "AnnData" : "AnnData of encoding " + encoding;
  if (store.text_attribute("", "encoding-type") == "MuData") return versioned("MuData of encoding", encoding);
  if (is_loom(store)) return versioned("loom", loom_version(store));
  if (is_seurat(store)) return versioned("h5Seurat", store.text_attribute("", "version"));
  if (is_ann_benchmarks(store)) return "ann-benchmarks";
  if (is_cell_ranger(store)) return "counts of Cell Ranger";
  for (const std::string& name : store.children("")) {
    if (has_attribute(store, name, "MATLAB_class")) return "MATLAB 7.3";
    if (is_variable_of_octave(store, name)) return "Octave";
  }
  return "";
}

bool is_ann_benchmarks(const Store& store) {
  return is_array(store, "train") && is_array(store, "test");
}

std::string array_of_rows(const Store& store, const std::string& name) {
  if (is_variable_of_octave(store, name) && is_array(store, name + "/value")) return name + "/value";
  std::string result = name.empty() ? default_array(store) : name;
  expect_array(store, result);
  return result;
}

std::string not_numbers_of_matlab(const Store& store, const std::string& name) {
  constexpr std::array numbers{"double", "single", "logical", "int8",   "int16", "int32",
                               "int64",  "uint8",  "uint16",  "uint32", "uint64"};
  const std::string kind = store.text_attribute(name, "MATLAB_class");
  if (kind.empty() || std::find(numbers.begin(), numbers.end(), kind) != numbers.end()) return "";
  return kind == "cell" || kind == "char" ? fmt::format("a {} array", kind) : "a " + kind;
}

void expect_matrix(const Store& store, const std::string& name) {
  if (const std::string kind = not_numbers_of_matlab(store, name); !kind.empty())
    refuse(store, fmt::format("has {}, {} of MATLAB (only a matrix of numbers is read)", name, kind),
           fmt::format("Save the matrix in it from MATLAB, as in X = cell2mat({0}) or X = {0}.NAME, and then "
                       "save('rows.mat', 'X', '-v7.3')",
                       name));
  if (has_attribute(store, name, "MATLAB_empty"))
    refuse(store, fmt::format("has an empty matrix {} (as MATLAB marks it)", name), "Name another variable");
  const std::vector<std::int64_t> shape = store.info(name).shape;
  if (shape.size() != 2)
    throw base::InputError(fmt::format(
        "{}: {} has {} dimension{} (rows need 2: one row for each point). Name another dataset or reshape "
        "it; the file has {}",
        store.path(), name, shape.size(), shape.size() == 1 ? "" : "s", list_arrays(store)));
  if (shape[0] == 0 || shape[1] == 0)
    throw base::InputError(fmt::format("{}: {} holds no data ({} x {}). Check how it was made", store.path(),
                                       name, shape[0], shape[1]));
}

std::string exchanged_by(const Store& store, const std::string& name) {
  if (has_attribute(store, name, "MATLAB_class")) return "MATLAB";
  if (is_variable_of_octave(store, parent_of(name))) return "Octave";
  if (is_loom(store) && (name == "matrix" || name.starts_with("layers/"))) return "loom";
  if (is_seurat(store) && name.starts_with("reductions/") && name.ends_with("cell.embeddings"))
    return "Seurat";
  return "";
}

}  // namespace fleetsne::io
