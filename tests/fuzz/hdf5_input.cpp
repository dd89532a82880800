// HDF5 files of rows, labels and neighbours. The first byte tells what is read of it, and whether the others
// are the file or the recipe of one.
#include "fleetsne/io/input.hpp"
#include "fleetsne/io/neighbor_file.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/read_scalars.hpp"
#include "fleetsne/io/row_names.hpp"

#include "recipe.hpp"
#include "target.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace fleetsne;
using namespace fleetsne::fuzz;

/// As a run does: what the survey refuses is not read.
void read_neighbors(const std::string& file) {
  expect_done_or_refused([&] {
    const io::NeighborFiles files{file, ""};
    const auto header = io::inspect_neighbors(alone(), files);
    const io::NeighborSurvey survey = io::survey_neighbors(alone(), files);
    const int first = survey.counts_from_one(header.rows) ? 1 : 0;
    const std::size_t count = std::min<std::size_t>(3, survey.fewest[static_cast<std::size_t>(first)]);
    if (count == 0) return;
    const io::NeighborReading reading{
        .first_index = first, .squared = [](std::size_t, float distance) { return distance * distance; }};
    const auto rows = data::RowDistribution::balanced(header.rows, 1);
    base::Log log;
    io::read_neighbors(alone(), files, data::Permutation::identity(rows, 0), reading, count, log);
  });
}

void read_names_and_values(const std::string& file) {
  expect_done_or_refused([&] {
    const io::RowInput input = io::inspect_rows(file);
    base::Log log;
    io::expect_row_names(alone(), std::span(&input, 1), log);
  });
  expect_done_or_refused([&] { io::embedding_inputs(alone(), std::span(&file, 1)); });
  expect_done_or_refused([&] { io::find_texts(file, "uns/text"); });
  expect_done_or_refused([&] { io::find_scalar(file, "uns/number"); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // Files that were mutated byte by byte make HDF5 1.10.8 itself write beyond its memory, or wait for ever:
  // the corpus has whole files, the fuzzer makes them of recipes only, unless it is told otherwise.
  const bool whole = data[0] < 100 && std::getenv("FLEETSNE_FUZZ_WHOLE_FILES") != nullptr;
  choose_transfer_limit(size);
  const unsigned what = data[0] % 10;
  const char* const name = what < 5 ? "a.hdf5" : "a.h5ad";
  const Bytes rest = Bytes(data, size).subspan(1);
  const std::string file = whole ? file_of(rest, name) : file_of_recipe(rest, name);
  switch (what) {
    case 0:
      read_rows_of(file);
      break;
    case 1:
      read_rows_of(file + ":test");
      break;
    case 2:
      read_numbers_of(file + ":neighbors");
      break;
    case 3:
    case 4:
      read_neighbors(file);
      break;
    case 5:
      read_rows_of(file);
      break;
    case 6:
      read_labels_of(file + ":obs/cluster");
      break;
    case 7:
      read_labels_of(file + ":obs/name");
      break;
    case 8:
      read_labels_of(file + ":obs/maybe");
      read_numbers_of(file + ":obs/maybe");
      break;
    default:
      read_names_and_values(file);
  }
  return 0;
}
