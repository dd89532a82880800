#include "fleetsne/app/option_table.hpp"

#include <algorithm>
#include <iterator>

namespace fleetsne::app {
namespace {

constexpr const char* generate_introduction = R"(Usage: fleetsne generate --rows N --output FILE.npy [OPTIONS]
       mpirun -n RANKS fleetsne generate --rows N --output FILE.npy [OPTIONS]

Writes rows that look like the principal components of single-cell data (uneven clusters that stem from
one another, paths between them, doublets and ambient noise), and the cluster of every row beside them. A
row depends on the options and the seed alone: any number of ranks writes the same file, and fewer rows
are the beginning of more.

Examples:
  A million rows in cells.npy, their clusters in cells-labels.npy, by two ranks:
    mpirun -n 2 fleetsne generate --rows 1000000 --output cells.npy
  More columns and clusters, and another draw:
    mpirun -n 2 fleetsne generate --rows 1000000 --columns 100 --clusters 800 --seed 7 --output cells.npy
  Clusters that lie apart, without paths and noise between them:
    fleetsne generate --rows 20000 --separation 3 --trajectories 0 --noise 0 --output apart.npy
  What was made, embedded:
    mpirun -n 2 fleetsne embed cells.npy --labels cells-labels.npy --output out
)";

}  // namespace

OptionTable option_table(run::GenerateConfig& c) {
  std::vector<Option> options{
      {"data", "rows", "rows", whole(c.rows), "Rows to make"},
      {"data", "columns", "columns", whole(c.cells.columns), "Columns of a row"},
      {"data", "clusters", "clusters", whole(c.cells.clusters), "Clusters, of uneven size and spread"},
      {"data", "trajectories", "trajectories", real(c.cells.trajectories),
       "Share of the rows that lie on a path from a cluster to the one that it stems from"},
      {"data", "noise", "noise", real(c.cells.noise),
       "Share of the rows that are doublets of two clusters, or faded by what floats about of all"},
      {"data", "separation", "separation", real(c.cells.separation),
       "Factor on the distances between clusters; at 1 they overlap a little, as those of real cells do"},

      {"output", "rows", "output", text(c.output.rows, "FILE"), "File for the rows, .npy of float32"},
      {"output", "labels", "labels", text(c.output.labels, "FILE"),
       "File for the cluster of every row, .npy of int32. Not given: beside the rows, as NAME-labels.npy"},
      {"output", "force", "force", flag(c.output.force), "Write over files that are there"},
  };
  std::ranges::move(execution_options(c.run), std::back_inserter(options));
  return {.command = "generate",
          .introduction = generate_introduction,
          .words = "",
          .options = std::move(options)};
}

}  // namespace fleetsne::app
