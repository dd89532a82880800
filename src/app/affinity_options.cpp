#include "fleetsne/app/option_table.hpp"
#include "fleetsne/run/metric_names.hpp"

#include <algorithm>
#include <iterator>

namespace fleetsne::app {
namespace {

constexpr const char* affinity_introduction = R"(Usage: fleetsne affinity INPUT... --output FILE.h5 [OPTIONS]
       mpirun -n RANKS fleetsne affinity INPUT... --output FILE.h5 [OPTIONS]

Finds the nearest neighbours of the rows of INPUT, makes affinities of them, and keeps these in an HDF5
file: the long part of an embedding, done once for many. Any number of ranks writes the file, any other
number reads it; it takes 3 to 5 bytes for each of some 1.5 x rows x neighbours edges.

Examples:
  Affinities, and two embeddings from them:
    mpirun -n 2 fleetsne affinity cells.npy --perplexity 50 --output aff50.h5
    mpirun -n 2 fleetsne embed --affinity aff50.h5 --labels cells-labels.npy --output out
    mpirun -n 2 fleetsne embed --affinity aff50.h5 --exaggeration 4 --output out-4
  Two perplexities at once:
    mpirun -n 2 fleetsne affinity cells.npy --affinity.kind mixture --affinity.perplexities 50,500 --output mix.h5
)";

}  // namespace

std::vector<Option> neighbor_options(run::Config& c) {
  using affinity::Kind;
  using affinity::Symmetry;
  using neighbors::Backend;
  return {
      {"neighbors", "count", "neighbors", whole(c.neighbors.count),
       "Neighbours of every point; 0: 3 x the largest perplexity, 15 for uniform, 30 for fixed-sigma. UMAP "
       "counts the point itself; 0: 15"},
      {"neighbors", "metric", "metric",
       choice(c.neighbors.metric, {run::metric_names.begin(), run::metric_names.end()}), "What near means"},
      {"neighbors", "backend", "backend",
       choice(c.neighbors.backend,
              {{"auto", Backend::automatic}, {"exact", Backend::exact}, {"hnsw", Backend::hnsw}}),
       "How neighbours are found: by an approximate index or by comparing every pair; auto: exact for small "
       "data"},
      {"neighbors", "links", "", whole(c.neighbors.links), "Links of a point in the index (M of HNSW)"},
      {"neighbors", "ef-construction", "", whole(c.neighbors.ef_construction),
       "Candidates kept while the index is built"},
      {"neighbors", "aim", "", real(c.neighbors.aim),
       "Recall to stop searching at, about; what was reached is measured"},
      {"neighbors", "recall-sample", "", whole(c.neighbors.recall_sample),
       "Points whose neighbours are compared with exact search, to measure recall"},

      {"neighbors", "save", "", text(c.neighbor_files.save, "FILE"),
       "HDF5 file to keep the neighbours in: indices and distances, N x k each, in the input's order"},
      {"neighbors", "load", "", text(c.neighbor_files.load, "FILE"),
       "Neighbors found before or by another tool: such a file, a .npy file of indices, or a graph of "
       "AnnData "
       "(cells.h5ad:obsp/distances)"},
      {"neighbors", "distances", "", text(c.neighbor_files.distances, "FILE"),
       "The .npy file of the distances, where --neighbors.load is one of indices"},

      {"affinity", "kind", "",
       choice(c.affinity.kind, {{"perplexity", Kind::perplexity},
                                {"multiscale", Kind::multiscale},
                                {"mixture", Kind::mixture},
                                {"fixed-sigma", Kind::fixed_sigma},
                                {"uniform", Kind::uniform}}),
       "How neighbours attract each other: as Gaussians of that perplexity; as the mean over several "
       "perplexities "
       "or as a mixture of their Gaussians; as Gaussians of one width; or all alike"},
      {"affinity", "perplexity", "perplexity", real(c.affinity.perplexity),
       "Effective number of neighbours of a point"},
      {"affinity", "perplexities", "", reals(c.affinity.perplexities),
       "The perplexities of multiscale and mixture, for example 50,500"},
      {"affinity", "sigma", "", real(c.affinity.sigma),
       "Standard deviation of the Gaussians of fixed-sigma, in the unit of the distances"},
      {"affinity", "symmetry", "",
       choice(c.affinity.symmetry, {{"max", Symmetry::max}, {"mean", Symmetry::mean}}),
       "Of uniform: whether a pair that is one way only counts as much as others, or half"},
  };
}

OptionTable option_table(run::AffinitiesConfig& c) {
  std::vector<Option> options{
      {"input", "files", "", list(c.embed.input.files, "INPUT"),
       "File of rows, of any kind that fleetsne embed reads. "
       "Several are stacked in order. On the command line the word INPUT alone does"},
      {"input", "transposed", "", flag(c.embed.input.transposed),
       "Points are the columns of the files, not the rows"},
      {"input", "pca", "pca", whole(c.embed.input.pca),
       "Reduce the rows to this many principal components first; 0: do not"},
  };
  std::ranges::move(neighbor_options(c.embed), std::back_inserter(options));
  std::vector<Option> others{
      {"output", "file", "output", text(c.file, "FILE"), "File for the affinities, HDF5"},
      {"output", "force", "force", flag(c.force), "Write over a file that is there"},
  };
  std::ranges::move(others, std::back_inserter(options));
  std::ranges::move(checkpoint_options(c.embed.checkpoint, "FILE.h5.checkpoint/", "FILE.h5.stop"),
                    std::back_inserter(options));
  std::ranges::move(execution_options(c.embed.run), std::back_inserter(options));
  return {.command = "affinity",
          .introduction = affinity_introduction,
          .words = "input.files",
          .options = std::move(options)};
}

}  // namespace fleetsne::app
