#include "fleetsne/io/location.hpp"

#include <filesystem>

namespace fleetsne::io {
namespace {

/// Of a file that may hold several datasets.
bool has_known_suffix(const std::string& path) {
  for (const char* known : {".h5", ".hdf5", ".h5ad", ".h5mu", ".he5", ".hdf", ".loom", ".mat", ".h5seurat",
                            ".h5Seurat", ".zarr", ".zarr.zip"})
    if (path.ends_with(known)) return true;
  return false;
}

bool is_file_or_folder(const std::string& path) {
  std::error_code ignored;
  const auto type = std::filesystem::status(path, ignored).type();
  return type == std::filesystem::file_type::regular || type == std::filesystem::file_type::directory;
}

/// The first ':' of which the left side `is` so, or npos.
std::size_t first_colon_after(const std::string& input, bool (*is)(const std::string&)) {
  std::size_t colon = input.find(':');
  while (colon != std::string::npos && !is(input.substr(0, colon))) colon = input.find(':', colon + 1);
  return colon;
}

}  // namespace

Location split_input(const std::string& input) {
  if (is_file_or_folder(input)) return {input, {}};
  std::size_t colon = first_colon_after(input, is_file_or_folder);
  if (colon == std::string::npos) colon = first_colon_after(input, has_known_suffix);
  if (colon == std::string::npos) return {input, {}};
  std::string dataset = input.substr(colon + 1);
  dataset.erase(0, dataset.find_first_not_of('/'));
  while (dataset.ends_with('/')) dataset.pop_back();
  return {input.substr(0, colon), dataset};
}

}  // namespace fleetsne::io
