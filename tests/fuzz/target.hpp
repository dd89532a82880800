#pragma once

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/communicator.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

/// What the fuzz targets share. A target is one function that must come back from any input, by a return or
/// by an InputError; libFuzzer calls it with inputs that it makes of the corpus, run_corpus.cpp with the
/// corpus.
namespace fleetsne::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// This process alone, MPI initialised once.
const comm::Communicator& alone();

/// Writes the bytes to a file in memory, NAME behind a folder of this process's own. Returns its path.
std::string file_of(Bytes bytes, const std::string& name);

/// Runs `work`; what it refuses with an InputError is as it should be. Any other error ends the process: that
/// memory ran out means that a size was believed, and all else is a bug.
void expect_done_or_refused(const std::function<void()>& work);

/// Small or large pieces for what is read in pieces, as `choice` is even or odd.
void choose_transfer_limit(std::size_t choice);

/// What the readers make of an input, named as a user names it.
void read_rows_of(const std::string& input);
void read_labels_of(const std::string& input);
void read_numbers_of(const std::string& input);
/// All of these.
void read_in_every_way(const std::string& input);

}  // namespace fleetsne::fuzz
