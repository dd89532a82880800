#pragma once

#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/labels.hpp"
#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/io/orientation.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

/// Writes a text file whole or not at all: a new one beside it, fsync, rename, fsync of the folder. Not
/// collective.
void write_text_file(const std::string& path, const std::string& text);

/// The same for bytes.
void write_binary_file(const std::string& path, std::span<const unsigned char> bytes);

/// Writes rows as a .npy file (float32, C order), all ranks together, whole or not at all.
/// @param values  this rank's block of `rows`, in input order
/// @note Collective. Throws IoError on all ranks.
void write_npy(const comm::Communicator& comm, const std::string& path, const data::RowDistribution& rows,
               base::MatrixView<const float> values);

/// A matrix of floats under a name, this rank's block in input order.
struct NamedMatrix {
  std::string name;
  base::MatrixView<const float> values;
};

/// What goes into an AnnData file.
struct AnnDataContents {
  data::RowDistribution rows;
  base::MatrixView<const float> embedding;  ///< this rank's block in input order, x 2 -> obsm/X_METHOD
  std::optional<data::Labels> labels;       ///< in input order -> a categorical obs column
  std::vector<std::string> inputs;  ///< as given to read_rows: the obs index is copied from those that are
                                    ///< AnnData, else rows are called by their number
  nlohmann::json parameters;        ///< -> uns/METHOD, nested groups of scalars, strings and arrays
  std::vector<NamedMatrix> more{};  ///< -> obsm/NAME; at most most_matrices
  std::string method = "tsne";      ///< how it was made
  Orientation orientation = Orientation::rows;  ///< that the inputs were read with
  static constexpr std::size_t most_matrices = 4;
};

/// Writes an AnnData 0.8 file that python3-anndata opens, whole or not at all.
/// @note Collective. Throws IoError on all ranks.
void write_anndata(const comm::Communicator& comm, const std::string& path, const AnnDataContents& contents);

/// Prepares an output directory: makes it and what it lies in if need be, and tries whether it takes files.
/// Refuses one that already holds any of `files` (names in it) unless `overwrite`; halves of them that a
/// killed run has left go.
/// @return  on rank 0 the folders that were made, innermost first; empty elsewhere
/// @note Collective, decided on rank 0. Throws UsageError (a result is there) or IoError (it cannot be made
///       or written) on all ranks; then nothing that was made stays.
std::vector<std::string> prepare_output_directory(const comm::Communicator& comm, const std::string& path,
                                                  std::span<const std::string> files, bool overwrite);

/// Name and version of the HDF5 and zlib libraries.
std::string hdf5_library_version();

}  // namespace fleetsne::io
