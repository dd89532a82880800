#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/array_file.hpp"
#include "fleetsne/io/input.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

/// How a source stores its labels.
enum class LabelEncoding : int {
  array,        ///< IDX, .npy or vectors, of integers
  integers,     ///< HDF5 dataset of integers
  booleans,     ///< HDF5 dataset of an enumeration over 0 and 1
  strings,      ///< HDF5 dataset of strings
  categorical,  ///< group of `codes` and `categories`, or (older) codes with a reference to the categories
  nullable      ///< group of `values` (integers, booleans or strings) and `mask`
};

/// One source of labels: what, where, and how many.
struct LabelSource {
  Location location;
  Format format = Format::npy;
  LabelEncoding encoding = LabelEncoding::array;
  std::int64_t count = 0;
  ArrayLayout layout;  ///< IDX, .npy and vectors
};

/// Looks at one source. On this rank alone; throws InputError.
LabelSource inspect_labels(const std::string& source);
/// The HDF5 part of it.
void inspect_hdf5_labels(LabelSource& source);

/// Looks at all sources on rank 0 and tells the others. All problems of all sources are reported in one
/// error, or else that together they have not as many labels as there are rows, if that number is given.
/// Collective; throws InputError on all ranks.
std::vector<LabelSource> inspect_all_labels(const comm::Communicator& comm,
                                            std::span<const std::string> sources,
                                            std::optional<std::int64_t> rows);

/// Labels of this rank's part of a source.
struct LabelBlock {
  enum class Kind { integers, strings, codes };

  Kind kind = Kind::integers;           ///< the same on all ranks
  std::vector<std::int64_t> integers;   ///< integers or codes
  std::vector<std::string> strings;     ///< strings; an empty one is missing
  std::vector<std::string> categories;  ///< what the codes mean, the same on all ranks
  std::vector<bool> missing;            ///< empty if none is
};

/// Reads labels [first, first + count). On this rank alone; throws InputError.
LabelBlock read_label_block(const LabelSource& source, std::int64_t first, std::int64_t count);
/// The HDF5 part of it.
LabelBlock read_hdf5_label_block(const LabelSource& source, std::int64_t first, std::int64_t count);

/// More distinct labels than this are no categories but a number or a name for each point.
inline constexpr std::size_t most_categories = 100000;

/// Codes of one source and what they mean, the categories in the source's own order if it has one, else
/// sorted.
struct Categorized {
  std::vector<std::int32_t> codes;
  std::vector<std::string> categories;
};

/// Agrees with the other ranks on the distinct labels of one source. The same for any number of ranks.
/// Collective.
Categorized categorize(const comm::Communicator& comm, const std::string& name, const LabelBlock& block);

/// One order of categories for all sources: as integers if all are integers, else as they first appear.
std::vector<std::string> merge_categories(const std::vector<Categorized>& sources);

}  // namespace fleetsne::io
