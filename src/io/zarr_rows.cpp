#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"

#include "zarr_store.hpp"
#include <fmt/format.h>

#include <algorithm>

namespace fleetsne::io {
namespace {

using zarr::ZarrStore;

/// The array that an input without a name means.
std::string default_array(const ZarrStore& store, bool anndata) {
  if (store.kind("") == NodeKind::array) return "";
  if (!anndata)
    throw base::InputError(fmt::format(
        "{} needs the name of an array (a zarr store may hold many; this one has {}). Name one, as in "
        "{}:NAME",
        store.path(), list_arrays(store), store.path()));
  constexpr const char* usual = "obsm/X_pca";
  if (store.kind(usual) == NodeKind::array) return usual;
  std::vector<std::string> known;
  for (const std::string& name : store.children("obsm")) known.push_back("obsm/" + name);
  if (store.kind("X") == NodeKind::array) known.emplace_back("X");
  throw base::InputError(fmt::format(
      "{} has no obsm/X_pca (the default for an AnnData file; this one has {}). Name what to embed, as in "
      "{}:obsm/NAME",
      store.path(), known.empty() ? "no dense matrix of cells" : fmt::format("{}", fmt::join(known, ", ")),
      store.path()));
}

/// Throws with what is wrong unless there is an array of this name.
void expect_array(const ZarrStore& store, const std::string& name) {
  const NodeKind kind = store.node(name).kind;
  if (kind == NodeKind::array) return;
  if (kind == NodeKind::none)
    throw base::InputError(fmt::format("{} has no array {} (it has {}). Name one of them", store.path(), name,
                                       list_arrays(store)));
  const bool sparse = store.text_attribute(name, "encoding-type").ends_with("_matrix");
  throw base::InputError(fmt::format(
      "{}: {} is {} (only dense arrays are read). {}", store.path(), name,
      sparse ? "a sparse matrix" : "a group",
      sparse ? "Reduce it to dense columns first, for example with scanpy.pp.pca, and embed obsm/X_pca"
             : fmt::format("Name an array: the store has {}", list_arrays(store))));
}

void expect_matrix(const ZarrStore& store, const std::string& name) {
  const ArrayInfo info = store.info(name);
  if (info.shape.size() != 2)
    throw base::InputError(fmt::format(
        "{}: {} has {} dimension{} (rows need 2: one row for each point). Name another array or reshape it; "
        "the "
        "store has {}",
        store.path(), name, info.shape.size(), info.shape.size() == 1 ? "" : "s", list_arrays(store)));
  if (info.shape[0] == 0 || info.shape[1] == 0)
    throw base::InputError(fmt::format("{}: {} holds no data ({} x {}). Check how it was made", store.path(),
                                       name, info.shape[0], info.shape[1]));
  if (info.kind != ValueKind::floating && info.kind != ValueKind::integer && info.kind != ValueKind::boolean)
    throw base::InputError(fmt::format(
        "{}: {} does not hold plain numbers (its elements are {}; integers or floating-point numbers are "
        "needed). Name another array or convert it",
        store.path(), name, store.reader(name).array().type.name));
}

/// Rows of which no chunk is stored are no data. Where some are missing, zarr's rule is that they are the
/// fill value, but whoever copied half a store must learn of it.
void judge_missing_chunks(const ZarrStore& store, RowInput& input) {
  const std::string& name = input.location.dataset;
  const auto [all, stored] = store.reader(name).count_stored();
  if (stored == 0)
    throw base::InputError(fmt::format(
        "{}: {} has no data (none of its {} chunks is stored). The store is truncated or was never "
        "finished: copy it or make it again",
        store.path(), name, all));
  store.expect_stored(name);
  if (stored < all)
    input.warnings.push_back(
        fmt::format("{}: {} of the {} chunks of {} are not stored (they are read as the fill value, {}, as "
                    "zarr prescribes; in a "
                    "copy that was cut short they are lost). Compare the store with its original if such "
                    "rows are not expected",
                    store.path(), all - stored, all, name, store.reader(name).array().fill.number));
}

}  // namespace

void inspect_zarr_rows(RowInput& input) {
  const ZarrStore store(input.location.path);
  std::string& name = input.location.dataset;
  if (name.empty()) name = default_array(store, is_anndata(store));
  expect_array(store, name);
  expect_matrix(store, name);
  judge_missing_chunks(store, input);
  const ArrayInfo info = store.info(name);
  input.rows = info.shape[0];
  input.columns = info.shape[1];
  input.chunk_rows = info.chunk[0];
  input.oriented = is_anndata(store);
  input.wide = store.reader(name).array().type.number.wide();
}

template <class T>
void read_zarr_rows(const comm::Communicator& comm, const RowInput& input, base::GlobalIndex first,
                    base::MatrixView<T> out) {
  comm::agree(comm, [&] {
    if (out.rows() == 0) return;
    const ZarrStore store(input.location.path);
    store.reader(input.location.dataset)
        .read_numbers({.row = first,
                       .rows = static_cast<std::int64_t>(out.rows()),
                       .columns = static_cast<std::int64_t>(out.columns())},
                      out);
  });
}

template void read_zarr_rows(const comm::Communicator&, const RowInput&, base::GlobalIndex,
                             base::MatrixView<float>);
template void read_zarr_rows(const comm::Communicator&, const RowInput&, base::GlobalIndex,
                             base::MatrixView<double>);

}  // namespace fleetsne::io
