#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/io/time_unit.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fleetsne::io {

enum class NodeKind { none, group, array };

/// What one element of an array is.
enum class ValueKind {
  boolean,  ///< also an enumeration of FALSE = 0 and TRUE = 1, which is how h5py stores it
  integer,
  floating,
  text,         ///< of fixed or variable length
  enumeration,  ///< an integer whose values have names (HDF5)
  time,         ///< datetime64 of numpy
  record,       ///< several fields (a compound of HDF5, a structured type of zarr)
  other
};

/// What the metadata of an array says.
struct ArrayInfo {
  std::vector<std::int64_t> shape;  ///< empty: a scalar, or nothing at all
  ValueKind kind = ValueKind::other;
  int bytes = 0;                                            ///< of an element; 0 if they differ
  bool is_unsigned = false;                                 ///< integers, and what enumerations stand over
  std::vector<std::pair<std::string, std::int64_t>> names;  ///< of an enumeration, in the file's order
  std::vector<std::string> fields;                          ///< of a record
  std::optional<TimeUnit> time{};                           ///< of times
  std::vector<std::int64_t> chunk;                          ///< shape of a chunk; empty: in one piece

  /// Number of elements if they are a single column or row: at most one extent differs from 1.
  std::optional<std::int64_t> length() const;
};

/// A tree of groups and arrays with attributes, open for reading: an HDF5 file or a zarr store. Names are
/// paths without a slash in front ("obs/cell_type"); "" is the root. All calls are by this rank alone and
/// throw InputError with the store's path, unless said otherwise.
class Store {
 public:
  /// Opens what is at `path`, known by its first bytes (HDF5, a zip of zarr) or as a folder of zarr.
  static std::unique_ptr<Store> open(const std::string& path);

  explicit Store(std::string path) : path_(std::move(path)) {}
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::string& path() const { return path_; }

  /// What is there; `none` also for what is neither, and for a broken link. Does not throw.
  virtual NodeKind kind(const std::string& name) const = 0;
  /// Names of what a group holds, in alphabetical order; empty if it is no group.
  virtual std::vector<std::string> children(const std::string& group) const = 0;
  /// An attribute of a group or array: text, number, boolean, or an array of these; a reference to a node is
  /// the node's name. Null if there is none, or it is of another kind. Does not throw.
  virtual nlohmann::json attribute(const std::string& node, const std::string& name) const = 0;
  /// @param field  of a record: kind, bytes, sign and names are then those of this field
  virtual ArrayInfo info(const std::string& array, const std::string& field = {}) const = 0;
  /// Throws unless all that the shape of an array promises is stored, as far as sizes and chunks can tell, so
  /// that memory may be taken for it.
  virtual void expect_stored(const std::string& array) const = 0;

  /// Elements [first, first + out.size()) of a single column or row (ArrayInfo::length), or of a scalar:
  /// integers, booleans, the values of enumerations, and counts of units of time. Throws if one does not fit
  /// into a signed integer of 64 bits.
  /// @param field  of a record; empty otherwise
  virtual void read(const std::string& array, std::int64_t first, std::span<std::int64_t> out,
                    const std::string& field = {}) const = 0;
  /// The same for any numbers.
  virtual void read(const std::string& array, std::int64_t first, std::span<double> out,
                    const std::string& field = {}) const = 0;
  /// The same for text.
  virtual std::vector<std::string> read_text(const std::string& array, std::int64_t first, std::int64_t count,
                                             const std::string& field = {}) const = 0;
  /// Rows [first, first + out.rows()) of an array of two dimensions, of numbers.
  virtual void read_rows(const std::string& array, std::int64_t first,
                         base::MatrixView<double> out) const = 0;

  /// The text in an attribute, or in one that is an array of a single text, as R writes it; "" if there is
  /// none.
  std::string text_attribute(const std::string& node, const std::string& name) const;

 private:
  std::string path_;
};

/// What a store holds, for messages: up to `most` arrays as "/name (70000 x 50)".
std::string list_arrays(const Store& store, std::size_t most = 12);

}  // namespace fleetsne::io
