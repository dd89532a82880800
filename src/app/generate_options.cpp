#include "fleetsne/app/option_table.hpp"

#include <algorithm>
#include <iterator>

namespace fleetsne::app {

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
  return {"generate", "", std::move(options)};
}

}  // namespace fleetsne::app
