// State files (checkpoints), and the parts of unfinished searches. The first byte tells what the others are:
// the file itself, or its description and numbers, of which a file with right checksums is made.
#include "fleetsne/io/part_file.hpp"
#include "fleetsne/io/state_file.hpp"

#include "own_file.hpp"
#include "target.hpp"

#include <cstdlib>

namespace {

using namespace fleetsne;
using namespace fleetsne::fuzz;

void read(const std::string& file) {
  expect_done_or_refused([&] {
    const io::StateHeader header = io::inspect_state_file(alone(), file);
    const std::string names[] = {"position", "gains"};
    io::read_state_file(alone(), header, names);
  });
  expect_done_or_refused([&] { io::verify_part(io::inspect_part(file)); });
}

std::string made_of(Parts parts) {
  OwnFile file("state.h5");
  const std::uint8_t format = parts.byte();
  file.attribute(format % 2 == 0 ? "part_format" : "state_format", format % 8 < 2 ? 2 : 1);
  if (parts.byte() % 8 != 0) file.attribute("complete", 1);
  file.description(parts.next());
  for (const char* name : {"position", "gains"})
    file.dataset(name, H5T_IEEE_F32LE, 1 + parts.byte() % 4, parts.next());
  return file.path();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // As of other HDF5 files (hdf5_input.cpp): those that were mutated byte by byte would test HDF5 itself.
  if (data[0] % 2 == 0 && std::getenv("FLEETSNE_FUZZ_WHOLE_FILES") == nullptr) return 0;
  choose_transfer_limit(size);
  const Bytes rest = Bytes(data, size).subspan(1);
  read(data[0] % 2 == 0 ? file_of(rest, "state.h5") : made_of(Parts(rest)));
  return 0;
}
