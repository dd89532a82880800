#include "zarr_source.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/byte_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace fleetsne::io::zarr {
namespace {

namespace fs = std::filesystem;

class FolderSource : public Source {
 public:
  explicit FolderSource(const std::string& path) : Source(path), root_(path) {}

  void read(const std::string& key, std::int64_t offset, std::span<std::byte> out) const override {
    ByteStream::open_as_stored((root_ / key).string())->read_at(offset, out);
  }

  void for_each_file(const std::string& folder, const Visit& visit) const override {
    const fs::path top = root_ / folder;
    std::error_code error;
    for (auto at = fs::recursive_directory_iterator(top, error);
         !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      std::error_code gone;
      if (!at->is_regular_file(gone)) continue;
      const auto bytes = at->file_size(gone);
      if (!gone) visit(at->path().lexically_relative(top).generic_string(), static_cast<std::int64_t>(bytes));
    }
    if (error) cannot_list(top, error);
  }

 protected:
  std::optional<std::int64_t> file_size(const std::string& key) const override {
    std::error_code none;
    const fs::path path = root_ / key;
    if (!fs::is_regular_file(path, none)) return std::nullopt;
    const auto bytes = fs::file_size(path, none);
    if (none) return std::nullopt;
    return static_cast<std::int64_t>(bytes);
  }

  std::vector<std::string> folders_in(const std::string& key) const override {
    std::vector<std::string> names;
    std::error_code error;
    for (auto at = fs::directory_iterator(root_ / key, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
      std::error_code gone;
      if (at->is_directory(gone)) names.push_back(at->path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }

 private:
  [[noreturn]] static void cannot_list(const fs::path& folder, const std::error_code& error) {
    throw base::InputError(fmt::format("{} cannot be listed ({}). Check the path and its permissions",
                                       folder.string(), error.message()));
  }

  fs::path root_;
};

}  // namespace

bool Source::stays_inside(const std::string& key) {
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    const std::string name = key.substr(begin, end - begin);
    if (name.empty() || name == "." || name == ".." || name.find('\0') != std::string::npos) return false;
    begin = end + 1;
  }
  return true;
}

bool is_zip(const std::string& path) {
  std::error_code none;
  if (!fs::is_regular_file(path, none)) return false;
  char begin[4] = {};
  std::ifstream(path, std::ios::binary).read(begin, sizeof begin);
  return std::string(begin, sizeof begin) == "PK\3\4";
}

bool is_store(const std::string& path) {
  std::error_code none;
  if (!fs::is_directory(path, none) && !is_zip(path)) return false;
  try {
    const auto source = Source::open(path);
    return std::ranges::any_of(metadata_names,
                               [&](const char* name) { return source->size(name).has_value(); });
  } catch (const base::Error&) {
    return false;
  }
}

std::unique_ptr<Source> Source::open(const std::string& path) {
  if (is_zip(path)) return open_zip(path);
  return std::make_unique<FolderSource>(path);
}

}  // namespace fleetsne::io::zarr
