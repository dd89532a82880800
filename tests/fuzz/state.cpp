// State files (checkpoints), and the parts of unfinished searches. The first byte tells what the others are:
// the file itself, or its description and numbers, of which a file with right checksums is made.
#include "fleetsne/io/dataset_digest.hpp"
#include "fleetsne/io/json_file.hpp"
#include "fleetsne/io/part_file.hpp"
#include "fleetsne/io/state_file.hpp"
#include "fleetsne/run/progress_json.hpp"

#include "own_file.hpp"
#include "target.hpp"
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace fleetsne;
using namespace fleetsne::fuzz;

const char* const matrices[] = {"positions", "steps", "gains"};

void read(const std::string& file) {
  expect_done_or_refused([&] { io::verify_state_file(alone(), io::inspect_state_file(alone(), file)); });
  expect_done_or_refused([&] {
    const io::StateHeader header = io::inspect_state_file(alone(), file);
    io::read_state_file(alone(), header, std::vector<std::string>(std::begin(matrices), std::end(matrices)));
  });
  expect_done_or_refused([&] {
    optimize::State state;
    run::read_progress(io::inspect_state_file(alone(), file).about, file, state);
  });
  expect_done_or_refused([&] {
    umap::LayoutState state;
    run::read_progress(io::inspect_state_file(alone(), file).about, file, state);
  });
  expect_done_or_refused([&] { io::verify_part(io::inspect_part(file)); });
}

/// A description that fits the matrices, as far as it is one at all: what comes after their checksums is to
/// be reached, too.
std::string fitting(Bytes text, const std::string& file) {
  std::string described(reinterpret_cast<const char*>(text.data()), text.size());
  if (io::json_depth(described) > io::most_json_depth) return described;
  nlohmann::json json = nlohmann::json::parse(described, nullptr, false);
  if (!json.is_object()) return described;
  json["digests"] = nlohmann::json::object();
  for (const char* name : matrices) {
    const io::MatrixDigest found = io::digest_of_dataset(alone(), file, name);
    json["digests"][name] = io::digest_text(found.digest);
    json["rows"] = found.rows;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string made_of(Parts parts) {
  OwnFile file("state.h5");
  const std::uint8_t format = parts.byte();
  file.attribute(format % 2 == 0 ? "part_format" : "state_format", format % 8 < 2 ? 2 : 1);
  if (parts.byte() % 8 != 0) file.attribute("complete", 1);
  const Bytes description = parts.next();
  for (const char* name : matrices) {
    const std::size_t columns = 1 + parts.byte() % 4;  // before the part, whatever the compiler's order
    file.dataset(name, H5T_IEEE_F32LE, columns, parts.next());
  }
  if (format % 16 < 8) {
    file.description(description);
  } else {
    std::string text(reinterpret_cast<const char*>(description.data()), description.size());
    const std::string closed = file.path();
    expect_done_or_refused([&] { text = fitting(description, closed); });
    file.reopen();
    file.description({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  return file.path();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // As of other HDF5 files (hdf5_input.cpp): those that were mutated byte by byte would test HDF5 itself.
  const bool whole = data[0] % 2 == 0 && std::getenv("FLEETSNE_FUZZ_WHOLE_FILES") != nullptr;
  choose_transfer_limit(size);
  const Bytes rest = Bytes(data, size).subspan(1);
  read(whole ? file_of(rest, "state.h5") : made_of(Parts(rest)));
  return 0;
}
