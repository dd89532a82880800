// One rank of many that a launcher of another MPI started is refused; one that runs alone is not.
#include "fleetsne/run/launch.hpp"

#include "fleetsne/base/error.hpp"

#include <gmock/gmock.h>

namespace fleetsne::run {
namespace {

using Environment = std::vector<std::string>;

std::string refusal(const Environment& environment, int ranks = 1) {
  try {
    expect_own_launcher(environment, ranks, "Open MPI v4.1.4");
  } catch (const base::UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(Launch, BySomeoneElseIsRefused) {
  for (const char* variable : {"PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS", "MV2_COMM_WORLD_SIZE",
                               "SLURM_STEP_NUM_TASKS"}) {
    const std::string text = refusal({"HOME=/", std::string(variable) + "=4"});
    EXPECT_THAT(text, testing::HasSubstr(std::string(variable) + " is 4"));
    EXPECT_THAT(text, testing::HasSubstr("Open MPI v4.1.4"));
    EXPECT_THAT(text, testing::HasSubstr("srun --mpi=pmix"));
    EXPECT_EQ(refusal({std::string(variable) + "=4"}, 4), "") << "MPI knows of them";
  }
}

TEST(Launch, IsSeenForEveryMpi) {
  for (const char* variable :
       {"OMPI_COMM_WORLD_SIZE=1", "PMIX_RANK=0", "PMI_RANK=0", "PMI_SIZE=1", "SLURM_STEP_NUM_TASKS=1"})
    EXPECT_TRUE(started_by_launcher({"HOME=/", variable})) << variable;
  EXPECT_FALSE(started_by_launcher({"HOME=/", "SLURM_NTASKS=4", "PMI_SIZE_HINT=4"}));
}

TEST(Launch, AloneIsFine) {
  EXPECT_EQ(refusal({"HOME=/"}), "");
  EXPECT_EQ(refusal({"SLURM_NTASKS=4", "SLURM_PROCID=0", "SLURM_JOB_ID=5"}), "") << "in a batch script";
  EXPECT_EQ(refusal({"SLURM_NTASKS=4", "SLURM_STEP_ID=0", "SLURM_STEP_NUM_TASKS=1"}), "") << "srun -n 1";
  EXPECT_EQ(refusal({"SLURM_STEP_NUM_TASKS=4", "OMPI_COMM_WORLD_SIZE=1"}), "") << "mpirun -n 1 in a step";
  EXPECT_EQ(refusal({"PMI_SIZE_HINT=4", "PMI_SIZE="}), "");
}

}  // namespace
}  // namespace fleetsne::run
