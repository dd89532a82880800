#pragma once

#include "fleetsne/io/table.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fleetsne::io {

/// A column as a message names it.
std::string name_of_column(const TableInspection& table, std::int32_t column);

/// The first columns by name, with commas between them.
std::string list_columns(const TableInspection& table, std::size_t max_listed);

/// The text by which find_table_columns finds these columns.
std::string select_columns(const TableInspection& table, std::span<const std::int32_t> columns);

}  // namespace fleetsne::io
