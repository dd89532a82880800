#include "fleetsne/sweep/slurm.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/sweep/child.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

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
    jobs_.push_back(before_);
    text_ += fmt::format("job {}: {}\n", before_, what);
  }

  const std::string& text() const { return text_; }
  const std::vector<std::string>& jobs() const { return jobs_; }

 private:
  const SweepConfig& config_;
  const std::vector<std::string>& arguments_;
  std::string before_, text_;
  std::vector<std::string> jobs_;
};

/// Where the numbers of a sweep's jobs stand.
std::string jobs_file(const Plan& plan) {
  return (std::filesystem::path(plan.directory) / "jobs.json").string();
}

/// Two jobs must not make the same row.
void expect_no_jobs(const Plan& plan) {
  std::ifstream file(jobs_file(plan));
  const nlohmann::json kept = file ? nlohmann::json::parse(file, nullptr, false) : nlohmann::json();
  std::vector<std::string> jobs;
  for (const nlohmann::json& job : kept.is_array() ? kept : nlohmann::json::array())
    if (job.is_string()) jobs.push_back(job.get<std::string>());
  if (jobs.empty()) return;
  const Ended queue =
      run_command({"squeue", "--noheader", "--format=%i", "--jobs", fmt::format("{}", fmt::join(jobs, ","))},
                  Output::taken);
  if (queue.output.empty()) return;  // they have ended, or Slurm has forgotten them
  throw base::UsageError(
      fmt::format("the sweep in {} has jobs in Slurm already (two would make the same row). Wait for the "
                  "last, {}, or end "
                  "them: scancel {}",
                  plan.directory, jobs.back(), fmt::join(jobs, " ")));
}

}  // namespace

std::string submit(const Plan& plan, const Work& work, const SweepConfig& config,
                   const std::vector<std::string>& arguments) {
  if (work.rows.empty()) return "";
  expect_no_jobs(plan);
  Submission submission(config, arguments);
  if (!work.neighbors.empty())
    submission.add(Part::neighbors, work.neighbors, fmt::format("{} of neighbours", work.neighbors.size()));
  if (!work.affinities.empty())
    submission.add(Part::affinities, work.affinities,
                   fmt::format("{} of affinities", work.affinities.size()));
  submission.add(Part::rows, work.rows, fmt::format("{} rows of {}", work.rows.size(), plan.rows.size()));
  submission.add(Part::table, {}, "the table");
  std::filesystem::create_directories(plan.directory);
  io::write_text_file(jobs_file(plan), nlohmann::json(submission.jobs()).dump() + "\n");
  return submission.text();
}

}  // namespace fleetsne::sweep
