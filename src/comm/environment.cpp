#include "fleetsne/comm/environment.hpp"

#include "fleetsne/comm/patience.hpp"

#include <mpi.h>

#include <array>
#include <csignal>
#include <cstdlib>

namespace fleetsne::comm {
namespace {

/// While it lives, signals that would end this rank, or ask something of it, wait.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t waiting;
    sigemptyset(&waiting);
    for (const int signal : {SIGTERM, SIGUSR1, SIGUSR2}) sigaddset(&waiting, signal);
    pthread_sigmask(SIG_BLOCK, &waiting, &before_);
  }
  ~SignalsWait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Environment::Environment(int& argc, char**& argv) {
  const SignalsWait begins;  // mpirun 4.1 may wait for ever for a rank that a signal ends in here
  int provided = MPI_THREAD_SINGLE;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  if (provided < MPI_THREAD_FUNNELED) abort_all_ranks(EXIT_FAILURE);
}

Environment::~Environment() {
  const Waiting waiting;
  MPI_Finalize();
}

void abort_all_ranks(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

std::string mpi_library_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  MPI_Get_library_version(text.data(), &length);
  const std::string full(text.data(), static_cast<std::size_t>(length));
  return full.substr(0, full.find(','));
}

}  // namespace fleetsne::comm
