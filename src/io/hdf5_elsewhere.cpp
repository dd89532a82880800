#include "hdf5_storage.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <optional>

namespace fleetsne::io::hdf5 {
namespace {

namespace fs = std::filesystem;

constexpr const char* damaged = "has a damaged virtual dataset";
/// How far beyond the last numbered source another one is looked for.
constexpr hsize_t looked_ahead = 64;

template <class Extent>
double product_of(const std::vector<Extent>& extents) {
  double product = 1;
  for (const Extent extent : extents) product *= static_cast<double>(extent);
  return product;
}

fs::path folder_of(const std::string& file) {
  return fs::path(file).parent_path();
}

std::string substituted(std::string text, const std::string& word, const std::string& by) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size()))
    text.replace(at, word.size(), by);
  return text;
}

/// Where HDF5 looks for a source of a virtual dataset: in HDF5_VDS_PREFIX, beside the file, in the current
/// folder. [H5F_prefix_open_file]
std::vector<std::string> places_of_source(const std::string& source, const std::string& holder) {
  if (source == ".") return {holder};
  std::vector<std::string> places;
  if (fs::path(source).is_absolute()) places.push_back(source);
  const std::string relative = fs::path(source).is_absolute() ? fs::path(source).filename().string() : source;
  if (const char* prefix = std::getenv("HDF5_VDS_PREFIX"); prefix != nullptr && *prefix != '\0')
    places.push_back(
        (fs::path(substituted(prefix, "${ORIGIN}", folder_of(holder).string())) / relative).string());
  places.push_back((folder_of(holder) / relative).string());
  places.push_back(relative);
  return places;
}

/// The file that HDF5 opens for it, if there is one.
std::optional<std::string> find_source(const std::string& source, const std::string& holder) {
  for (const std::string& place : places_of_source(source, holder))
    if (H5Fis_hdf5(place.c_str()) > 0) return place;
  return std::nullopt;
}

/// Part of a virtual dataset and what is shown there.
struct Mapping {
  std::string file, dataset;  ///< %b stands for a number where there are many
  Handle target, source;      ///< selections

  bool is_numbered() const { return (file + dataset).find("%b") != std::string::npos; }
  std::string file_at(hsize_t number) const { return substituted(file, "%b", std::to_string(number)); }
  std::string dataset_at(hsize_t number) const { return substituted(dataset, "%b", std::to_string(number)); }
};

template <class Get>
std::string text_of(const Guard& guard, hid_t creation, std::size_t index, Get&& get) {
  const ssize_t length = guard.check(get(creation, index, nullptr, std::size_t{0}), damaged);
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  guard.check(get(creation, index, text.data(), text.size()), damaged);
  text.pop_back();
  return text;
}

Mapping mapping_at(const Guard& guard, hid_t creation, std::size_t index) {
  return {.file = text_of(guard, creation, index, H5Pget_virtual_filename),
          .dataset = text_of(guard, creation, index, H5Pget_virtual_dsetname),
          .target = guard.own(H5Pget_virtual_vspace(creation, index), H5Sclose, damaged),
          .source = guard.own(H5Pget_virtual_srcspace(creation, index), H5Sclose, damaged)};
}

/// A regular selection of blocks.
struct Blocks {
  std::vector<hsize_t> start, stride, count, block;

  explicit Blocks(std::size_t dimensions)
      : start(dimensions), stride(dimensions), count(dimensions), block(dimensions) {}
  bool is_unlimited(std::size_t d) const { return count[d] == H5S_UNLIMITED || block[d] == H5S_UNLIMITED; }
  bool is_unlimited() const {
    for (std::size_t d = 0; d < count.size(); ++d)
      if (is_unlimited(d)) return true;
    return false;
  }
  /// Cuts what has no end at the extent.
  void clip(const std::vector<std::int64_t>& shape) {
    for (std::size_t d = 0; d < count.size(); ++d) {
      if (!is_unlimited(d)) continue;
      const auto end = static_cast<hsize_t>(shape[d]);
      const hsize_t length = end > start[d] ? end - start[d] : 0;
      const bool gapless = block[d] == H5S_UNLIMITED || block[d] == stride[d];
      count[d] = gapless ? 1 : length >= block[d] ? (length - block[d]) / stride[d] + 1 : 0;
      if (gapless) block[d] = length;
    }
  }
};

/// None if the selection is no regular one: all of it, or of any form.
std::optional<Blocks> blocks_of(const Guard& guard, hid_t selection, std::size_t dimensions) {
  if (H5Sget_select_type(selection) != H5S_SEL_HYPERSLABS || H5Sis_regular_hyperslab(selection) <= 0)
    return std::nullopt;
  Blocks blocks(dimensions);
  guard.check(H5Sget_regular_hyperslab(selection, blocks.start.data(), blocks.stride.data(),
                                       blocks.count.data(), blocks.block.data()),
              damaged);
  return blocks;
}

class SourceCheck {
 public:
  explicit SourceCheck(const Elsewhere& data) : data_(data) {
    const std::vector<hsize_t> extent(data.shape.begin(), data.shape.end());
    covered_ = own(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));
    data.guard.check(H5Sselect_none(covered_.get()), damaged);
  }

  void add(const Mapping& mapping) {
    std::optional<Blocks> blocks = blocks_of(data_.guard, mapping.target.get(), data_.shape.size());
    if (blocks && blocks->is_unlimited()) {
      if (mapping.is_numbered()) {
        check_numbered(mapping, *blocks);
      } else {
        grows_ = true;
        check(mapping, mapping.file, mapping.dataset, 0);
      }
    } else {
      check(mapping, mapping.file, mapping.dataset, points_of(mapping, blocks));
    }
    cover(mapping, blocks);
  }

  std::vector<std::string> finish() {
    if (grows_) expect_equal_lengths();
    if (static_cast<double>(H5Sget_select_npoints(covered_.get())) < product_of(data_.shape))
      refuse("of which a part is in no source",
             "Write it again with a source for every row, or copy its rows to a dataset of its own");
    std::ranges::sort(files_);
    files_.erase(std::unique(files_.begin(), files_.end()), files_.end());
    return std::move(files_);
  }

 private:
  /// Of a part that has an end.
  double points_of(const Mapping& mapping, const std::optional<Blocks>& blocks) const {
    if (H5Sget_select_type(mapping.target.get()) == H5S_SEL_ALL) return product_of(data_.shape);
    if (blocks) return product_of(blocks->count) * product_of(blocks->block);
    return static_cast<double>(H5Sget_select_npoints(mapping.target.get()));
  }

  Handle own(hid_t space) const { return data_.guard.own(space, H5Sclose, damaged); }

  [[noreturn]] void refuse(const std::string& problem, const std::string& remedy) const {
    throw base::InputError(
        fmt::format("{}: {} is a virtual dataset {} (HDF5 would read that as zeros or other "
                    "fill values). {}",
                    data_.guard.file(), data_.name, problem, remedy));
  }

  /// @param points  that the source must have; 0: as many as there are
  void check(const Mapping& mapping, const std::string& file, const std::string& dataset, double points) {
    const auto found = find_source(file, data_.holder);
    if (!found)
      refuse(fmt::format("with a source {} that is not there", file),
             fmt::format("Copy it beside {}, or set HDF5_VDS_PREFIX to its folder", data_.holder));
    const Guard guard(base::ErrorKind::input, *found);
    const Handle open = open_file(guard);
    if (object_type(open.get(), dataset) != H5O_TYPE_DATASET)
      refuse(fmt::format("with a source {}:{} that is not there", *found, dataset),
             fmt::format("The file has {}. Copy it again", list_datasets(open.get())));
    const Handle source = open_dataset(guard, open.get(), dataset);
    expect_extent(mapping, *found + ":" + dataset, extents(guard, source.get()), points);
    files_.push_back(*found);
    const auto others = expect_stored_somewhere(guard, source.get(), dataset, data_.depth - 1);
    files_.insert(files_.end(), others.begin(), others.end());
  }

  /// The source has all that is shown of it; what has no end is judged by expect_equal_lengths.
  void expect_extent(const Mapping& mapping, const std::string& source,
                     const std::vector<std::int64_t>& extent, double points) const {
    const bool whole = H5Sget_select_type(mapping.source.get()) == H5S_SEL_ALL;
    if (whole ? points > product_of(extent) : reaches_beyond(mapping.source.get(), extent))
      refuse(fmt::format("with a source {} of {}, too short for its part", source, fmt::join(extent, " x ")),
             "Copy that file again, it may be an older or unfinished one");
  }

  bool reaches_beyond(hid_t selection, const std::vector<std::int64_t>& extent) const {
    if (H5Sget_simple_extent_ndims(selection) != static_cast<int>(extent.size())) return true;
    std::vector<hsize_t> first(extent.size()), last(extent.size());
    if (extent.empty() || H5Sget_select_bounds(selection, first.data(), last.data()) < 0) return false;
    for (std::size_t d = 0; d < extent.size(); ++d)
      if (last[d] >= static_cast<hsize_t>(extent[d]) && !is_unlimited_at(selection, d)) return true;
    return false;
  }

  bool is_unlimited_at(hid_t selection, std::size_t d) const {
    const auto dimensions = static_cast<std::size_t>(H5Sget_simple_extent_ndims(selection));
    const auto blocks = blocks_of(data_.guard, selection, dimensions);
    return blocks && blocks->is_unlimited(d);
  }

  /// As many as the extent needs; one behind a gap tells that others are missing.
  void check_numbered(const Mapping& mapping, const Blocks& blocks) {
    hsize_t count = 0;
    for (std::size_t d = 0; d < data_.shape.size(); ++d) {
      const auto end = static_cast<hsize_t>(data_.shape[d]);
      if (blocks.is_unlimited(d) && end > blocks.start[d])
        count = (end - blocks.start[d] + blocks.stride[d] - 1) / blocks.stride[d];
    }
    for (hsize_t number = 0; number < count; ++number)
      check(mapping, mapping.file_at(number), mapping.dataset_at(number), product_of(blocks.block));
    for (hsize_t number = count + 1; number < count + looked_ahead; ++number)
      if (mapping.file_at(number) != mapping.file_at(count) &&
          find_source(mapping.file_at(number), data_.holder))
        refuse(fmt::format("with a source {} that is not there, though {} is", mapping.file_at(count),
                           mapping.file_at(number)),
               fmt::format("Copy it beside {}", data_.holder));
  }

  void cover(const Mapping& mapping, std::optional<Blocks>& blocks) {
    if (H5Sget_select_type(mapping.target.get()) == H5S_SEL_ALL) {
      data_.guard.check(H5Sselect_all(covered_.get()), damaged);
    } else if (H5Sget_select_type(covered_.get()) == H5S_SEL_ALL) {
      return;
    } else if (blocks) {
      blocks->clip(data_.shape);
      if (std::ranges::find(blocks->count, hsize_t{0}) != blocks->count.end() ||
          std::ranges::find(blocks->block, hsize_t{0}) != blocks->block.end())
        return;
      data_.guard.check(
          H5Sselect_hyperslab(covered_.get(), H5S_SELECT_OR, blocks->start.data(), blocks->stride.data(),
                              blocks->count.data(), blocks->block.data()),
          damaged);
    } else {
      covered_ = own(H5Scombine_select(covered_.get(), H5S_SELECT_OR, mapping.target.get()));
    }
  }

  /// A virtual dataset that grows with its sources is as long as the longest; HDF5 can also be asked for the
  /// shortest.
  void expect_equal_lengths() const {
    const char* const problem = "has a virtual dataset that cannot be opened";
    const Handle file = data_.guard.own(H5Iget_file_id(data_.dataset), H5Fclose, problem);
    const Handle access = data_.guard.own(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose, problem);
    data_.guard.check(H5Pset_virtual_view(access.get(), H5D_VDS_FIRST_MISSING), problem);
    std::string path(
        static_cast<std::size_t>(std::max<ssize_t>(H5Iget_name(data_.dataset, nullptr, 0), 0)) + 1, '\0');
    H5Iget_name(data_.dataset, path.data(), path.size());
    const Handle shortest =
        data_.guard.own(H5Dopen2(file.get(), path.c_str(), access.get()), H5Dclose, problem);
    if (extents(data_.guard, shortest.get()) != data_.shape)
      refuse("whose sources are of different lengths", "Copy the shorter ones again, they may be unfinished");
  }

  const Elsewhere& data_;
  Handle covered_;  ///< what has a source
  bool grows_ = false;
  std::vector<std::string> files_;
};

}  // namespace

std::vector<std::string> expect_sources(const Elsewhere& data) {
  if (data.depth == 0)
    throw base::InputError(
        fmt::format("{}: {} is a virtual dataset of virtual datasets, more than {} deep (it may be its own "
                    "source). Copy its "
                    "rows to a dataset of its own",
                    data.guard.file(), data.name, max_source_depth));
  std::size_t count = 0;
  data.guard.check(H5Pget_virtual_count(data.creation, &count), damaged);
  SourceCheck check(data);
  for (std::size_t i = 0; i < count; ++i) check.add(mapping_at(data.guard, data.creation, i));
  return check.finish();
}

std::vector<std::string> expect_raw_files(const Elsewhere& data, double bytes) {
  std::vector<std::string> files;
  const char* const prefix = std::getenv("HDF5_EXTFILE_PREFIX");
  const int count = data.guard.check(H5Pget_external_count(data.creation), "has a damaged dataset");
  for (int i = 0; i < count && bytes > 0; ++i) {
    std::string name(4096, '\0');
    off_t offset = 0;
    hsize_t size = 0;
    data.guard.check(H5Pget_external(data.creation, static_cast<unsigned>(i), name.size() - 1, name.data(),
                                     &offset, &size),
                     "has a damaged dataset");
    name.resize(name.find('\0'));
    const bool placed = prefix != nullptr && *prefix != '\0' && fs::path(name).is_relative();
    const std::string path =
        placed ? (fs::path(substituted(prefix, "${ORIGIN}", folder_of(data.holder).string())) / name).string()
               : name;
    const double part = size == H5F_UNLIMITED ? bytes : std::min(bytes, static_cast<double>(size));
    std::error_code missing;
    const auto found = static_cast<double>(fs::file_size(path, missing));
    if (missing)
      throw base::InputError(
          fmt::format("{}: {} has its data in {}, which is not there (HDF5 looks for it in the current "
                      "folder). Start in the "
                      "folder of that file, or set HDF5_EXTFILE_PREFIX='${{ORIGIN}}' if it is beside {}",
                      data.guard.file(), data.name, path, data.holder));
    if (found < static_cast<double>(offset) + part)
      throw base::InputError(fmt::format(
          "{}: {} has its data in {}, which is too short ({} bytes, {} are needed). Copy that file again",
          data.guard.file(), data.name, path, found, static_cast<double>(offset) + part));
    bytes -= part;
    files.push_back(path);
  }
  if (bytes > 0)
    throw base::InputError(fmt::format(
        "{}: {} is larger than the files that its data are in (it is damaged). Copy or write it again",
        data.guard.file(), data.name));
  return files;
}

std::string broken_link(hid_t file, const std::string& path) {
  H5L_info_t info;
  if (path.empty() || H5Lget_info(file, path.c_str(), &info, H5P_DEFAULT) < 0 || info.type == H5L_TYPE_HARD)
    return "";
  std::string value(info.u.val_size, '\0');
  if (H5Lget_val(file, path.c_str(), value.data(), value.size(), H5P_DEFAULT) < 0) return "";
  if (info.type != H5L_TYPE_EXTERNAL) return value.c_str();
  unsigned flags = 0;
  const char *target = nullptr, *object = nullptr;
  if (H5Lunpack_elink_val(value.data(), value.size(), &flags, &target, &object) < 0) return "";
  return fmt::format("{}:{}", target, object);
}

}  // namespace fleetsne::io::hdf5
