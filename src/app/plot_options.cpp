#include "fleetsne/app/option_table.hpp"
#include "fleetsne/run/draw.hpp"

#include <algorithm>
#include <iterator>

namespace fleetsne::app {
namespace {

constexpr const char* plot_introduction = R"(Usage: fleetsne plot EMBEDDING... --output FILE.png [OPTIONS]
       mpirun -n RANKS fleetsne plot EMBEDDING... --output FILE.png [OPTIONS]

Draws embeddings, from FleetSNE or another tool: points per pixel, equalised, so that structure shows at any
number of points. One embedding with labels or numbers makes two panels: all points in one colour, and by
these. Several embeddings of the same rows stand side by side, or are the frames of an animation.

Examples:
  A run's result, all points and by category:
    fleetsne plot out/embedding.h5ad --labels cells.h5ad:obs/cell_type --output cells.png
  By a number, on black:
    fleetsne plot out/embedding.npy --values cells.h5ad:obs/n_counts --background black --output counts.png
  A part of it, larger (--axes shows where that lies):
    mpirun -n 2 fleetsne plot out/embedding.npy --labels labels.npy --window -20,20,0,40 --size 2000 \
      --output part.png
  Two tools side by side:
    fleetsne plot out/embedding.npy umap.csv --name t-SNE --name UMAP --labels labels.npy --output both.png
  The snapshots of a run as a film (APNG, which browsers play):
    fleetsne plot out/snapshots/*.npy --labels labels.npy --animation film.png
)";

}  // namespace

OptionTable option_table(run::DrawConfig& c) {
  using plot::Background;
  using plot::Marks;
  using run::Panels;
  std::vector<Option> options{
      {"input", "embedding", "", list(c.input.embeddings, "EMBEDDING"),
       "File of an embedding: .npy, .csv, .tsv, FILE.h5:/DATASET, AnnData (obsm/X_tsne or obsm/X_umap). On "
       "the "
       "command line the word EMBEDDING alone does"},
      {"input", "name", "name", list(c.input.names, "TEXT"),
       "What the embeddings are called, in the same order. Not given: by their files"},
      {"input", "labels", "labels", list(c.input.labels, "LABELS"),
       "File with a category for every row: IDX, .npy, FILE.h5:/DATASET or FILE.h5ad:obs/COLUMN"},
      {"input", "values", "values", text(c.input.values, "FILE"),
       "File with a number for every row: .npy, .csv, FILE.h5:/DATASET or FILE.h5ad:obs/COLUMN"},

      {"plot", "panels", "panels",
       choice(c.panels,
              {{"auto", Panels::automatic}, {"density", Panels::density}, {"colored", Panels::colored}}),
       "What is drawn of one embedding: all points in one colour, by labels or numbers, or (auto) both"},
      {"plot", "title", "title", text(c.plot.title, "TEXT"), "Title of the picture"},
      {"plot", "size", "size", whole(c.plot.size), "Pixels of a panel's longer side"},
      {"plot", "background", "background",
       choice(c.plot.background, {{"white", Background::light}, {"black", Background::dark}}),
       "What the points stand on"},
      {"plot", "rotation", "rotation", real(c.plot.rotation),
       "Degrees to turn the points by, counter-clockwise"},
      {"plot", "window", "window", text(c.window, "LEFT,RIGHT,BOTTOM,TOP"),
       "Part of the plane to show, after the rotation. Not given: all points"},
      {"plot", "axes", "axes", flag(c.plot.axes), "A frame with numbers around every panel"},
      {"plot", "marks", "marks",
       choice(c.plot.marks, {{"auto", Marks::automatic}, {"always", Marks::always}, {"never", Marks::never}}),
       "Whether categories are numbered among their points, too; auto: if there are more than 12"},
      {"plot", "clip", "", real(c.plot.clip),
       "Per cent of the numbers at either end that get the end's colour"},
      {"plot", "frame-seconds", "", real(c.timing.frame_seconds), "Time that a frame of an animation stands"},
      {"plot", "last-seconds", "", real(c.timing.last_seconds), "The same of its last one"},

      {"output", "picture", "output", text(c.output.picture, "FILE.png"), "File for the picture"},
      {"output", "animation", "animation", text(c.output.animation, "FILE.png"),
       "File for an animation with a frame for each embedding, in the order given"},
      {"output", "force", "force", flag(c.output.force), "Write over files that are there"},
  };
  std::ranges::move(execution_options(c.run), std::back_inserter(options));
  return {.command = "plot",
          .introduction = plot_introduction,
          .words = "input.embedding",
          .options = std::move(options)};
}

}  // namespace fleetsne::app
