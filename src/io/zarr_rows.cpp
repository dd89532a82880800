#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"

#include "conventions.hpp"
#include "row_bands.hpp"
#include "zarr_store.hpp"
#include <fmt/format.h>

#include <algorithm>

namespace fleetsne::io {
namespace {

using zarr::ArrayReader;
using zarr::ZarrStore;

void expect_numbers(const ZarrStore& store, const std::string& name) {
  const ArrayInfo info = store.info(name);
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
  constexpr std::int64_t max_missing_ratio = 16;
  if (stored < (all + max_missing_ratio - 1) / max_missing_ratio)
    zarr::refuse(store.path(), name, stored == 0 ? "has no data" : "is not all there",
                 fmt::format("{} of its {} chunks {} stored", stored == 0 ? "none" : std::to_string(stored),
                             all, stored <= 1 ? "is" : "are"),
                 "The store is truncated or was never finished: copy it or make it again");
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
  static_cast<void>(store.node(name.empty() ? default_of_anndata : name));  // throws if it is damaged
  name = array_of_rows(store, name);
  expect_matrix(store, name);
  expect_numbers(store, name);
  judge_missing_chunks(store, input);
  const ArrayInfo info = store.info(name);
  input.rows = info.shape[0];
  input.columns = info.shape[1];
  input.chunk_rows = info.chunk[0];
  input.chunk_columns = info.chunk[1];
  input.oriented = is_anndata(store);
  input.wide = store.reader(name).array().type.number.wide();
}

namespace {

/// Columns of the stored array become rows.
template <class T>
void read_columns(ArrayReader& reader, const RowInput& input, base::GlobalIndex first,
                  base::MatrixView<T> out) {
  for_each_band(first, out.rows(), input.chunk_rows, out.columns() * sizeof(T),
                [&](std::size_t at, std::size_t rows) {
                  base::Matrix<T> band(out.columns(), rows);
                  reader.read_numbers({.column = first + static_cast<std::int64_t>(at),
                                       .rows = static_cast<std::int64_t>(band.rows()),
                                       .columns = static_cast<std::int64_t>(rows)},
                                      band.view());
                  for (std::size_t i = 0; i < rows; ++i)
                    for (std::size_t j = 0; j < out.columns(); ++j) out(at + i, j) = band(j, i);
                });
}

}  // namespace

template <class T>
void read_zarr_rows(const comm::Communicator& comm, const RowInput& input, base::GlobalIndex first,
                    base::MatrixView<T> out) {
  comm::agree(comm, [&] {
    if (out.rows() == 0) return;
    const ZarrStore store(input.location.path);
    ArrayReader& reader = store.reader(input.location.dataset);
    if (input.transposed) return read_columns(reader, input, first, out);
    reader.read_numbers({.row = first,
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
