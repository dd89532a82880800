#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace fleetsne::io {

/// How many bytes of a file tell what it is.
inline constexpr std::size_t recognized_bytes = 512;

/// What a file or folder that is read here is, for people: "loom 3.0.0 (HDF5)", "AnnData of encoding 0.1.0
/// (zarr v3, zip)", "NumPy .npy 1.0, gzip", "table: no header line, 8 columns, separator comma". Throws
/// InputError.
std::string name_format(const std::string& path);

/// Throws InputError that names the format and the remedy if a file is of one that users have and that is not
/// read here: known by its first bytes, a zip archive by its members.
/// @param begin   the first bytes, of a gzip file those that it holds compressed
/// @param packed  whether it is a gzip file
void refuse_known_format(const std::string& path, std::span<const std::byte> begin, bool packed);

/// The same for a file that nothing else has recognized: by its name, by whether it is text, else with what
/// is read. Always throws.
[[noreturn]] void refuse_unknown_format(const std::string& path, std::span<const std::byte> begin);

/// The same for a folder. Always throws.
[[noreturn]] void refuse_folder(const std::string& path);

}  // namespace fleetsne::io
