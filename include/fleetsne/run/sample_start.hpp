#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/run/config.hpp"

namespace fleetsne::run {

class Keeper;

/// A random sample of the rows, embedded: it gives all the others their places to start from.
///                                        [Kobak & Berens 2019; openTSNE, "Embedding large data sets"]
class SampleStart {
 public:
  /// Draws the sample by the seed and embeds it by its own perplexity and schedule.
  /// @param rows  in the input's order, as they are before the metric changes them
  /// @param keeper  ends the run if it is to stop meanwhile; none: nothing does
  /// @note Collective. The sample is the same at any number of ranks.
  SampleStart(const comm::Communicator& comm, const Config& config,
              const data::DistributedMatrix<float>& rows, base::Log& log, Keeper* keeper = nullptr);

  /// Where each row stands: at its nearest sampled row.
  /// @param rows  this rank's in any order, adapted to the metric; faster where near ones stand together
  /// @return      rows x 2
  /// @note Collective.
  base::Matrix<float> place(const comm::Communicator& comm, base::MatrixView<const float> rows) const;

 private:
  neighbors::Metric metric_;
  data::DistributedMatrix<float> rows_;  // adapted to the metric, in the sample's working order
  base::Matrix<float> embedding_;        // this rank's block of them x 2
};

/// The config of the sample's own embedding.
Config sample_config(const Config& config);

/// Whether the sample's values make sense.
void check_sample(const Config& config, Problems& problems);

}  // namespace fleetsne::run
