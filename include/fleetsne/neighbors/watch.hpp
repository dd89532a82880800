#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace fleetsne::neighbors {

/// A piece of this rank's memory: some of what a search has found so far stands in it.
struct Part {
  std::string name;
  std::span<std::byte> bytes;
};

/// What watches a search, and what it goes on from.
struct Watch {
  /// Called on every rank now and then, without communication, by the first thread: what this rank alone
  /// wants to tell all, 0 or more. None: nobody looks, and the rest is not used but `earlier`.
  std::function<int()> wish{};
  /// The same, asked once when every list is as complete as it gets. None: `wish`.
  std::function<int()> last_wish{};
  /// Called on all ranks, soon after any of them had a wish (the largest is told), with all that it takes to
  /// go on from here on the same ranks: parts that stay where they are until it returns. It may communicate.
  /// What it throws (on all ranks) ends the search.
  std::function<void(int wish, std::span<const Part> parts)> see{};
  /// Fills parts with what stood in them, by name, when an earlier search of the same rows by the same config
  /// on as many ranks was seen; throws if it cannot. First called for `numbers` alone, which tells the sizes
  /// of others. None: the search begins at its beginning.
  std::function<void(std::span<const Part> parts)> earlier{};
  double pace = 0.05;  ///< seconds between two looks at the wishes
};

}  // namespace fleetsne::neighbors
