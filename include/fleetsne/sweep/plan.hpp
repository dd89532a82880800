#pragma once

#include "fleetsne/sweep/row.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::sweep {

/// A file that is made once for several rows: neighbours, or affinities.
struct Shared {
  std::string name;    ///< neighbors-KEY-COUNT or affinities-KEY; the key tells what it is made of, and how
  std::string file;    ///< DIR/shared/NAME.h5
  run::Config config;  ///< how it is made; reads the neighbours if these are shared, too
  std::optional<std::size_t> neighbors{};  ///< which of the plan's neighbours it is made from
  std::size_t rows = 0;                    ///< that need it
};

/// A row, and what it is made from.
struct PlannedRow {
  Row row;            ///< its config reads the shared files and writes to DIR/rows/NAME
  std::string key{};  ///< what it is made by, wherever the sweep's folder lies and whatever it shares
  std::optional<std::size_t> affinities{}, neighbors{};
};

/// Whether its file is: whole, and made of what its name tells.
bool is_there(const Shared& shared);

/// All that there is to do, each part after those that it needs.
struct Plan {
  std::string directory;
  std::vector<Shared> neighbors, affinities;
  std::vector<PlannedRow> rows;

  std::string status_file(const Shared& shared) const;
  std::string status_file(const Row& row) const;
  std::string row_folder(const Row& row) const;
};

/// Which neighbours and affinities rows share: those of the same input, columns, metric and search have one
/// search, for as many neighbours as the most demanding needs, if it serves more than one; t-SNE's rows with
/// the same affinities have one affinity file. A row that names its own affinity file, or neighbours for
/// UMAP, has no share.
/// @param seed  of what is shared; rows that differ by their seeds alone share everything
/// Deterministic. Not collective; looks into the input files.
Plan make_plan(const std::vector<Row>& rows, const std::string& directory, std::uint64_t seed,
               const Describe& describe);

/// What the report of a part repeats of its config, and its checkpoint is told from others by: it spells the
/// files of DIR/shared as they lie in DIR, which may itself be spelled in several ways.
run::About describe_part(const Plan& plan, run::Config config, const Describe& describe);

}  // namespace fleetsne::sweep
