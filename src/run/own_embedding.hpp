#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/base/matrix.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/distributed_matrix.hpp"
#include "fleetsne/run/row_match.hpp"

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

/// Reads matrices of one file in the order of the rows that they belong to, this rank's blocks, and compares
/// each of which the file records a checksum with it: rows that another tool has sorted are put back by their
/// names. A file of another tool records none.
/// @param inputs   as io::read_rows takes them, all of the same file and with as many rows as the matcher's
/// @param matcher  of these rows
/// @note Collective. Throws InputError on all ranks.
std::vector<base::Matrix<float>> read_recorded(const comm::Communicator& comm,
                                               std::span<const std::string> inputs, RowMatcher& matcher);

/// Reads an embedding in the order of the rows that it belongs to, as put_in_order does.
/// @note Collective. Throws InputError on all ranks.
data::DistributedMatrix<float> read_embedding(const comm::Communicator& comm, const std::string& input,
                                              const RowMatch& match, const data::RowDistribution& rows,
                                              base::Log& log);

/// Puts the rows of an embedding into the order of the rows that they belong to. Where the file records a
/// checksum that they do not fit, rows without names are put back by their numbers, if that fits it, and
/// what does not fit it in the end is a warning.
/// @param input   what it was read from
/// @param stored  in the order of the file
/// @param match   of its rows to those of the input
/// @param rows    of the input
/// @note Collective. Throws InputError on all ranks.
data::DistributedMatrix<float> put_in_order(const comm::Communicator& comm, const std::string& input,
                                            data::DistributedMatrix<float>&& stored, const RowMatch& match,
                                            const data::RowDistribution& rows, base::Log& log);

/// Warns of an embedding that does not fit the checksum that its file records. Collective.
void warn_if_changed(const comm::Communicator& comm, const std::string& input,
                     const data::DistributedMatrix<float>& stored, base::Log& log);

/// Refuses rows other than those that a file was made of, by the checksum in its record, if there is one. On
/// this rank alone; throws InputError.
/// @param inputs  what the rows were read from, for the message
void expect_made_of(const std::string& file, const nlohmann::json& record, std::uint64_t input_digest,
                    std::span<const std::string> inputs);

}  // namespace fleetsne::run
