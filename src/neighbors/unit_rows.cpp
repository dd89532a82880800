#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/neighbors/neighbors.hpp"

#include <fmt/format.h>

#include <cmath>

namespace fleetsne::neighbors {

void unit_rows(const comm::Communicator& comm, data::DistributedMatrix<float>& rows) {
  comm::agree(comm, [&] {
    for (std::size_t i = 0; i < rows.local.rows(); ++i) {
      const auto row = rows.local.row(i);
      double squares = 0;
      for (const float x : row) squares += static_cast<double>(x) * static_cast<double>(x);
      if (!(squares > 0)) {
        throw base::InputError(fmt::format(
            "row {} is all zero (it has no direction, which the cosine metric compares). Remove the row, or "
            "use --neighbors.metric euclidean",
            rows.rows.begin(comm.rank()) + static_cast<base::GlobalIndex>(i)));
      }
      const double scale = 1 / std::sqrt(squares);
      for (float& x : row) x = static_cast<float>(static_cast<double>(x) * scale);
    }
  });
}

}  // namespace fleetsne::neighbors
