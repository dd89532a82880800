#pragma once

#include "fleetsne/io/input.hpp"

namespace fleetsne::io {

/// Lets an input be read with its columns in the order of another input's, where both have names for them and
/// the order differs. Names that only number the columns (PC1, PC2, ... or 0, 1, ...) on both sides say
/// nothing more than their places do. Throws InputError if the names cannot be matched.
void match_columns(const RowInput& other, RowInput& input);

}  // namespace fleetsne::io
