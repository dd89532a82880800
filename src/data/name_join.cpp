#include "fleetsne/data/name_join.hpp"

#include "fleetsne/data/ask_owners.hpp"
#include "fleetsne/data/texts.hpp"

#include <xxhash.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace fleetsne::data {
namespace {

constexpr GlobalIndex twice = -2;  // travels in place of a partner

/// Positions of names, those of one destination after the other, and how many go to each.
struct Destinations {
  std::vector<std::size_t> order, counts;
};

Destinations by_hash(std::span<const std::string> names, int ranks, NameHash hash) {
  std::vector<std::uint32_t> to(names.size());
  Destinations result{std::vector<std::size_t>(names.size()),
                      std::vector<std::size_t>(static_cast<std::size_t>(ranks), 0)};
  for (std::size_t i = 0; i < names.size(); ++i) {
    to[i] = static_cast<std::uint32_t>((hash(names[i]) >> 32) * static_cast<std::uint64_t>(ranks) >> 32);
    ++result.counts[to[i]];
  }
  std::vector<std::size_t> next(result.counts.size());
  std::exclusive_scan(result.counts.begin(), result.counts.end(), next.begin(), std::size_t{0});
  for (std::size_t i = 0; i < names.size(); ++i) result.order[next[to[i]]++] = i;
  return result;
}

/// Names that arrived, and how many from each rank.
struct Arrived {
  Texts texts;
  std::vector<std::size_t> counts;
};

Arrived send_names(const comm::Communicator& comm, std::span<const std::string> names,
                   const Destinations& destinations) {
  Texts packed;
  for (const std::size_t i : destinations.order) packed.add(names[i]);
  Arrived result;
  result.texts = exchange(comm, packed, destinations.counts, result.counts);
  return result;
}

std::vector<GlobalIndex> send_rows(const comm::Communicator& comm, GlobalIndex begin,
                                   const Destinations& destinations) {
  std::vector<GlobalIndex> rows;
  rows.reserve(destinations.order.size());
  for (const std::size_t i : destinations.order) rows.push_back(begin + static_cast<GlobalIndex>(i));
  return comm.exchange(std::span<const GlobalIndex>(rows), destinations.counts).values;
}

/// For each left name that met here the right row, `none`, or `twice`.
std::vector<GlobalIndex> meet(const std::vector<std::string_view>& left,
                              const std::vector<std::string_view>& right,
                              const std::vector<GlobalIndex>& right_rows, NameHash hash) {
  struct Entry {
    std::int64_t left = 0, right = 0;  // how often the name occurs
    GlobalIndex row = NameJoin::none;
  };
  std::unordered_map<std::string_view, Entry, NameHash> entries(left.size(), hash);
  for (const std::string_view name : left)
    if (!name.empty()) ++entries[name].left;
  for (std::size_t i = 0; i < right.size(); ++i) {
    const auto found = entries.find(right[i]);
    if (found == entries.end()) continue;
    ++found->second.right;
    found->second.row = right_rows[i];
  }
  std::vector<GlobalIndex> result;
  result.reserve(left.size());
  for (const std::string_view name : left) {
    const auto found = entries.find(name);
    const Entry entry = found == entries.end() ? Entry{} : found->second;
    const bool unique = entry.left == 1 && entry.right == 1;
    result.push_back(entry.right == 0 ? NameJoin::none : unique ? entry.row : twice);
  }
  return result;
}

}  // namespace

std::uint64_t hash_of_name(std::string_view name) {
  return XXH3_64bits(name.data(), name.size());
}

NameExamples examples_of(const comm::Communicator& comm, std::span<const std::string> names) {
  NameExamples result;
  result.count = comm.all_reduce(static_cast<GlobalIndex>(names.size()), comm::Reduction::sum);
  result.first = all_gather(comm, names.first(std::min(names.size(), NameExamples::shown)));
  result.first.resize(std::min(result.first.size(), NameExamples::shown));
  return result;
}

NameJoin join_by_name(const comm::Communicator& comm, std::span<const std::string> left,
                      std::span<const std::string> right, GlobalIndex right_begin, NameHash hash) {
  const Destinations of_left = by_hash(left, comm.size(), hash), of_right = by_hash(right, comm.size(), hash);
  const Arrived lefts = send_names(comm, left, of_left), rights = send_names(comm, right, of_right);
  const std::vector<GlobalIndex> right_rows = send_rows(comm, right_begin, of_right);
  const auto met = meet(lefts.texts.views(), rights.texts.views(), right_rows, hash);
  const auto answers = comm.exchange(std::span<const GlobalIndex>(met), lefts.counts).values;

  NameJoin result;
  result.partners.resize(left.size());
  for (std::size_t i = 0; i < answers.size(); ++i) result.partners[of_left.order[i]] = answers[i];
  std::vector<std::string> alone, ambiguous;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (result.partners[i] >= 0) continue;
    (result.partners[i] == twice ? ambiguous : alone).push_back(left[i]);
    result.partners[i] = NameJoin::none;
  }
  result.alone = examples_of(comm, alone);
  result.ambiguous = examples_of(comm, ambiguous);
  return result;
}

template <class T>
base::Matrix<T> take_partners(const comm::Communicator& comm, std::span<const GlobalIndex> partners,
                              const RowDistribution& right, base::MatrixView<const T> values, T missing) {
  std::vector<GlobalIndex> rows;
  for (const GlobalIndex partner : partners)
    if (partner != NameJoin::none) rows.push_back(partner);
  const std::size_t columns = values.columns();
  const auto found = ask_owners<T>(
      comm, right, std::span<const GlobalIndex>(rows), columns,
      [&](std::size_t row, std::span<T> out) { std::ranges::copy(values.row(row), out.begin()); });
  base::Matrix<T> result(partners.size(), columns, values.stride());
  std::size_t next = 0;
  for (std::size_t i = 0; i < partners.size(); ++i) {
    if (partners[i] == NameJoin::none)
      std::ranges::fill(result.row(i), missing);
    else
      std::ranges::copy(std::span(found).subspan(columns * next++, columns), result.row(i).begin());
  }
  return result;
}

template base::Matrix<float> take_partners(const comm::Communicator&, std::span<const GlobalIndex>,
                                           const RowDistribution&, base::MatrixView<const float>, float);
template base::Matrix<double> take_partners(const comm::Communicator&, std::span<const GlobalIndex>,
                                            const RowDistribution&, base::MatrixView<const double>, double);
template base::Matrix<std::int32_t> take_partners(const comm::Communicator&, std::span<const GlobalIndex>,
                                                  const RowDistribution&,
                                                  base::MatrixView<const std::int32_t>, std::int32_t);

}  // namespace fleetsne::data
