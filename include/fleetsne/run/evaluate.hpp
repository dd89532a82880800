#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/neighbors/neighbors.hpp"
#include "fleetsne/quality/judge.hpp"
#include "fleetsne/run/config.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fleetsne::run {

struct EvaluateInputs {
  std::vector<std::string> data;        ///< stacked in order
  bool transposed = false;              ///< points are the columns of the data
  std::vector<std::string> labels;      ///< the same; none: measures that need them are left out
  std::vector<std::string> embeddings;  ///< of these rows, each one file
  std::vector<std::string> names;       ///< what they are called; none: by their files

  io::Orientation orientation() const {
    return transposed ? io::Orientation::columns : io::Orientation::rows;
  }
};

struct EvaluateOutputs {
  std::string json;      ///< empty: none
  std::string picture;   ///< empty: none
  bool force = false;    ///< write over files that are there
  int panel_size = 600;  ///< pixels of a side of an embedding in the picture
};

/// Everything that a user can say about judging embeddings, with its defaults.
struct EvaluateConfig {
  EvaluateInputs input;
  neighbors::Metric metric = neighbors::Metric::euclidean;  ///< of the data
  quality::JudgeConfig judge;                               ///< its seed is `run.seed`
  double perplexity = 0;                                    ///< of the KL divergence; 0: none
  EvaluateOutputs output;
  ExecutionConfig run;
};

/// Whether the values make sense. Throws one UsageError that names every problem. Not collective.
void check_config(const EvaluateConfig& config);

/// What was found of one embedding.
struct Judgement {
  std::string name, file;
  quality::Scores scores;
  std::optional<double> kl{};
  double kl_error = 0;  ///< standard error of it, for the sampled Z
};

struct Evaluation {
  std::int64_t points = 0, columns = 0;
  std::int64_t sampled = 0;
  std::size_t neighbors = 0, class_neighbors = 0;
  double perplexity = 0;
  std::optional<double> recall{};  ///< of the neighbours that the KL's affinities are made of
  std::vector<Judgement> judgements{};
  std::vector<std::string> files{};  ///< written
  int ranks = 1, threads = 1;
  double seconds = 0;
  std::vector<std::string> warnings{};  ///< of rank 0's log
};

/// Judges embeddings of the same rows (quality::Judge; KL by quality::divergence with Z from the sample) and
/// writes what was asked for. Sets the number of OpenMP threads.
/// @note Collective; rows stay on their ranks. All but the KL is the same for any number of ranks and
///       threads, and the KL, too, where neighbours are exact. Throws AgreedError on all ranks.
Evaluation evaluate(const comm::Communicator& comm, const EvaluateConfig& config, base::Log& log);

nlohmann::json to_json(const Evaluation& found);

/// A table with a line for each embedding, and a RESULT line for each.
std::string to_text(const Evaluation& found);

}  // namespace fleetsne::run
