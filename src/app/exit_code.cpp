#include "fleetsne/app/program.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/comm/environment.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace fleetsne::app {
namespace {

/// Prints "fleetsne: error: ..." on stderr, in one write, so that lines of several processes do not mix; of a
/// run that has stopped as it was asked to, "fleetsne: stopped: ...".
void print_error(const base::Error& error) {
  const char* what = base::is_stop(error.kind()) ? "stopped" : "error";
  const std::string line = fmt::format("fleetsne: {}: {}\n", what, error.what());
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

/// A failure that the other ranks have not been told of: this rank says it and ends them all.
[[noreturn]] void end_all_ranks(const std::exception_ptr& failure) {
  int exit_code = static_cast<int>(base::ErrorKind::internal);
  try {
    comm::agree_on_failure(comm::Communicator::self(), failure);
  } catch (const comm::AgreedError& described) {
    print_error(described);
    exit_code = described.exit_code();
  }
  comm::abort_all_ranks(exit_code);
}

}  // namespace

int exit_code_of(const comm::Communicator& comm, const std::function<int()>& program) {
  try {
    return program();
  } catch (const comm::AgreedError& error) {
    if (comm.rank() == 0) print_error(error);
    return error.exit_code();
  } catch (...) {
    end_all_ranks(std::current_exception());
  }
}

}  // namespace fleetsne::app
