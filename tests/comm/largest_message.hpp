#pragma once

#include <cstddef>

/// What the comm room hands to MPI, looked at on the way through MPI's profiling interface: this test binary
/// has its own MPI_Bcast and so on, which count and call PMPI_Bcast.
namespace fleetsne::comm::testing {

/// Bytes of the largest message since the last reset; of a collective what one rank gives to, or gets from,
/// one other.
std::size_t largest_message();
/// How many messages there were.
std::size_t message_count();
void reset_messages();

}  // namespace fleetsne::comm::testing
