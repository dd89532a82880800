#pragma once

#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/row_distribution.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

namespace fleetsne::data {

/// What the owners of some rows know of them, `width` elements of each, in the order of `wanted`.
/// @param wanted  global rows, in any order, repeated or not
/// @param tell    tell(local row, out): writes what this rank knows of one of its rows
/// @note Collective.
template <class T, class Tell>
std::vector<T> ask_owners(const comm::Communicator& comm, const data::RowDistribution& rows,
                          std::span<const base::GlobalIndex> wanted, std::size_t width, Tell&& tell) {
  std::vector<std::size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return wanted[a] != wanted[b] ? wanted[a] < wanted[b] : a < b;
  });
  std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
  std::vector<base::GlobalIndex> questions;
  for (const std::size_t i : order) {
    questions.push_back(wanted[i]);
    ++counts[static_cast<std::size_t>(rows.owner(wanted[i]))];
  }
  const auto asked = comm.exchange(std::span<const base::GlobalIndex>(questions), counts);
  std::vector<T> answers(asked.values.size() * width);
  for (std::size_t i = 0; i < asked.values.size(); ++i)
    tell(static_cast<std::size_t>(asked.values[i] - rows.begin(comm.rank())),
         std::span(answers).subspan(i * width, width));
  const auto told = comm.exchange_rows(std::span<const T>(answers), width, asked.counts).values;
  std::vector<T> result(wanted.size() * width);
  for (std::size_t i = 0; i < order.size(); ++i)
    std::copy_n(told.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                result.begin() + static_cast<std::ptrdiff_t>(order[i] * width));
  return result;
}

}  // namespace fleetsne::data
