#include "fleetsne/sweep/slurm.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/sweep/child.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace fleetsne::sweep {
namespace {

/// Submits jobs that wait for each other.
class Submission {
 public:
  Submission(const SweepConfig& config, const std::vector<std::string>& arguments)
      : config_(config), arguments_(arguments) {}

  /// @param indices  of the part's; empty: one job without an index
  void add(Part part, const std::vector<std::size_t>& indices, const std::string& what) {
    std::vector<std::string> words{"sbatch", "--parsable", "--job-name",
                                   fmt::format("fleetsne-{}", name_of(part))};
    for (const std::string& word : words_of(config_.submit_options)) words.push_back(word);
    if (!indices.empty())
      words.push_back(fmt::format("--array={}%{}", fmt::join(indices, ","), config_.at_once));
    if (!before_.empty()) words.push_back("--dependency=afterany:" + before_);
    words.push_back(config_.submit);
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    words.insert(words.end(), {"--part", name_of(part)});
    const Ended ended = run_command(words, Output::taken);
    if (ended.exit_code != 0)
      throw base::UsageError(
          fmt::format("sbatch has not taken the {} (exit code {}, see its words above). Check {}, "
                      "--submit-options, and that "
                      "this machine may submit jobs",
                      what, ended.exit_code, config_.submit));
    before_ = ended.output.substr(0, ended.output.find_first_of(";\n"));  // the job, without its cluster
    text_ += fmt::format("job {}: {}\n", before_, what);
  }

  const std::string& text() const { return text_; }

 private:
  const SweepConfig& config_;
  const std::vector<std::string>& arguments_;
  std::string before_, text_;
};

}  // namespace

std::string submit(const Plan& plan, const Work& work, const SweepConfig& config,
                   const std::vector<std::string>& arguments) {
  if (work.rows.empty()) return "";
  Submission submission(config, arguments);
  if (!work.neighbors.empty())
    submission.add(Part::neighbors, work.neighbors, fmt::format("{} of neighbours", work.neighbors.size()));
  if (!work.affinities.empty())
    submission.add(Part::affinities, work.affinities,
                   fmt::format("{} of affinities", work.affinities.size()));
  submission.add(Part::rows, work.rows, fmt::format("{} rows of {}", work.rows.size(), plan.rows.size()));
  submission.add(Part::table, {}, "the table");
  return submission.text();
}

}  // namespace fleetsne::sweep
