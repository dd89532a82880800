#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// An embedding.h5ad that `fleetsne embed` wrote, read back and compared with what was recorded in it.
namespace fleetsne::run {

/// What a file records of the t-SNE run that wrote it; an empty object for a file of another tool. On this
/// rank alone; throws InputError.
nlohmann::json record_of(const std::string& file);

/// Reads matrices of one file as they are stored, this rank's blocks of RowDistribution::balanced, and
/// compares each of which the file records a checksum with it. A file of another tool records none.
/// @param inputs  as io::read_rows takes them, all of the same file
/// @note Collective. Throws InputError on all ranks.
std::vector<data::DistributedMatrix<float>> read_recorded(const comm::Communicator& comm,
                                                          std::span<const std::string> inputs);

/// Refuses rows other than those that a file was made of, by the checksum in its record, if there is one. On
/// this rank alone; throws InputError.
/// @param inputs  what the rows were read from, for the message
void expect_made_of(const std::string& file, const nlohmann::json& record, std::uint64_t input_digest,
                    std::span<const std::string> inputs);

}  // namespace fleetsne::run
