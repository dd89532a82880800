#pragma once

#include <string>
#include <vector>

namespace fleetsne::sweep {

/// Exit code of a command that a signal ended, less the signal; the shell's and mpirun's, too.
inline constexpr int by_signal = 128;

/// How a command ended.
struct Ended {
  int exit_code = 0;   ///< by_signal + the signal if one ended it, 127 if there is no such program
  std::string output;  ///< its standard output, if that was wanted
};

enum class Output {
  to_stderr,  ///< goes where this program's errors go
  taken,
};

/// Runs a command in the environment that this program was started with, without what MPI has put there
/// since, and waits for its end. SIGUSR1, SIGUSR2 and SIGTERM are passed on to it meanwhile, the latter as
/// SIGUSR2, which mpirun passes on at once. By one rank alone, without another in the job. Throws IoError if
/// it cannot be started for want of resources.
Ended run_command(const std::vector<std::string>& words, Output output);

/// From now on, to the end of the process, SIGUSR2 and SIGTERM do not end it: they are remembered, and passed
/// on to a command that runs then or is run later.
void remember_stops();

/// The signal that has come since remember_stops(), or 0.
int stop_signal();

/// The path of this program.
std::string own_program();

/// The words of a text, at blanks.
std::vector<std::string> words_of(const std::string& text);

}  // namespace fleetsne::sweep
