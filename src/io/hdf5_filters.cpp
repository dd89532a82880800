#include "fleetsne/io/hdf5_filters.hpp"

#include <fmt/format.h>
#include <lzf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace fleetsne::io::hdf5 {
namespace {

constexpr double unbounded = std::numeric_limits<double>::infinity();
constexpr H5Z_filter_t lzf_id = 32000;
/// A reference of three bytes stands for at most 264.
constexpr std::size_t lzf_expansion = 88;

struct KnownFilter {
  H5Z_filter_t id;
  const char* name;
  double expansion;    ///< bytes that one stored byte may stand for
  bool in_hdf5plugin;  ///< of Python
};

/// Filters of HDF5 itself, then those that are registered with the HDF Group. The expansions follow from the
/// formats: deflate 258 bytes in 2 bits, LZ4 255 in one byte, Zstandard a block of 128 KiB in 4 bytes.
constexpr std::array known_filters{
    KnownFilter{H5Z_FILTER_DEFLATE, "gzip", 1032, false},
    KnownFilter{H5Z_FILTER_SHUFFLE, "shuffle", 1, false},
    KnownFilter{H5Z_FILTER_FLETCHER32, "Fletcher-32", 1, false},
    KnownFilter{H5Z_FILTER_SZIP, "szip", unbounded, false},
    KnownFilter{H5Z_FILTER_NBIT, "N-bit", 64, false},
    KnownFilter{H5Z_FILTER_SCALEOFFSET, "scale-offset", unbounded, false},
    KnownFilter{305, "LZO", unbounded, false},
    KnownFilter{307, "bzip2", unbounded, true},
    KnownFilter{lzf_id, "LZF", lzf_expansion, false},
    KnownFilter{32001, "Blosc", 32768, true},
    KnownFilter{32002, "MAFISC", unbounded, false},
    KnownFilter{32003, "Snappy", 32, false},
    KnownFilter{32004, "LZ4", 255, true},
    KnownFilter{32008, "Bitshuffle", 32768, true},
    KnownFilter{32013, "ZFP", unbounded, true},
    KnownFilter{32014, "fpzip", unbounded, false},
    KnownFilter{32015, "Zstandard", 32768, true},
    KnownFilter{32017, "SZ", unbounded, true},
    KnownFilter{32018, "FCIDECOMP", unbounded, true},
    KnownFilter{32019, "JPEG", unbounded, false},
    KnownFilter{32024, "SZ3", unbounded, true},
    KnownFilter{32026, "Blosc2", unbounded, true},
    KnownFilter{32028, "SPERR", unbounded, true},
};

const KnownFilter* known_filter(H5Z_filter_t id) {
  const auto* const found = std::ranges::find(known_filters, id, &KnownFilter::id);
  return found == known_filters.end() ? nullptr : found;
}

/// Unpacks a chunk as h5py's filter does: the third parameter is the chunk's size.
std::size_t unpack_lzf(unsigned flags, std::size_t count, const unsigned parameters[], std::size_t bytes,
                       std::size_t* capacity, void** buffer) {
  if ((flags & H5Z_FLAG_REVERSE) == 0) return 0;  // nothing is written with it
  const std::size_t largest = bytes * lzf_expansion;
  std::size_t room = count >= 3 && parameters[2] != 0 ? parameters[2] : *capacity;
  for (; room != 0; room = std::min(2 * room, largest)) {
    void* const unpacked = H5allocate_memory(room, false);
    if (unpacked == nullptr) return 0;
    const unsigned length =
        lzf_decompress(*buffer, static_cast<unsigned>(bytes), unpacked, static_cast<unsigned>(room));
    if (length != 0) {
      H5free_memory(*buffer);
      *buffer = unpacked;
      *capacity = room;
      return length;
    }
    H5free_memory(unpacked);
    if (errno != E2BIG || room >= largest) return 0;
  }
  return 0;
}

struct Filter {
  H5Z_filter_t id = 0;
  std::string name;  ///< as the file calls it
};

Filter filter_at(hid_t creation, int position) {
  unsigned flags = 0, config = 0;
  std::size_t values = 0;
  std::array<char, 64> name{};
  const H5Z_filter_t id = H5Pget_filter2(creation, static_cast<unsigned>(position), &flags, &values, nullptr,
                                         name.size(), name.data(), &config);
  name.back() = '\0';
  return {id, name.data()};
}

std::string remedy(const KnownFilter* known) {
  constexpr const char* rewrite =
      "write the file again with gzip, for example adata.write(compression=\"gzip\")";
  if (known == nullptr || !known->in_hdf5plugin)
    return fmt::format("Set HDF5_PLUGIN_PATH to the folder of a plugin for it, or {}", rewrite);
  return fmt::format(
      "Install it with `pip install hdf5plugin` and `export HDF5_PLUGIN_PATH=$(python3 -c 'import "
      "hdf5plugin; "
      "print(hdf5plugin.PLUGINS_PATH)')` (with mpirun on several machines, pass it on with -x "
      "HDF5_PLUGIN_PATH), or {}",
      rewrite);
}

}  // namespace

void register_filters() {
  static const H5Z_class2_t lzf{.version = H5Z_CLASS_T_VERS,
                                .id = lzf_id,
                                .encoder_present = 0,
                                .decoder_present = 1,
                                .name = "lzf",
                                .can_apply = nullptr,
                                .set_local = nullptr,
                                .filter = unpack_lzf};
  static const herr_t registered = H5Zregister(&lzf);
  static_cast<void>(registered);  // expect_filters reports what is missing
}

void expect_filters(const Guard& guard, hid_t creation, const std::string& dataset) {
  for (int f = 0; f < H5Pget_nfilters(creation); ++f) {
    const Filter filter = filter_at(creation, f);
    if (H5Zfilter_avail(filter.id) > 0) continue;
    const KnownFilter* const known = known_filter(filter.id);
    throw base::InputError(fmt::format("{}: {} is compressed with {} (HDF5 has no filter {} here). {}",
                                       guard.file(), dataset,
                                       known != nullptr      ? known->name
                                       : filter.name.empty() ? "an unknown filter"
                                                             : filter.name,
                                       filter.id, remedy(known)));
  }
}

double max_expansion(hid_t creation) {
  double expansion = 1;
  for (int f = 0; f < H5Pget_nfilters(creation); ++f) {
    const KnownFilter* const known = known_filter(filter_at(creation, f).id);
    expansion *= known == nullptr ? unbounded : known->expansion;
  }
  return expansion;
}

}  // namespace fleetsne::io::hdf5
