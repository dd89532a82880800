#include "fleetsne/io/hdf5.hpp"

#include "fleetsne/comm/patience.hpp"
#include "fleetsne/io/hdf5_filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace fleetsne::io::hdf5 {
namespace {

/// The innermost entry of HDF5's error stack: what went wrong in the first place.
std::string reason() {
  std::string text;
  const auto take = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    if (error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, take, &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? "HDF5 gives no reason" : text;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, " x "));
}

struct Listing {
  std::string text;
  std::size_t count = 0, most = 0;
};

herr_t list_one(hid_t file, const char* name, const H5O_info_t* info, void* data) {
  auto& listing = *static_cast<Listing*>(data);
  if (info->type != H5O_TYPE_DATASET) return 0;
  if (++listing.count > listing.most) return 0;
  const Handle dataset(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
  const Handle space(dataset ? H5Dget_space(dataset.get()) : H5I_INVALID_HID, H5Sclose);
  if (!space) return 0;
  std::vector<hsize_t> shape(static_cast<std::size_t>(std::max(H5Sget_simple_extent_ndims(space.get()), 0)));
  H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr);
  listing.text += fmt::format("{}/{} ({})", listing.text.empty() ? "" : ", ", name,
                              shape_text({shape.begin(), shape.end()}));
  return 0;
}

Handle access_list(const Guard& guard) {
  Handle list = guard.own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "cannot be opened");
  // All objects of the file close with it, so that nothing keeps it open.
  H5Pset_fclose_degree(list.get(), H5F_CLOSE_STRONG);
  H5Pset_file_locking(list.get(), false, true);
  return list;
}

/// Says the two causes that users can do something about.
[[noreturn]] void cannot_open(const Guard& guard) {
  const std::string cause = reason();
  if (cause.find("already open for write") != std::string::npos)
    throw base::InputError(
        fmt::format("{} is open for writing, or its writer ended without closing it (so its file header "
                    "says). Wait until it is "
                    "closed; if nothing writes to it any more: h5clear -s {}",
                    guard.file(), guard.file()));
  if (cause.find("truncated file") != std::string::npos)
    throw base::InputError(
        fmt::format("{} is a truncated HDF5 file ({}). Copy or download it again", guard.file(), cause));
  throw base::InputError(
      fmt::format("{} cannot be opened as HDF5 ({}). Check that it was closed by its writer, and copy or "
                  "write it again if not",
                  guard.file(), cause));
}

}  // namespace

Guard::Guard(base::ErrorKind kind, std::string file) : kind_(kind), file_(std::move(file)) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  register_filters();
}

void Guard::fail(const std::string& problem) const {
  throw base::Error(kind_,
                    fmt::format("{} {} ({}). {}", file_, problem, reason(),
                                kind_ == base::ErrorKind::io
                                    ? "Check the space, the permissions and the health of the file system"
                                    : "Check that it is a whole HDF5 file, and copy or make it anew if not"));
}

Handle open_file(const Guard& guard) {
  const Handle access = access_list(guard);
  Handle file(H5Fopen(guard.file().c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose);
  if (!file) cannot_open(guard);
  return file;
}

Handle create_file(const Guard& guard, const std::string& path, bool checked) {
  const Handle access = access_list(guard);
  if (checked) H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110);
  return guard.own(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose,
                   "cannot be written");
}

Handle reopen_file(const Guard& guard, const std::string& path) {
  const Handle access = access_list(guard);
  return guard.own(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.get()), H5Fclose, "cannot be completed");
}

Handle open_file_together(const comm::Communicator& comm, const Guard& guard) {
  const comm::Waiting waiting;
  const Handle access = access_list(guard);
  H5Pset_fapl_mpio(access.get(), comm.handle(), MPI_INFO_NULL);
  H5Pset_all_coll_metadata_ops(access.get(), true);
  const auto close_together = [](hid_t file) {
    const comm::Waiting for_others;
    return H5Fclose(file);
  };
  return guard.own(H5Fopen(guard.file().c_str(), H5F_ACC_RDONLY, access.get()), close_together,
                   "cannot be opened as HDF5 by all ranks together");
}

bool exists(hid_t file, const std::string& path) {
  for (std::size_t at = path.find_first_not_of('/'); at != std::string::npos;) {
    const std::size_t slash = path.find('/', at);
    if (H5Lexists(file, path.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
    at = slash == std::string::npos ? slash : path.find_first_not_of('/', slash);
  }
  return H5Oexists_by_name(file, path.empty() ? "/" : path.c_str(), H5P_DEFAULT) > 0;
}

H5O_type_t object_type(hid_t file, const std::string& path) {
  H5O_info_t info;
  if (!exists(file, path) || H5Oget_info_by_name(file, path.c_str(), &info, H5P_DEFAULT) < 0) {
    return H5O_TYPE_UNKNOWN;
  }
  return info.type;
}

Handle open_dataset(const Guard& guard, hid_t file, const std::string& path) {
  const comm::Waiting waiting;  // one rank reads for all where they opened the file together
  return guard.own(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose,
                   fmt::format("has a dataset {} that cannot be opened", path));
}

std::vector<std::int64_t> extents(const Guard& guard, hid_t dataset) {
  const Handle space = guard.own(H5Dget_space(dataset), H5Sclose, "has a dataset without a shape");
  const int dimensions =
      guard.check(H5Sget_simple_extent_ndims(space.get()), "has a dataset without a shape");
  std::vector<hsize_t> shape(static_cast<std::size_t>(dimensions));
  if (dimensions > 0) H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr);
  for (const hsize_t extent : shape)
    if (extent > static_cast<hsize_t>(std::numeric_limits<std::int64_t>::max()))
      guard.fail("has a dataset with more rows or columns than there can be");
  return {shape.begin(), shape.end()};
}

LaidOut lay_out(const Guard& guard, hid_t parent, const std::string& name, hid_t type,
                const std::vector<hsize_t>& shape) {
  const char* const problem = "cannot be written";
  const Handle space =
      guard.own(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose, problem);
  const Handle creation = guard.own(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, problem);
  guard.check(H5Pset_layout(creation.get(), H5D_CONTIGUOUS), problem);
  guard.check(H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY), problem);
  guard.check(H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER), problem);
  LaidOut made;
  made.dataset =
      guard.own(H5Dcreate2(parent, name.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                H5Dclose, problem);
  const haddr_t offset = H5Dget_offset(made.dataset.get());
  if (offset == HADDR_UNDEF) guard.fail(problem);
  made.offset = static_cast<std::int64_t>(offset);
  return made;
}

void write_number(const Guard& guard, hid_t object, const std::string& name, std::uint64_t value) {
  const char* const problem = "cannot be written";
  const Handle space = guard.own(H5Screate(H5S_SCALAR), H5Sclose, problem);
  const Handle attribute =
      guard.own(H5Acreate2(object, name.c_str(), H5T_STD_U64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                H5Aclose, problem);
  guard.check(H5Awrite(attribute.get(), H5T_NATIVE_UINT64, &value), problem);
}

std::uint64_t read_number(const Guard& guard, hid_t object, const std::string& name) {
  const std::string problem = "has no readable attribute " + name;
  const Handle attribute = guard.own(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, problem);
  const Handle space = guard.own(H5Aget_space(attribute.get()), H5Sclose, problem);
  if (H5Sget_simple_extent_npoints(space.get()) != 1) guard.fail(problem);
  std::uint64_t value = 0;
  guard.check(H5Aread(attribute.get(), H5T_NATIVE_UINT64, &value), problem);
  return value;
}

std::string list_datasets(hid_t file, std::size_t most) {
  Listing listing{{}, 0, most};
  H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, list_one, &listing);
  if (listing.count == 0) return "no datasets";
  if (listing.count > most) listing.text += fmt::format(" and {} more", listing.count - most);
  return listing.text;
}

std::vector<std::string> list_links(hid_t group) {
  std::vector<std::string> names;
  const auto take = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, take, &names);
  return names;
}

}  // namespace fleetsne::io::hdf5
