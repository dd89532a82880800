#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/npy_file.hpp"
#include "fleetsne/io/write.hpp"

namespace fleetsne::io {

void write_npy(const comm::Communicator& comm, const std::string& path, const data::RowDistribution& rows,
               base::MatrixView<const float> values) {
  NpyFile file(comm, path,
               {.element = NpyShape::Element::float32, .rows = rows.total(), .columns = values.columns()});
  comm::agree(comm, [&] { file.write_rows(rows.begin(comm.rank()), values); });
  file.commit();
}

}  // namespace fleetsne::io
