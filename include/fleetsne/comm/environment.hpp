#pragma once

#include <string>

namespace fleetsne::comm {

/// MPI for the life of the process: initialised here, finalised when this goes out of scope.
/// OpenMP threads may run between MPI calls; only the first thread calls MPI (MPI_THREAD_FUNNELED).
class Environment {
 public:
  Environment(int& argc, char**& argv);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
};

/// Ends every rank at once with this exit code. For a failure that the other ranks cannot be told of
/// otherwise.
[[noreturn]] void abort_all_ranks(int exit_code);

/// Name and version of the MPI library.
std::string mpi_library_version();

}  // namespace fleetsne::comm
