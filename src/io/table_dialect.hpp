#pragma once

#include "fleetsne/io/table.hpp"

#include "table_lines.hpp"

#include <span>
#include <string>

namespace fleetsne::io {

/// Decides how a table stands by its first lines, all of them together: separator, decimal commas, header and
/// names of rows. Rows are not counted, and what is found is not yet put into words.
/// @param lines     at least one
/// @param declared  the separator that the file declares, or 0
/// Throws InputError if the header fits no row.
TableInspection decide_dialect(const std::string& path, std::span<const SampleLine> lines, char declared);

}  // namespace fleetsne::io
