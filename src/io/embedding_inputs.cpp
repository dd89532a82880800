#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/read.hpp"

#include <fmt/format.h>

namespace fleetsne::io {
namespace {

std::string resolved(const std::string& name) {
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
