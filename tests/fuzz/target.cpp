#include "target.hpp"

#include "fleetsne/comm/environment.hpp"
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/label_source.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/transfer_limit.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#ifdef FLEETSNE_FUZZ
/// Open MPI unloads the plugins that it does not use. What these have lost could then not be told from what
/// the readers lose: so they stay, and leaks.txt names them.
extern "C" int dlclose(void* /*library*/) {
  return 0;
}
#endif

namespace fleetsne::fuzz {
namespace {

/// MPI and the folder, for the life of the process. MPI is not finalised: that would unload what its leaks
/// are known by.
struct Process {
  Process() : environment((::setenv("OMPI_MCA_ess_singleton_isolated", "1", 1), no_arguments), no_values) {
    const bool memory = std::filesystem::is_directory("/dev/shm");
    folder = std::string(memory ? "/dev/shm" : "/tmp") + "/fleetsne-fuzz-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) std::abort();
  }

  int no_arguments = 0;
  char** no_values = nullptr;
  comm::Environment environment;
  comm::Communicator self = comm::Communicator::self();
  std::string folder;
};

Process& process() {
  static Process* const the_one = [] {
    auto* const made = new Process;
    std::atexit([] {
      std::error_code ignored;
      std::filesystem::remove_all(process().folder, ignored);
    });
    return made;
  }();
  return *the_one;
}

}  // namespace

const comm::Communicator& alone() {
  return process().self;
}

std::string file_of(Bytes bytes, const std::string& name) {
  std::string path = process().folder + "/" + name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (descriptor < 0 ||
      ::write(descriptor, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    std::fputs("no space for the file that is to be read\n", stderr);
    std::abort();
  }
  ::close(descriptor);
  return path;
}

void expect_done_or_refused(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::input || error.kind() == base::ErrorKind::usage) return;
    std::fprintf(stderr, "not the error of a bad input: %s\n", error.what());
    std::abort();
  }
}

void choose_transfer_limit(std::size_t choice) {
  io::set_transfer_limit(choice % 2 == 0 ? 64 : 4096);
}

void read_rows_of(const std::string& input) {
  expect_done_or_refused([&] { io::read_rows(alone(), std::span(&input, 1)); });
}

void read_labels_of(const std::string& input) {
  expect_done_or_refused([&] {
    const auto rows = data::RowDistribution::balanced(io::inspect_labels(input).count, 1);
    io::read_labels(alone(), std::span(&input, 1), rows);
  });
}

void read_numbers_of(const std::string& input) {
  expect_done_or_refused([&] {
    // As many as the file of the labels says: what is no number is then found by the reader of numbers.
    const auto rows = data::RowDistribution::balanced(io::inspect_labels(input).count, 1);
    io::read_numbers(alone(), input, rows);
  });
}

void read_in_every_way(const std::string& input) {
  read_rows_of(input);
  expect_done_or_refused([&] { io::read_sample(alone(), std::span(&input, 1), 3); });
  read_labels_of(input);
  expect_done_or_refused([&] {
    const auto rows = data::RowDistribution::balanced(io::inspect_rows(input).rows, 1);
    io::read_numbers(alone(), input, rows);
  });
}

}  // namespace fleetsne::fuzz
