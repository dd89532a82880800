#pragma once

#include "fleetsne/io/store.hpp"

#include "zarr_array.hpp"

#include <map>
#include <memory>
#include <string>

namespace fleetsne::io::zarr {

/// A zarr store of version 2 or 3, in a folder or a zip.
class ZarrStore : public Store {
 public:
  explicit ZarrStore(const std::string& path);

  NodeKind kind(const std::string& name) const override;
  std::vector<std::string> children(const std::string& group) const override;
  nlohmann::json attribute(const std::string& node, const std::string& name) const override;
  ArrayInfo info(const std::string& array, const std::string& field = {}) const override;
  void expect_stored(const std::string& array) const override;
  void read(const std::string& array, std::int64_t first, std::span<std::int64_t> out,
            const std::string& field) const override;
  void read(const std::string& array, std::int64_t first, std::span<double> out,
            const std::string& field) const override;
  std::vector<std::string> read_text(const std::string& array, std::int64_t first, std::int64_t count,
                                     const std::string& field) const override;
  void read_rows(const std::string& array, std::int64_t first, base::MatrixView<double> out) const override;

  /// The reader of one array, which keeps the chunks that it unpacked last. Throws InputError.
  ArrayReader& reader(const std::string& array) const;
  /// What stands in the metadata of a node. Throws InputError if they are damaged.
  const Node& node(const std::string& name) const;

 private:
  template <class T>
  void read_column(const std::string& array, std::int64_t first, std::span<T> out,
                   const std::string& field) const;

  std::unique_ptr<Source> source_;
  mutable std::map<std::string, Node> nodes_;           ///< what was read already
  mutable std::map<std::string, ArrayReader> readers_;  ///< of what was read from already
};

}  // namespace fleetsne::io::zarr
