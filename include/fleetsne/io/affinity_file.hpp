#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/data/sparse_matrix.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

/// Affinities in an HDF5 file, as they stand in memory: rows in working order, in tiles (see data::EdgeTile),
/// a little over 3 bytes an edge. Any number of ranks writes it and any other reads it. Datasets:
///
///     about    uint8 x n        what it was made of, JSON
///     tiles    int64 x T x 8    a tile's first row (working order), rows, whether it is continued, where its
///                               columns begin, how many, where its bytes begin, how many, checksum
///     columns  uint32 or uint64 the tiles' directories one after the other, as rows of the working order
///     bytes    uint8            the tiles' rows one after the other
///     origins  int64 x N        for every row of the working order its row in the input
///     start    float32 x N x 2  principal components of the input, in working order, to start from
///
/// A tile's checksum is over its columns, its bytes, and (unless it is continued) its rows' origins and
/// start. `about` and `tiles` have theirs in attributes of the root group, whose own are checked by HDF5.
namespace fleetsne::io {

/// What an affinity file says of itself.
struct AffinityHeader {
  std::string path;
  data::RowDistribution written;  ///< which rank of the writing run had which rows
  data::ValueCoding coding = data::ValueCoding::squared16;
  std::int64_t entries = 0, tiles = 0, columns = 0, bytes = 0;
  std::uint64_t tiles_digest = 0;
  std::uint64_t input_digest = 0;  ///< of the rows that it was made of (data::digest)
  nlohmann::json about;            ///< as it was given

  std::int64_t rows() const { return written.total(); }
  /// Of the whole file, about.
  std::int64_t file_bytes() const;
};

/// What goes into the file, wherever it is kept.
struct AffinityParts {
  const data::Permutation& permutation;
  const data::SparseMatrix& affinities;
  const base::Matrix<float>& start;  ///< local working rows x 2
};

/// What the file holds.
struct AffinityContents {
  data::Permutation permutation;
  data::SparseMatrix affinities;
  base::Matrix<float> start;  ///< local working rows x 2
  operator AffinityParts() const { return {permutation, affinities, start}; }
};

/// Writes the file whole or not at all.
/// @param input_digest  of the rows as they were read
/// @param about         anything; comes back as it is
/// @return bytes of the file
/// @note Collective. Throws IoError on all ranks.
std::int64_t write_affinities(const comm::Communicator& comm, const std::string& path,
                              const AffinityParts& parts, std::uint64_t input_digest,
                              const nlohmann::json& about);

/// Looks at the file: whether it is one, of a version that is known, and whole as far as its head tells.
/// @note Collective. Throws InputError on all ranks.
AffinityHeader inspect_affinities(const comm::Communicator& comm, const std::string& path);

/// Reads it to its end and keeps nothing: whether all fits its checksums. Each rank takes a share of the
/// tiles.
/// @note Collective. Throws InputError on all ranks. Takes some 100 MB a rank.
void verify_affinities(const comm::Communicator& comm, const AffinityHeader& header);

/// Reads it: on as many ranks as wrote it with the same rows on each, and then the same bits, else in blocks
/// of equal size. Everything is checked against the checksums. A rank at the edge of another's tile may get
/// ghosts that none of its own rows refers to.
/// @param header  of inspect_affinities
/// @note Collective. Throws InputError on all ranks. Beside the result it takes some 100 MB a rank.
AffinityContents read_affinities(const comm::Communicator& comm, const AffinityHeader& header,
                                 base::Log& log);

}  // namespace fleetsne::io
