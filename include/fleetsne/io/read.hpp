#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/data/labels.hpp"
#include "fleetsne/data/numbers.hpp"
#include "fleetsne/io/orientation.hpp"
#include "fleetsne/io/rescaling.hpp"

#include <span>
#include <string>
#include <vector>

namespace fleetsne::io {

/// How rows are read from their files.
struct RowOptions {
  base::Log* log = nullptr;  ///< where rank 0 says what was guessed or looks wrong; none: nowhere
  Orientation orientation = Orientation::rows;
  /// Inputs whose columns these have: where both have names, they are matched by name.
  std::span<const std::string> like{};
  const Rescaling* rescaling = nullptr;  ///< as other rows were, to be compared with these; none: as they are
};

/// Rows, and what was done to their values so that float32 holds them.
struct RescaledRows {
  data::DistributedMatrix<float> rows;
  Rescaling rescaling;
};

/// Reads the rows of one or more inputs, stacked in order, as float32. Rank r reads its own block of
/// RowDistribution::balanced and nothing else is kept.
/// An input is a path, or PATH:/DATASET for HDF5 and AnnData: IDX (also .gz), .npy, HDF5, .h5ad, .csv, .tsv.
/// @note Collective. Throws InputError on all ranks, also if a file cannot be opened or one rank alone does
/// not
///       find it, naming the file, and for NaN or infinity the row and column.
data::DistributedMatrix<float> read_rows(const comm::Communicator& comm, std::span<const std::string> inputs,
                                         const RowOptions& options = {});

/// The same, but for what the invariance leaves free: where float32 would lose what tells rows apart, columns
/// (or rows) are centered in double before they narrow, and all values are scaled by one power of two where
/// their squares would leave float32. Types that float32 holds are not centered: differences of close float32
/// values are exact. The values of other data keep their bits. Rows that became equal nevertheless are
/// counted and warned of, if there is a log. The rescaling of the options is not used.
/// @note Collective. The same for any number of ranks. Reads twice where something is centered or scaled.
///       Throws as read_rows does.
RescaledRows read_rescaled_rows(const comm::Communicator& comm, std::span<const std::string> inputs,
                                const Invariance& invariance, const RowOptions& options = {});

/// Inputs that are embeddings, as read_rows takes them: an AnnData file without a name means its obsm/X_tsne
/// or, if there is none, obsm/X_umap, and not what there is to embed; a table with more columns than axes
/// means the two that its header names as such.
/// @note Collective. Throws InputError on all ranks, also if there are more than 2 columns.
std::vector<std::string> embedding_inputs(const comm::Communicator& comm, std::span<const std::string> names);

/// Reads a number for every row: .npy or IDX of one column, a table of one column besides
/// names of rows, or FILE.csv:COLUMN, an HDF5 dataset of one
/// dimension or one column, or a numeric obs column of an h5ad (FILE.h5ad:obs/COLUMN, nullable ones too).
/// Where there is none it is NaN.
/// @return  this rank's part of `rows`
/// @note Collective. Throws InputError on all ranks, also if there are not as many numbers as rows.
data::Numbers read_numbers(const comm::Communicator& comm, const std::string& source,
                           const data::RowDistribution& rows);

/// Reads `count` rows that lie evenly over the inputs, for a look at the data: every rank runs of rows of its
/// own block. Of inputs that can only be read from the start, compressed ones, it is the block's first rows.
/// All rows, if there are no more. Rescaled as read_rescaled_rows would, as far as these rows show.
/// @note Collective. Needs count >= ranks. Throws as read_rows does, about the rows that it reads.
RescaledRows read_sample(const comm::Communicator& comm, std::span<const std::string> inputs,
                         base::GlobalIndex count, const Invariance& invariance = {},
                         const RowOptions& options = {});

/// Reads a category for every row from one or more sources, stacked in order: IDX or npy of integers, an HDF5
/// dataset (integers or strings), an obs column of an h5ad (FILE.h5ad:obs/COLUMN; categorical, string,
/// integer or boolean), or a column of a table (FILE.csv, or FILE.csv:COLUMN if it has several). Categories
/// are in numerical order if all are integers, else in the order of the first file that has one, else sorted.
/// An empty name is no label (code -1).
/// @param rows  how the rows that they belong to are distributed; the number of labels must agree
/// @note Collective. Throws as read_rows does.
data::Labels read_labels(const comm::Communicator& comm, std::span<const std::string> sources,
                         const data::RowDistribution& rows);

}  // namespace fleetsne::io
