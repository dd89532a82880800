#include "fleetsne/base/error.hpp"
#include "fleetsne/io/store.hpp"

#include "neighbor_source.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::io {
namespace {

constexpr std::int64_t offsets_at_once = std::int64_t{1} << 20;

/// "a/b/" of "a/b/obsp/NAME": where in the file the AnnData object is.
std::string object_of(const std::string& graph) {
  const std::size_t at = ("/" + graph).rfind("/obsp/");
  return at == std::string::npos ? std::string() : graph.substr(0, at);
}

std::string text_in(const Store& store, const std::string& array) {
  if (store.kind(array) != NodeKind::array || store.info(array).kind != ValueKind::text) return {};
  return store.read_text(array, 0, 1).front();
}

/// Texts and numbers in a group.
nlohmann::json values_in(const Store& store, const std::string& group) {
  nlohmann::json values;
  for (const std::string& name : store.children(group)) {
    const std::string array = group + "/" + name;
    if (store.kind(array) != NodeKind::array) continue;
    const ArrayInfo info = store.info(array);
    if (!info.shape.empty()) continue;
    if (info.kind == ValueKind::text) {
      values[name] = store.read_text(array, 0, 1).front();
    } else if (info.kind == ValueKind::integer) {
      std::int64_t value = 0;
      store.read(array, 0, std::span(&value, 1));
      values[name] = value;
    }
  }
  return values;
}

/// What scanpy keeps of the search that a graph came from: parameters, and which graphs it wrote.
struct Search {
  nlohmann::json parameters;
  std::string distances, connectivities;  // their names in obsp
};

/// The search in uns that names `graph` (a name in obsp); empty if there is none.
Search search_of(const Store& store, const std::string& object, const std::string& graph) {
  const std::string uns = object + "uns";
  for (const std::string& name : store.children(uns)) {
    const std::string group = uns + "/" + name;
    if (store.kind(group) != NodeKind::group) continue;
    Search found{.parameters = {},
                 .distances = text_in(store, group + "/distances_key"),
                 .connectivities = text_in(store, group + "/connectivities_key")};
    if (found.distances != graph && found.connectivities != graph) continue;
    found.parameters = values_in(store, group + "/params");
    return found;
  }
  return {};
}

class SparseGraph : public NeighborSource {
 public:
  explicit SparseGraph(const Location& location)
      : store_(Store::open(location.path)),
        group_(location.dataset),
        name_(location.path + ":" + group_),
        object_(object_of(group_)),
        search_(search_of(*store_, object_, group_.substr(group_.rfind('/') + 1))) {
    expect_distances();
    expect_compressed_rows();
    header_.rows = store_->info(part("indptr")).shape[0] - 1;
    header_.count = longest_row();
  }

  nlohmann::json about() const override {
    return search_.parameters.is_null() ? nlohmann::json() : nlohmann::json{{"params", search_.parameters}};
  }

  void read(std::int64_t first, std::int64_t count, std::span<base::GlobalIndex> indices,
            std::span<float> distances) override {
    if (count == 0) return;
    std::vector<std::int64_t> offsets(static_cast<std::size_t>(count) + 1);
    store_->read(part("indptr"), first, std::span(offsets));
    const std::int64_t begin = offsets.front();
    std::vector<std::int64_t> columns(static_cast<std::size_t>(offsets.back() - begin));
    std::vector<double> values(columns.size());
    if (!columns.empty()) {
      store_->read(part("indices"), begin, std::span(columns));
      store_->read(part("data"), begin, std::span(values));
    }
    std::ranges::fill(indices, -1);
    std::ranges::fill(distances, 0.0F);
    for (std::size_t row = 0; row + 1 < offsets.size(); ++row)
      for (std::int64_t entry = offsets[row]; entry < offsets[row + 1]; ++entry) {
        const auto from = static_cast<std::size_t>(entry - begin);
        const std::size_t to = row * header_.count + static_cast<std::size_t>(entry - offsets[row]);
        indices[to] = columns[from];
        distances[to] = static_cast<float>(values[from]);
      }
  }

 private:
  std::string part(const char* array) const { return group_ + "/" + array; }

  /// How the graph is stored: "csr_matrix", "array" and so on.
  std::string encoding() const {
    const std::string old = store_->text_attribute(group_, "h5sparse_format");  // before anndata 0.7
    return old.empty() ? store_->text_attribute(group_, "encoding-type") : old + "_matrix";
  }

  /// "PATH:obsp/distances", for messages.
  std::string better_choice() const {
    const std::string known = search_.distances.empty() ? "distances" : search_.distances;
    return store_->path() + ":" + object_ + "obsp/" + known;
  }

  void expect_distances() const {
    if (store_->kind(group_) == NodeKind::none)
      throw base::InputError(fmt::format("{} has no {} ({}). Name a graph of distances, as in {}",
                                         store_->path(), group_, graphs_text(), better_choice()));
    const std::string name = group_.substr(group_.rfind('/') + 1);
    if (name.ends_with("connectivities") || (!name.empty() && name == search_.connectivities))
      throw base::InputError(
          fmt::format("{} holds connectivities (UMAP's weights of edges, from which distances cannot be "
                      "computed). Name the distances, as in {}",
                      name_, better_choice()));
  }

  std::string graphs_text() const {
    const auto names = store_->children(object_ + "obsp");
    return names.empty() ? "it has no graphs in obsp" : fmt::format("obsp has {}", fmt::join(names, ", "));
  }

  void expect_compressed_rows() const {
    const std::string stored = encoding();
    if (stored == "csc_matrix")
      throw base::InputError(
          fmt::format("{} is stored by columns (a row's neighbors must be side by side). Store it by rows: "
                      "adata.obsp[NAME] = adata.obsp[NAME].tocsr()",
                      name_));
    if (stored != "csr_matrix")
      throw base::InputError(fmt::format(
          "{} is not a sparse graph in compressed rows (its encoding is {}). Name a graph that scanpy has "
          "written, or an HDF5 file with the datasets indices and distances",
          name_, stored.empty() ? "not recorded" : stored));
    for (const char* array : {"indptr", "indices", "data"}) {
      if (store_->kind(part(array)) != NodeKind::array || store_->info(part(array)).shape.size() != 1)
        throw base::InputError(fmt::format(
            "{} has no array {} of one dimension (a sparse graph has indptr, indices and data). The file is "
            "damaged: write it again",
            name_, array));
      store_->expect_stored(part(array));
    }
    const std::int64_t entries = store_->info(part("indices")).shape[0];
    if (store_->info(part("indptr")).shape[0] < 2 || store_->info(part("data")).shape[0] != entries)
      throw base::InputError(fmt::format(
          "{} has {} indices and {} values of {} rows (these do not fit together). The file is damaged: "
          "write "
          "it again",
          name_, entries, store_->info(part("data")).shape[0], store_->info(part("indptr")).shape[0] - 1));
  }

  /// Reads all offsets: they must ascend from 0 to the number of entries.
  std::size_t longest_row() const {
    const std::int64_t all = header_.rows + 1, entries = store_->info(part("indices")).shape[0];
    std::vector<std::int64_t> offsets;
    std::int64_t longest = 0, last = 0;
    for (std::int64_t at = 0; at < all; at += offsets_at_once) {
      offsets.resize(static_cast<std::size_t>(std::min(offsets_at_once, all - at)));
      store_->read(part("indptr"), at, std::span(offsets));
      for (const std::int64_t offset : offsets) {
        if (offset < last || offset > entries)
          throw base::InputError(
              fmt::format("{}: its indptr does not ascend from 0 to {}, the number of entries. The file is "
                          "damaged: write "
                          "it again",
                          name_, entries));
        longest = std::max(longest, offset - last);
        last = offset;
      }
    }
    if (longest == 0)
      throw base::InputError(fmt::format("{} has no entries (no row has a neighbor). Search again", name_));
    return static_cast<std::size_t>(longest);
  }

  std::unique_ptr<Store> store_;
  std::string group_;   // in the store
  std::string name_;    // as messages call it
  std::string object_;  // path of the AnnData object
  Search search_;
};

}  // namespace

std::unique_ptr<NeighborSource> open_sparse_neighbors(const Location& location) {
  return std::make_unique<SparseGraph>(location);
}

}  // namespace fleetsne::io
