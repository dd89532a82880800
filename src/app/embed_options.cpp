#include "fleetsne/app/option_table.hpp"

#include <algorithm>
#include <iterator>

namespace fleetsne::app {
namespace {

constexpr const char* embed_introduction = R"(Usage: fleetsne embed INPUT... --output DIR [OPTIONS]
       mpirun -n RANKS fleetsne embed INPUT... --output DIR [OPTIONS]

Embeds the rows of INPUT in two dimensions with t-SNE (or UMAP) and writes embedding.h5ad, embedding.npy,
embedding.png, report.json and report.html to DIR.

Examples:
  A matrix in a .npy file, with two ranks:
    mpirun -n 2 fleetsne embed rows.npy --output out
  Images with labels, reduced to 50 principal components first:
    mpirun -n 2 fleetsne embed images.idx3-ubyte.gz --labels labels.idx1-ubyte.gz --pca 50 --output out
  An AnnData file, coloured by a column of its obs:
    mpirun -n 2 fleetsne embed cells.h5ad:obsm/X_pca --labels cells.h5ad:obs/cell_type --output out
  Clusters further apart, and the picture kept from an earlier run written over:
    mpirun -n 2 fleetsne embed rows.npy --exaggeration 4 --output out --force
  A schedule of three stages, one of them from exaggeration 12 down to 4:
    mpirun -n 2 fleetsne embed rows.npy --stage iterations=250,exaggeration=12 \
        --stage iterations=100,exaggeration=12..4 --stage iterations=500,exaggeration=4 --output out
  The options of a run as a config file, and a run from it with one of them changed:
    fleetsne embed rows.npy --perplexity 50 --output out --dump-config > run.cfg
    mpirun -n 2 fleetsne embed --config run.cfg --perplexity 100 --output out-100
  UMAP of the same rows, with its defaults:
    mpirun -n 2 fleetsne embed rows.npy --method umap --neighbors 15 --min-dist 0.1 --output out-umap
  What a run would take, in memory and time:
    mpirun -n 2 fleetsne embed rows.npy --perplexity 500 --output out --dry-run
)";

}  // namespace

std::vector<Option> result_options(run::Config& c) {
  return {
      {"output", "directory", "output", text(c.output.directory, "DIR"),
       "Folder for embedding.h5ad, embedding.npy, embedding.png, report.json and report.html"},
      {"output", "force", "force", flag(c.output.force), "Write over an earlier result"},

      {"plot", "size", "", whole(c.plot.size), "Pixels of a side of the picture, legend excluded"},
      {"plot", "title", "title", text(c.plot.title, "TEXT"), "Title of the picture"},
  };
}

OptionTable option_table(run::Config& c) {
  using init::Start;
  using optimize::GridSharing;
  using optimize::Repulsion;
  using run::Method;
  std::vector<Option> options{
      {"input", "files", "", list(c.input.files, "INPUT"),
       "File to embed: .npy, IDX, .fvecs, .bvecs, .ivecs, .fbin, .u8bin, .i8bin, .csv, .tsv (all also .gz), "
       "HDF5 as FILE:/DATASET, that of ann-benchmarks as FILE.hdf5, AnnData as FILE.h5ad or "
       "FILE.h5ad:obsm/NAME. "
       "Several are stacked in order. On the command line the word INPUT alone does"},
      {"input", "labels", "labels", list(c.input.labels, "LABELS"),
       "File with a category for every row: IDX, .npy, FILE.h5:/DATASET or FILE.h5ad:obs/COLUMN. Give it "
       "once for "
       "every input"},
      {"input", "transposed", "", flag(c.input.transposed),
       "Points are the columns of the files, not the rows"},
      {"input", "pca", "pca", whole(c.input.pca),
       "Reduce the rows to this many principal components first; 0: do not"},
      {"input", "affinity", "affinity", text(c.input.affinity, "FILE"),
       "Affinities that fleetsne affinity wrote; INPUT may then be left out, or must be what they were made "
       "of"},

  };
  std::ranges::move(neighbor_options(c), std::back_inserter(options));
  std::vector<Option> others{
      {"init", "start", "init",
       choice(c.init.start, {{"pca", Start::pca},
                             {"columns", Start::columns},
                             {"random", Start::random},
                             {"file", Start::file},
                             {"sample", Start::sample},
                             {"spectral", Start::spectral}}),
       "Where the points start: the first two principal components, the first two columns, at random, from a "
       "file, each where the nearest point of a sample stands that is embedded first, or by eigenvectors of "
       "the "
       "neighbours' graph"},
      {"init", "file", "init-file", text(c.init.file, "FILE"),
       "File of N x 2 values to start from, for --init file; of an AnnData file obsm/X_tsne or "
       "obsm/X_umap"},
      {"init", "standard-deviation", "", real(c.init.standard_deviation),
       "Spread of the start along its first axis; UMAP stretches both axes to 10"},

      {"init", "continue", "continue", text(c.init.continued, "FILE"),
       "Go on from the state in this embedding.h5ad, or checkpoint/state-ITERATION.h5, of an earlier run of "
       "the same "
       "input: --iterations or stages more, no early ones"},

      {"optimize", "dimensions", "dimensions", whole(c.optimize.dimensions), "Of the embedding: 2, or 1"},
      {"optimize", "early-exaggeration", "early-exaggeration", real(c.optimize.early_exaggeration),
       "Factor on the attraction in the early iterations"},
      {"optimize", "early-iterations", "early-iterations", whole(c.optimize.early_iterations),
       "Iterations under early exaggeration"},
      {"optimize", "exaggeration", "exaggeration", real(c.optimize.exaggeration),
       "Factor on the attraction in the iterations after those"},
      {"optimize", "iterations", "iterations", whole(c.optimize.iterations),
       "Iterations after the early ones"},
      {"optimize", "learning-rate", "learning-rate", learning_rate(c.optimize.learning_rate),
       "Step size; auto: number of points / exaggeration"},
      {"optimize", "early-momentum", "", real(c.optimize.early_momentum), "Momentum in the early iterations"},
      {"optimize", "momentum", "", real(c.optimize.momentum), "Momentum in the iterations after those"},
      {"optimize", "dof", "dof", real(c.optimize.dof),
       "Degrees of freedom of the kernel (1 + d^2 / dof)^-dof; 1 is t-SNE's, fewer show finer clusters"},
      {"optimize", "max-step-norm", "", real(c.optimize.max_step_norm),
       "A point moves at most this far in an iteration"},
      {"optimize", "max-gradient-norm", "", real(c.optimize.max_gradient_norm),
       "A longer gradient of a point is cut to this length; 0: none is"},
      {"optimize", "settled", "", real(c.optimize.settled),
       "A stage ends early when its KL fell by less than KL / X since the log's line before; 0: none does, "
       "5000 is "
       "usual"},
      {"optimize", "stage", "stage", stages(c.optimize.stages),
       "A stage in place of the early and the other iterations: iterations=N, and if they are not as for all "
       "stages "
       "exaggeration=X (or from..to), learning-rate, momentum, dof, max-step-norm, max-gradient-norm, "
       "settled, "
       "reset=true (forget steps and gains first), name. In a config file a section [stage.NAME] of such "
       "keys"},
      {"optimize", "repulsion", "",
       choice(c.optimize.repulsion,
              {{"auto", Repulsion::automatic}, {"grid", Repulsion::grid}, {"exact", Repulsion::exact}}),
       "How repulsive forces are summed: on a grid, or over every pair; auto: exact for small data"},
      {"optimize", "grid-sharing", "",
       choice(c.optimize.sharing, {{"auto", GridSharing::automatic},
                                   {"reduced", GridSharing::reduced},
                                   {"slab", GridSharing::slab}}),
       "How ranks share the grid: each holds all of it, or a slab; auto: whichever should be faster"},
      {"optimize", "kl-every", "", whole(c.optimize.kl_every), "Iterations between two lines of the log"},

      {"sample", "size", "", whole(c.sample.size), "Points of the sample, for --init sample"},
      {"sample", "perplexity", "", real(c.sample.perplexity),
       "Perplexity of the sample's own embedding; 0: a fiftieth of its size, at most 500"},
      {"sample", "early-exaggeration", "", real(c.sample.early_exaggeration),
       "Factor on the attraction in the sample's early iterations"},
      {"sample", "early-iterations", "", whole(c.sample.early_iterations), "Those early iterations"},
      {"sample", "exaggeration", "", real(c.sample.exaggeration),
       "Factor on the attraction in the sample's iterations after those"},
      {"sample", "iterations", "", whole(c.sample.iterations), "Iterations after the early ones"},

      {"optimize", "method", "method", choice(c.method, {{"tsne", Method::tsne}, {"umap", Method::umap}}),
       "How the rows are embedded. UMAP takes no options of [affinity] and no others of [optimize], and "
       "t-SNE none of [umap]"},
      {"snapshot", "every", "", whole(c.snapshot.every),
       "Write embedding and picture every so many iterations, and after each stage, to snapshots/ in the "
       "output "
       "folder; 0: do not"},
      {"snapshot", "stages", "", flag(c.snapshot.stages), "Write them after each stage"},

      {"umap", "min-dist", "min-dist", real(c.umap.min_dist), "How near points may come to each other"},
      {"umap", "spread", "spread", real(c.umap.spread), "Scale of the embedding, in the units of min-dist"},
      {"umap", "epochs", "epochs", whole(c.umap.epochs),
       "Passes over the edges; 0: 500 up to 10,000 points, else 200"},
      {"umap", "negative-samples", "negative-samples", whole(c.umap.negative_samples),
       "Random points that repel a point whenever a neighbour attracts it"},
      {"umap", "learning-rate", "", real(c.umap.learning_rate),
       "Step size of the first epoch; it falls to 0"},
      {"umap", "repulsion", "", real(c.umap.repulsion), "Strength of that repulsion"},

      {"quality", "sample", "quality", whole(c.quality.sample),
       "Points to judge the embedding by at the end, as fleetsne evaluate does, for the report; the rows are "
       "read once more. 0: do not"},
  };
  for (Option& option : others)
    if (option.section == "optimize" &&
        (option.name.starts_with("early-") || option.name == "iterations" || option.name == "exaggeration"))
      option.rival = "optimize.stage";
  std::ranges::move(others, std::back_inserter(options));
  std::ranges::move(
      checkpoint_options(c.checkpoint, "checkpoint/ of the output folder", "`stop` in the output folder"),
      std::back_inserter(options));
  std::ranges::move(result_options(c), std::back_inserter(options));
  std::ranges::move(execution_options(c.run), std::back_inserter(options));
  return {.command = "embed",
          .introduction = embed_introduction,
          .words = "input.files",
          .options = std::move(options),
          .can_run_dry = true};
}

}  // namespace fleetsne::app
