#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/io/part_file.hpp"
#include "fleetsne/neighbors/watch.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace fleetsne::run {

/// The folder `neighbors` of a checkpoint: what the ranks had in hand of a search for neighbours, a file each
/// (see io/part_file.hpp), search-STEP-RANK-of-RANKS.h5. The files of a step are of use only together, and to
/// as many ranks; those of the step before go when they are all there.
class SearchParts {
 public:
  /// @param checkpoint  the folder that the folder is in
  explicit SearchParts(const std::string& checkpoint);

  const std::string& folder() const { return folder_; }

  /// This rank's file of the newest step that is whole. Of files that are damaged or of another number of
  /// ranks the log tells; they are left aside.
  /// @param expect_own  throws UsageError if the description is of another run
  /// @note Collective. Throws what expect_own throws, on all ranks.
  std::optional<io::PartHeader> find(
      const comm::Communicator& comm, base::Log& log,
      const std::function<void(const std::string& file, const nlohmann::json& about)>& expect_own) const;

  /// Keeps a new step. Collective; throws IoError on all ranks, and then leaves what was there before.
  void keep(const comm::Communicator& comm, std::span<const neighbors::Part> parts,
            const nlohmann::json& about) const;

  /// Whether there is any file of any step. By this rank alone.
  bool any() const;
  /// Removes all of them, and the folder if nothing else is in it. On rank 0.
  void remove() const;

 private:
  std::string folder_;
};

}  // namespace fleetsne::run
