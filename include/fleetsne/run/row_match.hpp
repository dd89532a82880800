#pragma once

#include "fleetsne/base/log.hpp"
#include "fleetsne/comm/communicator.hpp"
#include "fleetsne/data/labels.hpp"
#include "fleetsne/data/name_join.hpp"
#include "fleetsne/data/numbers.hpp"
#include "fleetsne/data/row_distribution.hpp"
#include "fleetsne/io/input.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleetsne::run {

/// Which rows of a file belong to the rows of the input.
struct RowMatch {
  data::RowDistribution rows;  ///< of the file
  /// For each local row of the input, the row of the file with its name. Without: row i belongs to row i, if
  /// there are as many.
  std::optional<std::vector<base::GlobalIndex>> partners{};
  bool same_names = false;  ///< all rows have names, in the same order
  std::string note{};       ///< for the log, where only one side has names

  bool by_name() const { return partners.has_value(); }
  /// Whether names say that the rows are the same.
  bool is_named() const { return by_name() || same_names; }
  /// This rank's block of the file's rows -> that of the input's. Collective.
  template <class T>
  base::Matrix<T> to_input(const comm::Communicator& comm, base::Matrix<T>&& values) const {
    if (!partners) return std::move(values);
    return data::take_partners<T>(comm, *partners, rows, values.view(), T{});
  }
};

/// This rank's block of the names that rows have in their files.
struct NamesOfRows {
  enum class Known { none, some, all };

  std::string of;  ///< the files, as messages call them
  Known known = Known::none;
  std::vector<std::string> names{};
};

/// Matches the rows of files to those of an input: by name where both have names, else by position. Names in
/// the same order leave everything where it is. An input without names takes those of the first file that is
/// matched to it by position.
class RowMatcher {
 public:
  /// @param inputs  stacked in order; may be empty: rows without names
  /// @param rows    how many they are
  RowMatcher(const comm::Communicator& comm, std::vector<io::RowInput> inputs, base::GlobalIndex rows,
             base::Log& log);

  /// @param what   as messages call the file
  /// @param files  stacked in order; the columns of labels and numbers as io::rows_of_column has them
  /// @return  by position also if there are more or fewer rows, which is for the caller to refuse
  /// @note Collective. Throws InputError on all ranks if there are names and they cannot be joined, with all
  ///       that is wrong with them.
  RowMatch match(const std::string& what, std::span<const io::RowInput> files);

  void say_note(const RowMatch& match) const;
  const data::RowDistribution& rows() const { return rows_; }

 private:
  bool same_order(const NamesOfRows& other) const;
  /// Whether names are the same without the numbers behind them. Collective.
  bool differ_by_suffix(const NamesOfRows& other) const;
  void expect_joined(const data::NameJoin& join, const NamesOfRows& other) const;

  const comm::Communicator& comm_;
  base::Log& log_;
  data::RowDistribution rows_;
  std::vector<io::RowInput> inputs_;
  std::optional<NamesOfRows> names_{};  // read when they are first needed
};

/// Rows whose name is the number of a row of the input, which is what FleetSNE calls rows without names. None
/// if there is not one for every row. Collective.
std::optional<RowMatch> match_numbers(const comm::Communicator& comm, std::span<const io::RowInput> files,
                                      const data::RowDistribution& input);

/// Labels and numbers of the input's rows. Collective; all throw InputError on all ranks.
RowMatch match_labels(const comm::Communicator& comm, RowMatcher& matcher,
                      std::span<const std::string> labels);
data::Labels read_labels(const comm::Communicator& comm, std::span<const std::string> labels,
                         const RowMatch& match);
RowMatch match_values(const comm::Communicator& comm, RowMatcher& matcher, const std::string& values);
data::Numbers read_values(const comm::Communicator& comm, const std::string& values, const RowMatch& match);

}  // namespace fleetsne::run
