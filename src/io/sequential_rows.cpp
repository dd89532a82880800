#include "sequential_rows.hpp"

namespace fleetsne::io {

SequentialRows::SequentialRows(const RowInput& input)
    : input_(input), stream_(ByteStream::open(input.location.path)) {
  if (input.format == Format::table)
    table_.emplace(*stream_, input.table, TableSelection{.columns = input.column_order});
}

void SequentialRows::read(base::GlobalIndex first, base::MatrixView<double> out) {
  if (table_) return table_->read(first, out);
  read_array_rows(*stream_, input_.layout, first, out);
}

}  // namespace fleetsne::io
