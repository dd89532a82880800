#include "fleetsne/app/option_table.hpp"
#include "fleetsne/run/metric_names.hpp"
#include "fleetsne/run/transform.hpp"

#include <algorithm>
#include <iterator>

namespace fleetsne::app {
namespace {

constexpr const char* transform_introduction =
    R"(Usage: fleetsne transform NEW... --into embedding.h5ad --output DIR [OPTIONS]
       mpirun -n RANKS fleetsne transform NEW... --into embedding.h5ad --output DIR [OPTIONS]

Puts new rows into an embedding of t-SNE that is there: each starts among its nearest neighbours of the
embedding's rows and then finds its place, while those stay where they are. New points do not feel each
other, so a point's place does not depend on which others are new. Writes embedding.h5ad, embedding.npy,
embedding.png, report.json and report.html of the new points to DIR.

Examples:
  New cells into an embedding of fleetsne embed, which knows what it was made of:
    mpirun -n 2 fleetsne transform new.h5ad:obsm/X_pca --into out/embedding.h5ad --output out-new
  The rows of the embedding have moved to another folder, and the new ones have labels:
    fleetsne transform new.npy --labels new-labels.npy --into out/embedding.h5ad \
      --reference /data/cells.npy --output out-new
  An embedding of another tool, made by directions:
    fleetsne transform new.npy --into tsne.npy --reference cells.npy --metric cosine --output out-new
)";

/// The metric that was said, or auto.
Value metric_or_none(std::optional<neighbors::Metric>& target) {
  std::vector<std::string> names{"auto"};
  for (const auto& [name, metric] : run::metric_names) names.emplace_back(name);
  return choice(
      names,
      [&target](std::size_t at) {
        target.reset();
        if (at > 0) target = run::metric_names[at - 1].second;
      },
      [&target] {
        std::size_t at = 0;
        while (target && run::metric_names[at++].second != *target) continue;
        return at;
      });
}

}  // namespace

OptionTable option_table(run::TransformConfig& c) {
  using init::Among;
  using optimize::Repulsion;
  std::vector<Option> options{
      {"input", "files", "", list(c.embed.input.files, "NEW"),
       "File of new rows: the same kinds as fleetsne embed takes. Several are stacked in order. On the "
       "command "
       "line the word NEW alone does"},
      {"input", "labels", "labels", list(c.embed.input.labels, "LABELS"),
       "File with a category for every new row: IDX, .npy, FILE.h5:/DATASET or FILE.h5ad:obs/COLUMN"},

      {"input", "transposed", "", flag(c.embed.input.transposed),
       "Points are the columns of the files, not the rows"},

      {"reference", "into", "into", text(c.reference.embedding, "FILE"),
       "Embedding to go into: embedding.h5ad of fleetsne embed, or a file of another tool"},
      {"reference", "rows", "reference", list(c.reference.rows, "FILE"),
       "Rows that it was made of, in its order; not given: the files that it names"},
      {"reference", "pca", "pca", whole(c.reference.pca),
       "Principal components that these were reduced to; 0: as the embedding says, else none"},
      {"reference", "metric", "metric", metric_or_none(c.reference.metric),
       "What near means; auto: as the embedding says, else euclidean"},
      {"reference", "dof", "dof", real(c.reference.dof),
       "Degrees of freedom of its kernel; 0: as the embedding says, else 1"},

      {"affinity", "perplexity", "perplexity", real(c.embed.affinity.perplexity),
       "Effective number of neighbours that draw a new point; three times as many are looked for"},
      {"start", "placement", "start",
       choice(
           c.start,
           {{"median", Among::median}, {"weighted-mean", Among::weighted_mean}, {"random", Among::random}}),
       "Where a new point starts: at the median of its neighbours, at their mean with weights 1 / distance, "
       "or "
       "at random"},
      {"start", "neighbors", "start-neighbors", whole(c.start_neighbors), "Neighbours that tell where"},

      {"optimize", "iterations", "iterations", whole(c.embed.optimize.iterations), "Iterations"},
      {"optimize", "exaggeration", "exaggeration", real(c.embed.optimize.exaggeration),
       "Factor on the attraction"},
      {"optimize", "early-iterations", "early-iterations", whole(c.embed.optimize.early_iterations),
       "Iterations before those, under early exaggeration"},
      {"optimize", "early-exaggeration", "early-exaggeration", real(c.embed.optimize.early_exaggeration),
       "Factor on the attraction in these"},
      {"optimize", "learning-rate", "learning-rate", learning_rate(c.embed.optimize.learning_rate),
       "Step size; it does not grow with the number of points, of which each moves by itself"},
      {"optimize", "momentum", "", real(c.embed.optimize.momentum), "Momentum"},
      {"optimize", "max-gradient-norm", "", real(c.embed.optimize.max_gradient_norm),
       "A longer gradient of a point is cut to this length; 0: none is"},
      {"optimize", "max-step-norm", "", real(c.embed.optimize.max_step_norm),
       "A point moves at most this far in an iteration"},
      {"optimize", "repulsion", "",
       choice(c.embed.optimize.repulsion,
              {{"auto", Repulsion::automatic}, {"grid", Repulsion::grid}, {"exact", Repulsion::exact}}),
       "How the reference's repulsion is summed: on a grid, or over every pair; auto: exact for small "
       "references"},
  };
  std::ranges::move(result_options(c.embed), std::back_inserter(options));
  std::ranges::move(execution_options(c.embed.run), std::back_inserter(options));
  return {.command = "transform",
          .introduction = transform_introduction,
          .words = "input.files",
          .options = std::move(options)};
}

}  // namespace fleetsne::app
