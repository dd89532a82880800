#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::io::zarr {

/// Whether a path is a zarr store: a folder, or a zip of one, with metadata of zarr version 2 or 3 in its
/// root. False if it cannot be read. On this rank alone.
bool is_store(const std::string& path);

/// The files of a store, in a folder or a zip, read by this rank alone. A key is a path in the store without
/// a slash in front ("obs/.zarray"); one that would lead out of the store has no value. All throw InputError.
class Source {
 public:
  static std::unique_ptr<Source> open(const std::string& path);

  explicit Source(std::string path) : path_(std::move(path)) {}
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::string& path() const { return path_; }

  /// Bytes of a file, or nothing if there is no such file.
  std::optional<std::int64_t> size(const std::string& key) const {
    return stays_inside(key) ? file_size(key) : std::nullopt;
  }
  /// Bytes [offset, offset + out.size()) of a file that has them.
  virtual void read(const std::string& key, std::int64_t offset, std::span<std::byte> out) const = 0;
  /// Names of the folders in a folder, "" being the root, in alphabetical order.
  std::vector<std::string> folders(const std::string& key) const {
    return key.empty() || stays_inside(key) ? folders_in(key) : std::vector<std::string>();
  }
  using Visit = std::function<void(const std::string& below, std::int64_t bytes)>;
  /// Calls visit(path below the folder, bytes) for each file of a folder and of the folders in it.
  virtual void for_each_file(const std::string& folder, const Visit& visit) const = 0;

 protected:
  /// Whether a key is made of names only: neither empty, nor "." or "..".
  static bool stays_inside(const std::string& key);
  virtual std::optional<std::int64_t> file_size(const std::string& key) const = 0;
  virtual std::vector<std::string> folders_in(const std::string& key) const = 0;

 private:
  std::string path_;
};

/// The first bytes of a zip.
bool is_zip(const std::string& path);
std::unique_ptr<Source> open_zip(const std::string& path);

/// Files that make a folder a zarr store, a node of one, or tell what is in all of it.
inline constexpr const char* metadata_names[] = {"zarr.json", ".zgroup", ".zarray", ".zmetadata"};

/// A path in a store: `name` in the folder `node`, or in the root.
inline std::string key_of(const std::string& node, const std::string& name) {
  return node.empty() ? name : node + "/" + name;
}

}  // namespace fleetsne::io::zarr
