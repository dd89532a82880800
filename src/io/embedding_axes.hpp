#pragma once

#include "fleetsne/io/table.hpp"

#include <cstdint>
#include <vector>

namespace fleetsne::io {

/// The columns of a table that are the axes of an embedding: all if they are one or two, else the pair that
/// the header names as such (x and y, tSNE_1 and tSNE_2, UMAP-0 and UMAP-1, ...). Empty if that cannot be
/// said.
std::vector<std::int32_t> find_axes(const TableInspection& table);

}  // namespace fleetsne::io
