#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/labels.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/optimize/optimize.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/made_folders.hpp"
#include "fleetsne/run/output_directory.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fleetsne::run {

/// Writes the embedding as it is on the way: OUTPUT/snapshots/iteration-000250.npy (N x dimensions, input
/// order, centred) and the picture beside it, each whole or absent.
class Snapshots {
 public:
  /// Keeps references to all.
  /// @param files    names of what is written are added
  /// @param goes_on  the snapshots that are there are this run's own, of an earlier part of it
  Snapshots(const comm::Communicator& comm, const Config& config, const OutputDirectory& output,
            const data::Permutation& permutation, const std::optional<data::Labels>& labels,
            std::vector<std::string>& files, bool goes_on, base::Log& log);

  /// Whether the moment is one of those asked for.
  bool wants(const optimize::Moment& moment) const;

  /// Writes the moment if it is one of those asked for. The run's results have begun (Keeper::begin_results),
  /// so that its folder is there. Makes the one of the snapshots if there is none; the first one empties it
  /// of an earlier run's snapshots, whose report goes too. Collective; throws IoError on all ranks, and then
  /// leaves what has been written before.
  void see(const optimize::Moment& moment);

 private:
  void make_folder();

  const comm::Communicator& comm_;
  const Config& config_;
  const OutputDirectory& output_;
  const data::Permutation& permutation_;
  const std::optional<data::Labels>& labels_;
  std::vector<std::string>& files_;
  bool goes_on_;
  base::Log& log_;
  bool begun_ = false;
  std::optional<MadeFolders> made_;  // on rank 0: goes again if nothing could be written
};

}  // namespace fleetsne::run
