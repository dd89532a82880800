#pragma once

#include "fleetsne/neighbors/watch.hpp"

#include <span>
#include <utility>
#include <vector>

namespace fleetsne::neighbors {

using Parts = std::vector<Part>;

/// A part that is all elements of a vector or span.
template <class Elements>
Part part_of(std::string name, Elements&& elements) {
  return {std::move(name), std::as_writable_bytes(std::span(elements))};
}

}  // namespace fleetsne::neighbors
