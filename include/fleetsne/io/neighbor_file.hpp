#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/neighbor_graph.hpp"
#include "fleetsne/data/permutation.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

/// Neighbors in files that other tools can read and write, too: N x k indices of rows of the input and N x k
/// distances (not squared), a row for each row of the input, nearest first. In an HDF5 file the datasets
/// `indices` (or `neighbors`) and `distances`; in two .npy files; or in a sparse graph of an AnnData file.
/// What this program writes has beside them what they were found in and how (see io/description.hpp), and in
/// attributes of the root group `input_digest` and the checksums `indices_digest` and `distances_digest`.
///
/// Other tools mark a missing neighbor by index -1 or an infinite distance, count rows from 1, list the row
/// itself or not, and store other values than distances: survey_neighbors and sample_neighbors look at what
/// there is, the caller passes read_neighbors how to read it.
namespace fleetsne::io {

/// Where neighbors are.
struct NeighborFiles {
  std::string indices;    ///< the HDF5 file, PATH:GRAPH of an AnnData file, or a .npy file
  std::string distances;  ///< for .npy: the other one
};

struct NeighborHeader {
  std::int64_t rows = 0;
  std::size_t count = 0;           ///< k, or the most that a row of a graph has
  std::uint64_t input_digest = 0;  ///< of the rows that they were found among; 0 if it is not recorded
  bool summed = false;             ///< there are checksums: this program wrote it
  bool by_columns = false;         ///< stored as k x N, which is how R, MATLAB and Julia store N x k
};

/// What all rows of the files show; the same on every rank.
struct NeighborSurvey {
  base::GlobalIndex smallest = 0, largest = 0;  ///< index of a neighbor
  base::GlobalIndex short_rows = 0;             ///< rows with fewer than NeighborHeader::count
  /// Neighbors that every row has, itself not counted, where rows count from 0 and where they count from 1.
  std::array<std::size_t, 2> fewest{};
  float least_value = 0, greatest_value = 0;
  std::int64_t values_below_zero = 0;

  /// Rows can count from 1 only, or from either: if none is called 0.
  bool counts_from_one(std::int64_t rows) const { return smallest >= 1 && largest == rows; }
  bool may_count_from_one() const { return smallest >= 1; }
};

/// Neighbors of some rows, as the files have them; of this rank.
struct ListedNeighbors {
  std::vector<base::GlobalIndex> rows, neighbors;  ///< in the working order
  std::vector<std::int64_t> places;                ///< in the row's list, from 0
  std::vector<float> values;
};

/// How files are to be read.
struct NeighborReading {
  base::GlobalIndex first_index = 0;  ///< what they call the first row: 0 or 1
  bool larger_is_nearer = false;
  /// squared(local row of the working order, value in the file): the squared distance; NaN if it can be none.
  std::function<float(std::size_t, float)> squared;
};

/// Writes an HDF5 file, whole or not at all, in rounds of at most some 64 MB a rank.
/// @param about  anything; comes back as it is
/// @note Collective. Throws IoError on all ranks.
void write_neighbors(const comm::Communicator& comm, const std::string& path,
                     const data::Permutation& permutation, const data::NeighborGraph& graph,
                     std::uint64_t input_digest, const nlohmann::json& about);

/// Looks at the files. Collective; throws InputError on all ranks.
NeighborHeader inspect_neighbors(const comm::Communicator& comm, const NeighborFiles& files);

/// How the neighbors were found, as far as it is recorded: what write_neighbors was given; for a graph that
/// scanpy wrote the parameters of its search, as {"params": {...}}; else null. Collective; throws InputError
/// on all ranks.
nlohmann::json about_neighbors(const comm::Communicator& comm, const NeighborFiles& files);

/// Reads an HDF5 file that this program wrote to its end and keeps nothing: whether all fits its checksums.
/// @note Collective. In rounds of at most some 64 MB a rank. Throws InputError on all ranks.
void verify_neighbors(const comm::Communicator& comm, const std::string& path);

/// Reads the files to their end and keeps nothing but what they show.
/// @note Collective. In rounds of at most some 64 MB a rank. Throws InputError on all ranks for an index that
/// is
///       not a row, however rows are counted, or a value that is not a number.
NeighborSurvey survey_neighbors(const comm::Communicator& comm, const NeighborFiles& files);

/// The lists of some rows, itself and missing ones left out.
/// @param rows  of this rank's block of the input, ascending
/// @param most  from each list, evenly spaced
/// @note Collective. Throws InputError on all ranks.
ListedNeighbors sample_neighbors(const comm::Communicator& comm, const NeighborFiles& files,
                                 const data::Permutation& permutation, base::GlobalIndex first_index,
                                 std::span<const base::GlobalIndex> rows, std::size_t most);

/// Reads them and brings them to the ranks that have the rows. A row may list itself, which is left out.
/// @param count  neighbors of a row that are kept, the nearest; at most what every row has
/// @note Collective. The files are read twice, in rounds of at most some 64 MB a rank. Throws InputError on
/// all
///       ranks for an index that is no row or comes twice, or a value that cannot be a distance.
data::NeighborGraph read_neighbors(const comm::Communicator& comm, const NeighborFiles& files,
                                   const data::Permutation& permutation, const NeighborReading& reading,
                                   std::size_t count, base::Log& log);

}  // namespace fleetsne::io
