#include "fleetsne/app/option_table.hpp"
#include "fleetsne/run/evaluate.hpp"

#include <algorithm>
#include <iterator>

namespace fleetsne::app {
namespace {

constexpr const char* evaluate_introduction =
    R"(Usage: fleetsne evaluate --data FILE --embedding FILE [--embedding FILE ...] [OPTIONS]
       mpirun -n RANKS fleetsne evaluate --data FILE --embedding FILE ... [OPTIONS]

Judges embeddings of the same rows, from FleetSNE or another tool, by one ruler, and prints a table:
  KNN              share of a point's nearest rows that are among the nearest in the embedding
  KNC              the same of the means of classes (with --labels)
  CPD              Spearman's correlation of distances in the data and in the embedding
  label accuracy   share of points whose label most of the nearest in the embedding have (with --labels)
  trustworthiness  1 if none is near in the embedding that is far in the data, as scikit-learn defines it
  KL               divergence that t-SNE minimises, at a stated --perplexity
Points are drawn by the seed; for these all is exact, and the same at any number of ranks.

Examples:
  One embedding, without labels:
    mpirun -n 2 fleetsne evaluate --data rows.npy --embedding out/embedding.npy
  Two, of two tools, with everything there is to say, into a file and a picture:
    mpirun -n 2 fleetsne evaluate --data cells.h5ad --labels cells.h5ad:obs/cell_type --perplexity 30 \
      --embedding out/embedding.h5ad --name FleetSNE --embedding umap.csv --name UMAP \
      --output quality.json --picture quality.png
  An embedding in the same file as the data, measured by directions:
    fleetsne evaluate --data cells.h5ad --metric cosine --embedding cells.h5ad:obsm/X_umap
)";

}  // namespace

OptionTable option_table(run::EvaluateConfig& c) {
  using neighbors::Metric;
  std::vector<Option> options{
      {"input", "data", "data", list(c.input.data, "FILE"),
       "File of the rows that were embedded, of any kind that fleetsne embed reads. Several are "
       "stacked in order"},
      {"input", "transposed", "", flag(c.input.transposed),
       "Points are the columns of the data, not the rows"},
      {"input", "embedding", "embedding", list(c.input.embeddings, "FILE"),
       "File of an embedding: the same kinds; of an AnnData file obsm/X_tsne or obsm/X_umap"},
      {"input", "name", "name", list(c.input.names, "TEXT"),
       "What the embeddings are called, in the same order. Not given: by their files"},
      {"input", "labels", "labels", list(c.input.labels, "LABELS"),
       "File with a category for every row: IDX, .npy, FILE.h5:/DATASET or FILE.h5ad:obs/COLUMN"},

      {"measure", "metric", "metric",
       choice(c.metric, {{"euclidean", Metric::euclidean}, {"cosine", Metric::cosine}}),
       "What near means in the data"},
      {"measure", "neighbors", "neighbors", whole(c.judge.neighbors),
       "Nearest points of KNN, label accuracy and trustworthiness"},
      {"measure", "class-neighbors", "class-neighbors", whole(c.judge.class_neighbors),
       "Nearest classes of KNC; 0: 10, or half of a class's others if that is less"},
      {"measure", "sample", "sample", whole(c.judge.sample),
       "Points whose neighbours are looked at, and whose part of Z is summed"},
      {"measure", "distance-sample", "distance-sample", whole(c.judge.distance_sample),
       "Points between which distances are correlated"},
      {"measure", "perplexity", "perplexity", real(c.perplexity),
       "Perplexity of the KL divergence, for which neighbours of all points are searched; 0: no KL"},

      {"output", "json", "output", text(c.output.json, "FILE"), "File for the results as JSON"},
      {"output", "picture", "picture", text(c.output.picture, "FILE.png"),
       "File for a picture of all embeddings side by side, by label if there are labels"},
      {"output", "force", "force", flag(c.output.force), "Write over files that are there"},
  };
  std::ranges::move(execution_options(c.run), std::back_inserter(options));
  return {.command = "evaluate",
          .introduction = evaluate_introduction,
          .words = "",
          .options = std::move(options)};
}

}  // namespace fleetsne::app
