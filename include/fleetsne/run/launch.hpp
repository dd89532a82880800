#pragma once

#include <string>
#include <vector>

namespace fleetsne::run {

/// The environment that this process was started with, as "NAME=VALUE": MPI adds to it when it begins.
std::vector<std::string> first_environment();

/// Whether mpirun or srun started this process, of any MPI.
/// @param environment  of first_environment
bool started_by_launcher(const std::vector<std::string>& environment);

/// Throws UsageError if a launcher says that it started several processes, of which MPI knows one only: by
/// the mpirun of another MPI, or by srun without PMIx. All of them would do the same work and write the same
/// output.
/// @param environment  of first_environment
/// @param ranks        in the world
/// @param library      the MPI that this program was built with
void expect_own_launcher(const std::vector<std::string>& environment, int ranks, const std::string& library);

}  // namespace fleetsne::run
