#include "zip_members.hpp"

#include <zip.h>

#include <memory>

namespace fleetsne::io {

std::vector<std::string> zip_members(const std::string& path) {
  const std::unique_ptr<zip_t, void (*)(zip_t*)> archive(zip_open(path.c_str(), ZIP_RDONLY, nullptr),
                                                         zip_discard);
  std::vector<std::string> names;
  if (archive == nullptr) return names;
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i)
    if (const char* name = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0))
      names.emplace_back(name);
  return names;
}

}  // namespace fleetsne::io
