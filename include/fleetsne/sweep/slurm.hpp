#pragma once

#include "fleetsne/sweep/config.hpp"
#include "fleetsne/sweep/plan.hpp"
#include "fleetsne/sweep/work.hpp"

#include <string>
#include <vector>

namespace fleetsne::sweep {

/// Throws UsageError if jobs of the sweep that were submitted before have not ended, or if there are more
/// parts than Slurm has numbers for in an array. By one rank alone.
void expect_submittable(const Plan& plan, const Work& work);

/// Hands what there is to do to Slurm: an array of jobs for the neighbours, one for the affinities, one for
/// the rows (SweepConfig::at_once at a time), and a job for the table, each after the one before has ended,
/// however it has. The batch script gets the arguments and --part; a job of an array adds --index.
/// Their numbers are kept in DIR/jobs.json, each as soon as it is known.
/// @return  a line for each, with its job's number
/// By one rank alone. Throws UsageError if sbatch cannot be run or refuses.
std::string submit(const Plan& plan, const Work& work, const SweepConfig& config,
                   const std::vector<std::string>& arguments);

}  // namespace fleetsne::sweep
