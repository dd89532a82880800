#pragma once

#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/init/init.hpp"
#include "fleetsne/io/orientation.hpp"
#include "fleetsne/neighbors/neighbors.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/plot/plot.hpp"
#include "fleetsne/run/checkpoint_config.hpp"
#include "fleetsne/run/problems.hpp"
#include "fleetsne/run/umap_config.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::run {

struct InputConfig {
  std::vector<std::string> files;   ///< stacked in order; PATH or PATH:/DATASET
  std::vector<std::string> labels;  ///< the same for the labels; none: an embedding without labels
  bool transposed = false;          ///< points are the columns of the files
  std::size_t pca = 0;              ///< principal components to reduce to first; 0: none
  std::string affinity;             ///< file of affinities made before; empty: they are made now. With it the
                                    ///< files may be left out, else they must be those that it was made of

  io::Orientation orientation() const {
    return transposed ? io::Orientation::columns : io::Orientation::rows;
  }
};

/// Neighbours that are kept, or were found before.
struct NeighborFilesConfig {
  std::string save;       ///< HDF5 file to write; empty: none
  std::string load;       ///< HDF5 or .npy file to read instead of a search; empty: search
  std::string distances;  ///< the distances, if `load` is a .npy file
};

struct InitConfig {
  init::Start start = init::Start::pca;
  std::string file;  ///< for Start::file: N x 2, in the input's order
  double standard_deviation = 1e-4;
  std::string continued{};  ///< embedding.h5ad of a run to go on from, with its state; empty: a new run
};

/// The sample that is embedded first, for Start::sample, and how.
struct SampleConfig {
  std::size_t size = 25'000;  ///< rows; all, if there are not more
  double perplexity = 0;      ///< 0: a fiftieth of the size, at most 500
  int early_iterations = 250;
  double early_exaggeration = 12;
  int iterations = 500;
  double exaggeration = 1;
};

/// From a stage's first iteration to its last, along a straight line.
struct Exaggeration {
  double first = 1, last = 1;
};

/// A stage of a schedule. What it does not say is as OptimizeConfig says of all, exaggeration 1, no reset.
struct StageConfig {
  std::string name;  ///< letters, digits, - and _; unlike the others'
  std::optional<int> iterations{};
  std::optional<Exaggeration> exaggeration{};
  std::optional<optimize::LearningRate> learning_rate{};
  std::optional<double> momentum{}, dof{}, max_step_norm{}, max_gradient_norm{}, settled{};
  std::optional<bool> reset{};
};

/// The stages of the optimisation and what holds for all. Without `stages` there are two, the early one and
/// the other.
struct OptimizeConfig {
  std::vector<StageConfig> stages;
  int early_iterations = 250;
  double early_exaggeration = 12;
  double early_momentum = 0.8;
  int iterations = 500;
  double exaggeration = 1;
  double momentum = 0.8;
  optimize::LearningRate learning_rate;
  double dof = 1;  ///< degrees of freedom of the kernel
  double max_step_norm = 5;
  double max_gradient_norm = 0;  ///< 0: none
  double settled = 0;            ///< 0: never
  int dimensions = 2;            ///< of the embedding, 1 or 2
  optimize::Repulsion repulsion = optimize::Repulsion::automatic;
  optimize::GridSharing sharing = optimize::GridSharing::automatic;
  int kl_every = 50;
};

/// What is written on the way, to OUTPUT/snapshots.
struct SnapshotConfig {
  int every = 0;        ///< iterations from one to the next; 0: none but those that `stages` asks for
  bool stages = false;  ///< one after each stage; if `every` is given these are written, too
};

/// How the result is judged at the end.
struct QualityConfig {
  std::size_t sample =
      0;  ///< points whose neighbours are compared with those in the data; 0: it is not judged
};

struct OutputConfig {
  std::string directory;
  bool force = false;  ///< write over an earlier result
};

/// How progress is shown: `automatic` draws bars on a terminal and plain lines elsewhere.
enum class LogChoice { automatic, bar, plain };

struct ExecutionConfig {
  int threads =
      0;  ///< of each rank; 0: the CPUs that the rank was given, shared with the other ranks on its node
  std::uint64_t seed = 0;
  bool quiet = false;
  LogChoice log = LogChoice::automatic;
  double patience = 60;  ///< minutes that a rank waits for others before it takes them for lost; 0: for ever
};

enum class Method { tsne, umap };

/// Everything that a user can say about an embedding, with its defaults. Of `affinity`, `optimize` and `umap`
/// those that are not of the method are not used.
struct Config {
  Method method = Method::tsne;
  InputConfig input;
  neighbors::NeighborsConfig neighbors{.count = 0};  ///< count 0: see neighbor_count; its seed is `run.seed`
  NeighborFilesConfig neighbor_files;
  affinity::AffinityConfig affinity;
  InitConfig init;
  SampleConfig sample;
  OptimizeConfig optimize;
  SnapshotConfig snapshot;
  CheckpointConfig checkpoint;
  UmapConfig umap;
  QualityConfig quality{};
  OutputConfig output;
  plot::PlotConfig plot;
  ExecutionConfig run;
};

/// Neighbours of every point: what was asked for, or the usual number (see usual_neighbors). UMAP counts the
/// point itself among its neighbours (15 unless told), which is none here: one fewer.
/// @param config  one that fits the data (check_against_data)
std::size_t neighbor_count(const Config& config);

/// What the stages take, each with its part of the config and the run's seed.
neighbors::NeighborsConfig search_config(const Config& config);
init::InitConfig start_config(const Config& config);

/// The stages as the optimiser takes them; of the two that are there without `stages`, one without iterations
/// is left out.
optimize::OptimizeConfig optimizer_config(const OptimizeConfig& config);
/// The same for a run; one that goes on from another leaves the early iterations out.
optimize::OptimizeConfig optimizer_config(const Config& config);

/// Whether the values make sense by themselves and together. Throws one UsageError that names every problem.
/// Not collective.
void check_config(const Config& config);

/// What the headers of the files tell of the data.
struct DataShape {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t init_rows = 0, init_columns = 0;  ///< of the init file or the run to go on from
  std::int64_t affinity_rows = 0;                ///< of the affinity file, if there is one
  std::int64_t neighbor_rows = 0;                ///< of the neighbours that are loaded, if any are
  int ranks = 1;
  std::string distance{};  ///< by what a file of ann-benchmarks says that its rows are near; most say nothing
};

/// The neighbour search and the affinities of a config alone. Adds to the problems.
void check_neighbors(const Config& config, Problems& problems);

/// Whether a picture can be so large. Adds to the problems.
void check_picture(const plot::PlotConfig& config, Problems& problems);

/// Whether the config can be had on data of this shape. Throws an InputError about the data, else one
/// UsageError that names every problem of the config and says what would be possible. Not collective.
void check_against_data(const Config& config, const DataShape& data);

}  // namespace fleetsne::run
