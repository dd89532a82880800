#pragma once

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/communicator.hpp"

#include <hdf5.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::io::hdf5 {

/// An HDF5 id that is closed whatever happens.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle() = default;
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
      close_ = other.close_;
    }
    return *this;
  }

  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  /// Closes it now; false if HDF5 could not (what was to be written may be lost).
  bool reset() {
    const hid_t id = std::exchange(id_, H5I_INVALID_HID);
    return id < 0 || close_(id) >= 0;
  }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

/// Turns HDF5's failures on one file into our errors. Making one also silences HDF5's own printing.
class Guard {
 public:
  Guard(base::ErrorKind kind, std::string file);
  const std::string& file() const { return file_; }

  /// Throws "FILE: PROBLEM (what HDF5 says). What to do".
  [[noreturn]] void fail(const std::string& problem) const;
  /// Takes an id over, or fails.
  Handle own(hid_t id, Handle::Close close, const std::string& problem) const {
    if (id < 0) fail(problem);
    return {id, close};
  }
  /// Passes a status or count on, or fails.
  template <class Status>
  Status check(Status status, const std::string& problem) const {
    if (status < 0) fail(problem);
    return status;
  }

 private:
  base::ErrorKind kind_;
  std::string file_;
};

/// Opens a file for reading, by this rank alone. No lock is taken (shared file systems often have none, and
/// HDF5 would refuse to read).
Handle open_file(const Guard& guard);
/// Opens a file for reading through MPI-IO, metadata read once and passed on. All ranks must be known to find
/// the file (expect_readable_everywhere): if one does not, the others wait for it for ever. Collective.
Handle open_file_together(const comm::Communicator& comm, const Guard& guard);

/// Makes a file, or empties it, for one rank alone.
/// @param checked  HDF5 is to check its own structures, too: for 1.10 and newer
Handle create_file(const Guard& guard, const std::string& path, bool checked = false);

/// Opens a file of this program's own, for one rank alone, to write what says that it is complete.
Handle reopen_file(const Guard& guard, const std::string& path);

/// Whether there is a link of this path ("a/b/c", each part of it).
bool exists(hid_t file, const std::string& path);
/// The kind of object at a path: H5O_TYPE_GROUP, H5O_TYPE_DATASET or H5O_TYPE_UNKNOWN.
H5O_type_t object_type(hid_t file, const std::string& path);
Handle open_dataset(const Guard& guard, hid_t file, const std::string& path);
/// Extents of a dataset; empty for a scalar.
std::vector<std::int64_t> extents(const Guard& guard, hid_t dataset);
/// Throws InputError unless all that the shape of a dataset promises is in the file, as far as bytes and
/// chunks can tell, so that memory may be taken for it. By this rank alone.
void expect_stored(const Guard& guard, hid_t dataset, const std::string& name);

/// A dataset whose bytes are written past HDF5: its place in the file is fixed.
struct LaidOut {
  Handle dataset;
  std::int64_t offset = 0;  ///< bytes from the file's beginning
};
/// Makes one, in one piece, nothing in it yet. By one rank alone; fails as the guard does.
LaidOut lay_out(const Guard& guard, hid_t parent, const std::string& name, hid_t type,
                const std::vector<hsize_t>& shape);

/// An attribute of one number.
void write_number(const Guard& guard, hid_t object, const std::string& name, std::uint64_t value);
/// Fails if there is none of that name and kind.
std::uint64_t read_number(const Guard& guard, hid_t object, const std::string& name);

/// What a file holds, for messages: up to `most` datasets as "/name (70000 x 50)".
std::string list_datasets(hid_t file, std::size_t most = 12);
/// Names of the links in a group, in alphabetical order.
std::vector<std::string> list_links(hid_t group);

/// The string in an attribute of an object, alone or as the only one of an array; "" if there is none.
std::string string_attribute(hid_t object, const std::string& name);

/// A string of fixed length, of this type, without its padding.
std::string without_padding(const char* text, hid_t type);
/// The type of a dataset's elements, or of one field of them.
Handle element_type(const Guard& guard, hid_t dataset, const std::string& field = {});
/// Strings [first, first + count) of a dataset of fixed or variable strings, of one dimension, or of several
/// of which one alone is longer than 1, in blocks; of a scalar its one. By this rank alone.
/// @param field  of a compound; empty if the elements are strings themselves
std::vector<std::string> read_strings(const Guard& guard, hid_t dataset, std::int64_t first,
                                      std::int64_t count, const std::string& field = {});
/// The same for integers, booleans, and the values of enumerations. Throws if the dataset holds anything
/// else, or a number of 2^63 or more.
void read_integers(const Guard& guard, hid_t dataset, std::int64_t first, std::span<std::int64_t> out,
                   const std::string& field = {});
/// The same for integers and floating-point numbers.
void read_numbers(const Guard& guard, hid_t dataset, std::int64_t first, std::span<double> out,
                  const std::string& field = {});

}  // namespace fleetsne::io::hdf5
