#include "fleetsne/sweep/slurm.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/io/json_file.hpp"
#include "fleetsne/io/write.hpp"
#include "fleetsne/sweep/child.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <regex>

namespace fleetsne::sweep {
namespace {

/// Where the numbers of a sweep's jobs stand.
std::string jobs_file(const Plan& plan) {
  return (std::filesystem::path(plan.directory) / "jobs.json").string();
}

/// Submits jobs that wait for each other.
class Submission {
 public:
  Submission(const Plan& plan, const SweepConfig& config, const std::vector<std::string>& arguments)
      : plan_(plan), config_(config), arguments_(arguments) {}

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
      throw base::UsageError(fmt::format(
          "sbatch has not taken the {} (exit code {}, see its words above). Check {}, "
          "--submit-options, and that this machine may submit jobs{}",
          what, ended.exit_code, config_.submit,
          jobs_.empty() ? "" : fmt::format("; end those before: scancel {}", fmt::join(jobs_, " "))));
    before_ = ended.output.substr(0, ended.output.find_first_of(";\n"));  // the job, without its cluster
    jobs_.push_back(before_);
    // At once: if the next is refused, this one is known.
    io::write_text_file(jobs_file(plan_), nlohmann::json(jobs_).dump() + "\n");
    text_ += fmt::format("job {}: {}\n", before_, what);
  }

  const std::string& text() const { return text_; }

 private:
  const Plan& plan_;
  const SweepConfig& config_;
  const std::vector<std::string>& arguments_;
  std::string before_, text_;
  std::vector<std::string> jobs_;
};

/// Two jobs must not make the same row.
void expect_no_jobs(const Plan& plan) {
  const nlohmann::json kept = io::read_json(jobs_file(plan));
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

/// The first number that no job of an array can have; none if Slurm does not say.
std::optional<std::size_t> array_limit() {
  const std::string settings = run_command({"scontrol", "show", "config"}, Output::taken).output;
  std::smatch found;
  if (!std::regex_search(settings, found, std::regex(R"(MaxArraySize\s*=\s*(\d{1,9})\b)")))
    return std::nullopt;
  return std::stoull(found[1].str());
}

/// A job of an array has the number of its part.
void expect_numbers_fit(const Work& work) {
  std::size_t most = 0;
  for (const auto* parts : {&work.neighbors, &work.affinities, &work.rows})
    for (const std::size_t part : *parts) most = std::max(most, part);
  const std::optional<std::size_t> limit = array_limit();
  if (!limit || most < *limit) return;
  throw base::UsageError(fmt::format(
      "the sweep has a part of number {} (arrays of this Slurm have numbers below {}, its MaxArraySize). "
      "Divide "
      "the rows among several files, each with an --output of its own, or run the sweep as one job: sbatch "
      "jobs/sweep.sbatch FILE --output DIR",
      most, *limit));
}

}  // namespace

void expect_submittable(const Plan& plan, const Work& work) {
  if (work.rows.empty()) return;
  expect_no_jobs(plan);
  expect_numbers_fit(work);
}

std::string submit(const Plan& plan, const Work& work, const SweepConfig& config,
                   const std::vector<std::string>& arguments) {
  if (work.rows.empty()) return "";
  std::filesystem::create_directories(plan.directory);
  Submission submission(plan, config, arguments);
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
