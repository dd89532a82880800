#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/permutation.hpp"
#include "fleetsne/io/affinity_file.hpp"
#include "fleetsne/io/state_file.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/optimize/state.hpp"
#include "fleetsne/run/config.hpp"
#include "fleetsne/run/prepare.hpp"
#include "fleetsne/run/report.hpp"
#include "fleetsne/run/search_parts.hpp"
#include "fleetsne/umap/layout.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::run {

/// Of all options, by section and name, those that have a share in the result.
nlohmann::json with_share(const nlohmann::json& options);

/// What tells runs from each other whose checkpoints do not fit: every option that has a share in the result,
/// and samples of the files that are read (io::file_sample). In hexadecimal. On rank 0.
std::string run_key(const nlohmann::json& options, const std::vector<std::string>& inputs);

/// Every file that a run reads: rows, labels, affinities, neighbours, starts.
std::vector<std::string> files_read(const Config& config);

/// The same on every rank. Collective.
std::string run_key(const comm::Communicator& comm, const nlohmann::json& options,
                    const std::vector<std::string>& inputs);

/// What an earlier run had reached.
struct Reached {
  std::optional<base::Matrix<float>> start;  ///< this rank's block in the input's order, as are the others
  std::optional<io::PartHeader> search;      ///< for neighbours, on as many ranks
  std::optional<io::AffinityHeader> affinities;
  std::optional<optimize::State> state;
  std::optional<umap::LayoutState> layout;
  bool rows_rescaled = true;            ///< rows were read as today; not so by version 0.1
  std::vector<std::string> left_aside;  ///< what is wrong with each file that cannot be gone on from

  /// Whether where the points begin is of no more interest.
  bool begun() const { return state || layout; }
  bool any() const { return start || search || affinities || begun(); }
};

/// The folder in which a run keeps what it has reached, for another to go on from: `start.h5` (see
/// io/state_file.hpp), `neighbors` (see run/search_parts.hpp), `affinities.h5` (see io/affinity_file.hpp, its
/// start that of the run), and `state-ITERATION.h5` (as the first, of UMAP by epochs), of which the newest
/// two are kept. Each file is whole or absent.
class Checkpoint {
 public:
  /// @param key    of the run (run_key), the same on all ranks
  /// @param about  what its files are to say of how they were made (made_of)
  Checkpoint(std::string folder, std::string key, nlohmann::json about = nlohmann::json::object());

  const std::string& folder() const { return folder_; }

  /// What is there, as far as it is whole: of two states the newer one, and where that is damaged the other,
  /// of which the log tells. Collective; throws UsageError on all ranks if it is of another run.
  Reached find(const comm::Communicator& comm, base::Log& log) const;

  /// The states that are there, newest first; whether they are whole is not looked at. Collective.
  std::vector<std::string> states(const comm::Communicator& comm) const;

  /// Before the run writes the first of its results: one that is killed from then on can be taken up again,
  /// and may write over what it has written. Collective.
  /// @return  whether no earlier run has done so
  bool begin_results(const comm::Communicator& comm) const;
  /// There are none: the run failed before the first was whole. Collective.
  void forget_results(const comm::Communicator& comm) const;

  /// Collective; throw IoError on all ranks, and then leave what was there before. The start is in working
  /// order.
  void keep_start(const comm::Communicator& comm, const data::Permutation& permutation,
                  const base::Matrix<float>& start) const;
  /// @param input_digest  of the rows as they were read
  void keep_search(const comm::Communicator& comm, std::span<const neighbors::Part> parts,
                   std::uint64_t input_digest) const;
  /// Then the search is of no more use, and goes.
  void keep_affinities(const comm::Communicator& comm, const Prepared& prepared, const Report& report) const;
  void keep_state(const comm::Communicator& comm, const data::Permutation& permutation,
                  const optimize::State& state, std::uint64_t input_digest) const;
  void keep_state(const comm::Communicator& comm, const data::Permutation& permutation,
                  const umap::LayoutState& state) const;

  /// The run has ended: its files are of no more use. Only they are removed, and the folder if it is empty
  /// then. Collective.
  void remove(const comm::Communicator& comm) const;

 private:
  std::string start_file() const;
  std::string affinity_file() const;
  std::string results_file() const;
  std::string state_file(std::int64_t iteration) const;
  nlohmann::json about() const;
  void expect_own(const std::string& file, const nlohmann::json& about) const;
  void make_folder(const comm::Communicator& comm) const;
  void write_state(const comm::Communicator& comm, std::int64_t iteration,
                   const data::Permutation& permutation, std::span<const io::NamedMatrix> matrices,
                   const nlohmann::json& what) const;

  std::string folder_, key_;
  nlohmann::json about_;
  SearchParts parts_;
};

/// The state in a checkpoint's state-ITERATION.h5, this rank's block in the input's order, whatever ranks
/// wrote it. Collective; throws InputError on all ranks.
optimize::State read_kept_state(const comm::Communicator& comm, const io::StateHeader& header);

/// Whether a run goes on from what is in its own checkpoint folder, and may write over what that run has
/// written. Throws UsageError if something is there that would be lost: the run does not go on from it, be it
/// that it goes on from another folder, and `force` is not given. By this rank alone.
bool takes_up(const CheckpointConfig& config, const std::string& folder, bool force);

/// Whether a folder holds anything of a checkpoint. By this rank alone.
bool holds_checkpoint(const std::string& folder);

}  // namespace fleetsne::run
