#include "fleetsne/base/error.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include "zarr_source.hpp"
#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <map>

namespace fleetsne::io::zarr {
namespace {

/// deflate cannot pack more than this many bytes into one (zlib technical details: 1032:1).
constexpr zip_uint64_t most_inflated_per_byte = 1032;

struct CloseZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

class ZipSource : public Source {
 public:
  explicit ZipSource(const std::string& path) : Source(path) {
    int code = 0;
    archive_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (archive_ == nullptr) {
      zip_error_t error;
      zip_error_init_with_code(&error, code);
      const std::string reason = zip_error_strerror(&error);
      zip_error_fini(&error);
      throw base::InputError(
          fmt::format("{} is a damaged or truncated zip file ({}). Copy it or make it again", path, reason));
    }
    list_members();
    enter_only_folder();
  }

  void read(const std::string& key, std::int64_t offset, std::span<std::byte> out) const override {
    const Member& member = members_.at(key);
    const std::unique_ptr<zip_file_t, CloseZip> file(zip_fopen_index(archive_.get(), member.index, 0));
    if (file == nullptr) cannot_unpack(key, zip_strerror(archive_.get()));
    if (offset > 0 && (member.packed || zip_fseek(file.get(), offset, SEEK_SET) != 0))
      skip(*file, key, offset);
    read_on(*file, key, out);
  }

  void for_each_file(const std::string& folder, const Visit& visit) const override {
    const std::string prefix = folder.empty() ? "" : folder + "/";
    for (auto at = members_.lower_bound(prefix); at != members_.end() && at->first.starts_with(prefix); ++at)
      visit(at->first.substr(prefix.size()), at->second.bytes);
  }

 protected:
  std::optional<std::int64_t> file_size(const std::string& key) const override {
    const auto found = members_.find(key);
    if (found == members_.end()) return std::nullopt;
    return found->second.bytes;
  }

  std::vector<std::string> folders_in(const std::string& key) const override {
    const std::string prefix = key.empty() ? "" : key + "/";
    std::vector<std::string> names;
    auto at = members_.lower_bound(prefix);
    while (at != members_.end() && at->first.starts_with(prefix)) {
      const std::size_t slash = at->first.find('/', prefix.size());
      if (slash == std::string::npos) {
        ++at;
        continue;
      }
      names.push_back(at->first.substr(prefix.size(), slash - prefix.size()));
      at = members_.lower_bound(at->first.substr(0, slash) + static_cast<char>('/' + 1));
    }
    return names;
  }

 private:
  struct Member {
    zip_uint64_t index = 0;
    std::int64_t bytes = 0;
    bool packed = false;
  };

  [[noreturn]] void cannot_unpack(const std::string& key, const std::string& reason) const {
    throw base::InputError(
        fmt::format("{}: {} cannot be read ({}). Copy the file or make it again", path(), key, reason));
  }

  void list_members() {
    const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      zip_stat_t status;
      zip_stat_init(&status);
      constexpr zip_uint64_t needed =
          ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
      if (zip_stat_index(archive_.get(), static_cast<zip_uint64_t>(i), 0, &status) != 0) continue;
      if ((status.valid & needed) != needed || !stays_inside(status.name)) continue;
      if (status.size > status.comp_size * most_inflated_per_byte + most_inflated_per_byte)
        cannot_unpack(status.name, "its size is more than it can hold");
      members_[status.name] = {static_cast<zip_uint64_t>(i), static_cast<std::int64_t>(status.size),
                               status.comp_method != ZIP_CM_STORE};
    }
  }

  bool is_node(const std::string& folder) const {
    return std::ranges::any_of(metadata_names,
                               [&](const char* name) { return members_.contains(key_of(folder, name)); });
  }

  /// `zip -r cells.zarr.zip cells.zarr` puts the folder itself into the file: what is in it is the store.
  void enter_only_folder() {
    if (is_node("")) return;
    std::vector<std::string> stores = folders_in("");
    std::erase_if(stores, [&](const std::string& folder) { return !is_node(folder); });
    if (stores.size() != 1) return;
    const std::string prefix = stores.front() + "/";
    std::map<std::string, Member> inner;
    for (const auto& [name, member] : members_)
      if (name.starts_with(prefix)) inner[name.substr(prefix.size())] = member;
    members_ = std::move(inner);
  }

  void read_on(zip_file_t& file, const std::string& key, std::span<std::byte> out) const {
    for (std::size_t at = 0; at < out.size();) {
      const std::size_t now = std::min(out.size() - at, transfer_limit());
      const zip_int64_t got = zip_fread(&file, out.data() + at, now);
      if (got < 0) cannot_unpack(key, zip_file_strerror(&file));
      if (got == 0) cannot_unpack(key, "it ends too early");
      at += static_cast<std::size_t>(got);
    }
  }

  void skip(zip_file_t& file, const std::string& key, std::int64_t bytes) const {
    std::vector<std::byte> dropped(std::min(static_cast<std::size_t>(bytes), std::size_t{1} << 18));
    for (std::int64_t at = 0; at < bytes;) {
      const auto now = std::min<std::int64_t>(bytes - at, static_cast<std::int64_t>(dropped.size()));
      read_on(file, key, std::span(dropped).first(static_cast<std::size_t>(now)));
      at += now;
    }
  }

  std::unique_ptr<zip_t, CloseZip> archive_;
  std::map<std::string, Member> members_;
};

}  // namespace

std::unique_ptr<Source> open_zip(const std::string& path) {
  return std::make_unique<ZipSource>(path);
}

}  // namespace fleetsne::io::zarr
