#include "fleetsne/sweep/child.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/run/launch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <utility>

namespace fleetsne::sweep {
namespace {

constexpr int no_such_program = 127;

volatile std::sig_atomic_t child = 0, stop_came = 0, remembers = 0;

void pass_on(int signal) {
  const int saved = errno;
  if (signal != SIGUSR1 && remembers != 0) stop_came = signal;
  if (child > 0) kill(child, signal == SIGTERM ? SIGUSR2 : signal);
  errno = saved;
}

struct sigaction passing_on() {
  struct sigaction action {};
  action.sa_handler = pass_on;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return action;
}

/// Signals of a user are the child's while this lives.
class PassOn {
 public:
  explicit PassOn(pid_t process) {
    child = process;
    const struct sigaction action = passing_on();
    for (std::size_t s = 0; s < signals.size(); ++s) sigaction(signals[s], &action, &before_[s]);
    if (stop_came != 0) kill(process, SIGUSR2);  // it came before there was a process to pass it on to
  }
  ~PassOn() {
    for (std::size_t s = 0; s < signals.size(); ++s) sigaction(signals[s], &before_[s], nullptr);
    child = 0;
  }
  PassOn(const PassOn&) = delete;
  PassOn& operator=(const PassOn&) = delete;

 private:
  static constexpr std::array signals{SIGUSR1, SIGUSR2, SIGTERM};
  std::array<struct sigaction, 3> before_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// A pipe of which neither end reaches a command by itself.
struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      throw base::IoError(
          fmt::format("no command can be run ({}). Close some programs", std::strerror(errno)));
  }
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_writing_end() { close(std::exchange(ends[1], -1)); }
};

std::string read_all(int from) {
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t got = read(from, part.data(), part.size());
    if (got > 0) text.append(part.data(), static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) return text;
  }
}

int wait_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? by_signal + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Ended run_command(const std::vector<std::string>& words, Output output) {
  std::vector<std::string> arguments = words, environment = run::first_environment();
  Pipe pipe;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output == Output::taken ? pipe.ends[1] : STDERR_FILENO,
                                   STDOUT_FILENO);
  pid_t process = 0;
  const int error = posix_spawnp(&process, arguments.front().c_str(), &actions, nullptr,
                                 pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT || error == EACCES) return {.exit_code = no_such_program, .output = {}};
  if (error != 0)
    throw base::IoError(
        fmt::format("{} cannot be run ({}). Close some programs", words.front(), std::strerror(error)));
  const PassOn signals(process);
  pipe.close_writing_end();
  Ended ended;
  if (output == Output::taken) ended.output = read_all(pipe.ends[0]);
  ended.exit_code = wait_for(process);
  return ended;
}

void remember_stops() {
  remembers = 1;
  const struct sigaction action = passing_on();
  for (const int signal : {SIGUSR2, SIGTERM}) sigaction(signal, &action, nullptr);
}

int stop_signal() {
  return stop_came;
}

std::string own_program() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

}  // namespace fleetsne::sweep
