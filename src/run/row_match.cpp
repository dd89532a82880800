#include "fleetsne/run/row_match.hpp"

#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/label_source.hpp"
#include "fleetsne/io/read.hpp"
#include "fleetsne/io/row_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace fleetsne::run {
namespace {

using base::GlobalIndex;
using Known = NamesOfRows::Known;

GlobalIndex rows_of(std::span<const io::RowInput> files) {
  GlobalIndex rows = 0;
  for (const io::RowInput& file : files) rows += file.rows;
  return rows;
}

std::string names_of(std::span<const io::RowInput> files) {
  std::vector<std::string> paths;
  for (const io::RowInput& file : files) paths.push_back(file.location.path);
  return fmt::format("{}", fmt::join(paths, " + "));
}

std::string listed(const data::NameExamples& names) {
  const bool more = names.count > static_cast<GlobalIndex>(names.first.size());
  return fmt::format("{}{}", fmt::join(names.first, ", "), more ? ", ..." : "");
}

/// Whether names are nothing but what stands in for them: the numbers of the rows, in the stack or each file.
bool are_row_numbers(std::span<const io::RowInput> files, GlobalIndex begin,
                     std::span<const std::string> names) {
  std::size_t file = 0;
  GlobalIndex file_begin = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const GlobalIndex row = begin + static_cast<GlobalIndex>(i);
    while (row >= file_begin + files[file].rows) file_begin += files[file++].rows;
    if (names[i] != std::to_string(row) && names[i] != std::to_string(row - file_begin)) return false;
  }
  return true;
}

std::vector<std::string> row_numbers(GlobalIndex begin, GlobalIndex end) {
  std::vector<std::string> result;
  for (GlobalIndex row = begin; row < end; ++row) result.push_back(std::to_string(row));
  return result;
}

/// How long a name is without the numbers that tools put behind it, as in AAAC-1, AAAC-1-0 and AAAC_2.
std::size_t length_of_stem(std::string_view name) {
  for (;;) {
    const std::size_t digits = name.find_last_not_of("0123456789") + 1;
    const bool numbered =
        digits > 1 && digits < name.size() && (name[digits - 1] == '-' || name[digits - 1] == '_');
    if (!numbered) return name.size();
    name = name.substr(0, digits - 1);
  }
}

bool on_all_ranks(const comm::Communicator& comm, bool here) {
  return comm.all_reduce(here ? 1 : 0, comm::Reduction::min) != 0;
}

/// Collective; throws InputError on all ranks.
NamesOfRows read_names(const comm::Communicator& comm, std::string of, std::span<const io::RowInput> files,
                       const data::RowDistribution& rows) {
  NamesOfRows result{std::move(of)};
  const GlobalIndex begin = rows.begin(comm.rank()), end = rows.end(comm.rank());
  const GlobalIndex named = comm::agree(comm, [&] {
    const io::RowNames names(files);
    if (names.named_rows() > 0) result.names = names.read(begin, end - begin);
    return names.named_rows();
  });
  if (named == 0 || on_all_ranks(comm, are_row_numbers(files, begin, result.names)))
    result.names.clear();
  else
    result.known = named == rows.total() ? Known::all : Known::some;
  return result;
}

}  // namespace

RowMatcher::RowMatcher(const comm::Communicator& comm, std::vector<io::RowInput> inputs, GlobalIndex rows,
                       base::Log& log)
    : comm_(comm),
      log_(log),
      rows_(data::RowDistribution::balanced(rows, comm.size())),
      inputs_(std::move(inputs)) {}

bool RowMatcher::same_order(const NamesOfRows& other) const {
  return on_all_ranks(comm_, names_->names == other.names);
}

bool RowMatcher::differ_by_suffix(const NamesOfRows& other) const {
  const auto stems = [](std::vector<std::string> names) {
    for (std::string& name : names) name.resize(length_of_stem(name));
    return names;
  };
  return data::join_by_name(comm_, stems(names_->names), stems(other.names), 0).complete();
}

void RowMatcher::expect_joined(const data::NameJoin& join, const NamesOfRows& other) const {
  std::string problems;
  const auto add = [&](const std::string& problem) { problems += (problems.empty() ? "" : "\n") + problem; };
  if (join.alone.count == rows_.total()) {
    const data::NameExamples others = data::examples_of(comm_, other.names);
    add(
        fmt::format("{} and {} have no row name in common ({} here, {} there, so their rows cannot be "
                    "matched). {}",
                    names_->of, other.of, listed(join.alone), listed(others),
                    differ_by_suffix(other)
                        ? "They differ only by the number at the end: write the names alike in both"
                        : "Give both the same names, or one of them without names (as .npy) to match row by "
                          "row"));
  } else if (join.alone.count > 0) {
    add(fmt::format(
        "{} has no row for {} of {} rows of {} ({}; each row needs one). Name a file that has all "
        "of them",
        other.of, join.alone.count, rows_.total(), names_->of, listed(join.alone)));
  }
  if (join.ambiguous.count > 0)
    add(fmt::format(
        "{} of {} rows of {} cannot be matched with {}: their names occur more than once ({}), and the "
        "rows are not the same ones in the same order. Make the names unique in both, or give the same rows "
        "in "
        "the same order",
        join.ambiguous.count, rows_.total(), names_->of, other.of, listed(join.ambiguous)));
  comm::agree(comm_, [&] {
    if (!problems.empty()) throw base::InputError(problems);
  });
}

RowMatch RowMatcher::match(const std::string& what, std::span<const io::RowInput> files) {
  RowMatch result{data::RowDistribution::balanced(rows_of(files), comm_.size())};
  const bool as_many = result.rows.total() == rows_.total();
  if (!names_) names_ = read_names(comm_, inputs_.empty() ? "the input" : names_of(inputs_), inputs_, rows_);
  NamesOfRows other = read_names(comm_, what, files, result.rows);
  if (names_->known == Known::none || other.known == Known::none) {
    if (names_->known != other.known)
      result.note = fmt::format("{} is matched to {} by row number (the rows of {} have no names)", other.of,
                                names_->of, names_->known == Known::none ? names_->of : other.of);
    if (as_many && other.known == Known::all) names_ = std::move(other);
    return result;
  }
  if (as_many && same_order(other)) {
    result.same_names = names_->known == Known::all;
    return result;
  }
  if (names_->known == Known::some || other.known == Known::some) {
    log_.warn(
        fmt::format("{} is matched to {} by row number: some rows have no names, and the names of others "
                    "differ. If the order differs, name all rows",
                    what, names_->of));
    return result;
  }
  data::NameJoin joined =
      data::join_by_name(comm_, names_->names, other.names, result.rows.begin(comm_.rank()));
  expect_joined(joined, other);
  const GlobalIndex rows = rows_.total(), found = result.rows.total();
  log_.info_once(fmt::format("{} is matched by name: {} of {} rows{}", what, rows, rows,
                             found == rows ? "" : fmt::format(" (it has {})", found)));
  result.partners = std::move(joined.partners);
  return result;
}

void RowMatcher::say_note(const RowMatch& match) const {
  if (!match.note.empty()) log_.info_once(match.note);
}

std::optional<RowMatch> match_numbers(const comm::Communicator& comm, std::span<const io::RowInput> files,
                                      const data::RowDistribution& input) {
  RowMatch result{data::RowDistribution::balanced(rows_of(files), comm.size())};
  if (result.rows != input) return std::nullopt;
  const NamesOfRows other = read_names(comm, names_of(files), files, result.rows);
  if (other.known != Known::all) return std::nullopt;
  const std::vector<std::string> numbers = row_numbers(input.begin(comm.rank()), input.end(comm.rank()));
  data::NameJoin joined = data::join_by_name(comm, numbers, other.names, result.rows.begin(comm.rank()));
  if (!joined.complete()) return std::nullopt;
  result.partners = std::move(joined.partners);
  return result;
}

RowMatch match_labels(const comm::Communicator& comm, RowMatcher& matcher,
                      std::span<const std::string> labels) {
  const auto sources = io::inspect_all_labels(comm, labels, {});
  std::vector<io::RowInput> columns;
  for (const io::LabelSource& source : sources)
    columns.push_back(io::rows_of_column(source.location, source.format, source.count, source.table));
  RowMatch result = matcher.match(fmt::format("{}", fmt::join(labels, " + ")), columns);
  if (!result.by_name()) io::inspect_all_labels(comm, labels, matcher.rows().total());
  matcher.say_note(result);
  return result;
}

data::Labels read_labels(const comm::Communicator& comm, std::span<const std::string> labels,
                         const RowMatch& match) {
  data::Labels result = io::read_labels(comm, labels, match.rows);
  base::Matrix<std::int32_t> codes(result.codes.size(), 1);
  std::ranges::copy(result.codes, codes.elements().begin());
  const auto matched = match.to_input<std::int32_t>(comm, std::move(codes));
  result.codes.assign(matched.elements().begin(), matched.elements().end());
  return result;
}

RowMatch match_values(const comm::Communicator& comm, RowMatcher& matcher, const std::string& values) {
  const io::RowInput column = io::rows_of_numbers(comm, values);
  RowMatch result = matcher.match(values, std::span(&column, 1));
  // As many as rows are expected of what is read by position.
  if (!result.by_name()) result.rows = matcher.rows();
  matcher.say_note(result);
  return result;
}

data::Numbers read_values(const comm::Communicator& comm, const std::string& values, const RowMatch& match) {
  data::Numbers result = io::read_numbers(comm, values, match.rows);
  base::Matrix<double> column(result.values.size(), 1);
  std::ranges::copy(result.values, column.elements().begin());
  const auto matched = match.to_input<double>(comm, std::move(column));
  result.values.assign(matched.elements().begin(), matched.elements().end());
  return result;
}

}  // namespace fleetsne::run
