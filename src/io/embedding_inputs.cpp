#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"

#include "embedding_axes.hpp"
#include "table_columns.hpp"
#include <fmt/format.h>

#include <utility>

namespace fleetsne::io {
namespace {

/// A message names so many columns.
constexpr std::size_t max_named = 8;

/// The name with the dataset that an AnnData file alone means.
std::string with_dataset(const std::string& name) {
  const Location location = split_input(name);
  if (!location.dataset.empty() || !is_store(detect_format(location.path))) return name;
  const auto store = Store::open(location.path);
  if (!is_anndata(*store)) return name;  // read_rows asks for the dataset's name
  for (const char* known : {"obsm/X_tsne", "obsm/X_umap"})
    if (store->kind(known) != NodeKind::none) return fmt::format("{}:{}", name, known);
  throw base::InputError(
      fmt::format("{} has neither obsm/X_tsne nor obsm/X_umap (it has {}). Name the embedding, as in "
                  "{}:obsm/NAME",
                  store->path(), list_arrays(*store), store->path()));
}

/// The name with the columns of a table that are the axes, where it has others.
std::string with_axes(const std::string& name) {
  const std::string path = split_input(name).path;
  const TableInspection table = inspect_table(*ByteStream::open(path));
  const std::vector<std::int32_t> axes = find_axes(table);
  if (axes.empty())
    throw base::InputError(fmt::format(
        "{} has {} column{} ({}; an embedding has 1 or 2 axes). Name the axes, as in {}:COLUMN1,COLUMN2",
        path, table.layout.columns, table.layout.columns == 1 ? "" : "s",
        table.column_names.empty() ? "without names" : list_columns(table, max_named), path));
  if (std::cmp_equal(axes.size(), table.layout.columns)) return name;
  return fmt::format("{}:{}", path, select_columns(table, axes));
}

std::string resolved(const std::string& name) {
  const Location location = split_input(name);
  if (location.dataset.empty() && detect_format(location.path) == Format::table) return with_axes(name);
  const std::string input = with_dataset(name);
  const RowInput rows = inspect_rows(input, Orientation::embedding);
  if (rows.columns > 2)
    throw base::InputError(
        fmt::format("{} has {} columns (an embedding has 1 or 2 axes). Name an embedding instead of data",
                    input, rows.columns));
  return input;
}

}  // namespace

std::vector<std::string> embedding_inputs(const comm::Communicator& comm,
                                          std::span<const std::string> names) {
  std::vector<std::string> result(names.size());
  comm::on_root(comm, [&] {
    std::string problems;
    for (std::size_t i = 0; i < names.size(); ++i) {
      try {
        result[i] = resolved(names[i]);
      } catch (const base::Error& error) {
        problems += fmt::format("{}{}", problems.empty() ? "" : "\n", error.what());
      }
    }
    if (!problems.empty()) throw base::InputError(problems);
  });
  for (std::string& name : result) name = comm.broadcast(name, 0);
  return result;
}

}  // namespace fleetsne::io
