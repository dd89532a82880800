#pragma once

#include <cstddef>

namespace fleetsne::search {

/// |a - b|^2 over `columns` elements, a multiple of base::row_padding (padding is zero, so it adds nothing).
/// Lanes and the order of their sum are fixed and there is one compiled copy: the same two rows give the same
/// bits in every rank, thread and caller, and either way round. Needs no alignment.
float squared_distance(const float* a, const float* b, std::size_t columns);

}  // namespace fleetsne::search
