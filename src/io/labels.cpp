#include "fleetsne/base/error.hpp"
#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/label_source.hpp"
#include "fleetsne/io/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <vector>

namespace fleetsne::io {
namespace {

[[noreturn]] void refuse_times(const std::string& name) {
  throw base::InputError(fmt::format(
      "{} holds times (labels are integers, booleans or names). Color a picture by them with plot --values",
      name));
}

/// Numbers are labels if they are whole.
ColumnKind kind_of_labels(const Column& column) {
  return column.kind == ColumnKind::numbers ? ColumnKind::integers : column.kind;
}

void inspect_array_labels(LabelSource& source) {
  const std::string& path = source.location.path;
  if (!source.location.dataset.empty()) {
    throw base::InputError(
        fmt::format("{} has no datasets in it, but {} was requested (only HDF5 and AnnData files have some). "
                    "Name the file alone",
                    path, source.location.dataset));
  }
  const auto stream = ByteStream::open(path);
  source.layout = read_array_header(*stream, source.format);
  if (source.layout.columns != 1) {
    throw base::InputError(
        fmt::format("{} has {} x {} labels (one for each row is needed). Give a file with one column", path,
                    source.layout.rows, source.layout.columns));
  }
  if (source.layout.time) refuse_times(path);
  source.kind = source.layout.type.is_text() ? ColumnKind::texts : ColumnKind::integers;
  source.count = source.layout.rows;
}

void inspect_table_labels(LabelSource& source) {
  const std::string& path = source.location.path;
  const TableInspection table = inspect_table(*ByteStream::open(path));
  source.column = find_column_of_values(table, path, source.location.dataset, "labels");
  if (source.column != names_of_rows && !table.column_names.empty())
    source.location.dataset = table.column_names[static_cast<std::size_t>(source.column)];
  source.table = table.layout;
  source.of_numbers = source.column != names_of_rows &&
                      std::ranges::find(table.text_columns, source.column) == table.text_columns.end();
  source.kind = ColumnKind::texts;  // integers are put in their order when categories are merged
  source.count = table.layout.rows;
}

void inspect_stored_labels(LabelSource& source) {
  const std::string& path = source.location.path;
  const std::string& name = source.location.dataset;
  const Column column = find_column(*Store::open(path), name, "labels");
  if (column.kind == ColumnKind::times) refuse_times(path + ":" + name);
  if (column.categories.size() > most_categories)
    throw base::InputError(fmt::format("{} has {} categories of labels (more than {}). Name another column",
                                       path, column.categories.size(), most_categories));
  source.kind = kind_of_labels(column);
  source.count = column.count;
}

struct LabelFacts {
  Format format;
  ColumnKind kind;
  std::int64_t count;
  ArrayLayout layout;
  TableLayout table;
  std::int32_t column;
  bool of_numbers;
};

LabelSource broadcast(const comm::Communicator& comm, const LabelSource& source) {
  const LabelFacts facts = comm.broadcast(LabelFacts{source.format, source.kind, source.count, source.layout,
                                                     source.table, source.column, source.of_numbers},
                                          0);
  Location location{comm.broadcast(source.location.path, 0), comm.broadcast(source.location.dataset, 0)};
  return {std::move(location), facts.format, facts.kind,   facts.count,
          facts.layout,        facts.table,  facts.column, facts.of_numbers};
}

std::vector<LabelSource> inspect_here(std::span<const std::string> names, std::optional<std::int64_t> rows) {
  std::vector<LabelSource> result;
  std::string problems;
  std::int64_t total = 0;
  for (const std::string& name : names) {
    try {
      result.push_back(inspect_labels(name));
      total += result.back().count;
    } catch (const base::Error& error) {
      problems += fmt::format("{}{}", problems.empty() ? "" : "\n", error.what());
    }
  }
  if (!problems.empty()) throw base::InputError(problems);
  if (rows && total != *rows) {
    throw base::InputError(
        fmt::format("{} has {} labels for {} rows (each row needs one). Give the labels of the same "
                    "inputs in the same order",
                    fmt::join(names, " + "), total, *rows));
  }
  return result;
}

/// How pandas and R write a missing label.
bool is_missing_label(const std::string& text) {
  constexpr std::array marks{"", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "null", "NULL"};
  return std::ranges::find(marks, text) != marks.end();
}

std::vector<bool> missing_labels(const std::vector<std::string>& texts) {
  std::vector<bool> missing;
  for (const std::string& text : texts) missing.push_back(is_missing_label(text));
  return missing;
}

/// Whole numbers as pandas writes them once one of a column is missing: 3.0, or 3,0.
void drop_zero_fraction(std::string& text, bool decimal_comma) {
  if (!text.ends_with(decimal_comma ? ",0" : ".0")) return;
  const std::size_t end = text.size() - 2, begin = text.starts_with('-') ? 1 : 0;
  if (begin < end && text.find_first_not_of("0123456789", begin) == end) text.resize(end);
}

/// Whole numbers as integers. Throws InputError if one is not.
void make_integers(const std::string& name, ColumnBlock& block) {
  constexpr double end_of_integers = 0x1p53;
  block.missing.resize(block.numbers.size(), false);
  for (std::size_t i = 0; i < block.numbers.size(); ++i) {
    const double number = block.numbers[i];
    block.missing[i] = block.missing[i] || std::isnan(number);
    if (!block.missing[i] && (std::trunc(number) != number || std::abs(number) >= end_of_integers))
      throw base::InputError(fmt::format(
          "{} holds floating-point numbers, such as {} (labels are integers, booleans or names). Convert "
          "them, or color a picture by them with plot --values",
          name, number));
    block.integers.push_back(block.missing[i] ? 0 : static_cast<std::int64_t>(number));
  }
  block.numbers.clear();
}

ColumnBlock read_table_block(const LabelSource& source, std::int64_t first, std::int64_t count) {
  ColumnBlock block;
  block.texts = TableTexts(source.location.path, source.table, source.column).read(first, count);
  block.missing = missing_labels(block.texts);
  if (!source.of_numbers) return block;
  for (std::string& text : block.texts) drop_zero_fraction(text, source.table.decimal_comma);
  return block;
}

ColumnBlock read_stored_block(const LabelSource& source, const Store& store, const Column& column,
                              std::int64_t first, std::int64_t count) {
  ColumnBlock block = read_column(store, column, first, count);
  if (column.kind == ColumnKind::numbers)
    make_integers(source.location.path + ":" + source.location.dataset, block);
  return block;
}

ColumnBlock read_array_block(const LabelSource& source, std::int64_t first, std::int64_t count) {
  const auto stream = ByteStream::open(source.location.path);
  const auto read = [&](auto& values) {
    values.resize(static_cast<std::size_t>(count));
    read_array_column(*stream, source.layout, first, std::span(values));
  };
  ColumnBlock block;
  if (source.layout.type.is_text()) {
    read(block.texts);
    block.missing = missing_labels(block.texts);
  } else if (source.layout.type.is_integer()) {
    read(block.integers);
  } else {
    read(block.numbers);
    make_integers(source.location.path, block);
  }
  return block;
}

/// What a column of labels is called: its obs column, dataset, or column of a table.
std::string name_of(const LabelSource& source) {
  const std::string& name = source.location.dataset;
  if (name.empty()) return "label";
  return is_store(source.format) ? name.substr(name.rfind('/') + 1) : name;
}

}  // namespace

LabelSource inspect_labels(const std::string& source) {
  LabelSource result;
  result.location = split_input(source);
  result.format = detect_format(result.location.path);
  if (is_store(result.format)) {
    inspect_stored_labels(result);
  } else if (result.format == Format::table) {
    inspect_table_labels(result);
  } else {
    inspect_array_labels(result);
  }
  return result;
}

std::vector<LabelSource> inspect_all_labels(const comm::Communicator& comm,
                                            std::span<const std::string> names,
                                            std::optional<std::int64_t> rows) {
  std::vector<LabelSource> result;
  comm::on_root(comm, [&] { result = inspect_here(names, rows); });
  result.resize(names.size());
  for (LabelSource& source : result) source = broadcast(comm, source);
  return result;
}

LabelBlock read_label_block(const LabelSource& source, std::int64_t first, std::int64_t count) {
  const std::string& path = source.location.path;
  LabelBlock block{.kind = source.kind, .values = {}};
  if (is_store(source.format)) {
    const auto store = Store::open(path);
    const Column column = inspect_column(*store, source.location.dataset);
    if (kind_of_labels(column) != source.kind || column.count != source.count)
      throw base::InputError(
          fmt::format("{}: {} has changed while it was read (the ranks found other labels than rank 0). Run "
                      "again when the file is complete",
                      path, source.location.dataset));
    block.values = read_stored_block(source, *store, column, first, count);
    block.categories = column.categories;
    return block;
  }
  block.values = source.format == Format::table ? read_table_block(source, first, count)
                                                : read_array_block(source, first, count);
  return block;
}

data::Labels read_labels(const comm::Communicator& comm, std::span<const std::string> names,
                         const data::RowDistribution& rows) {
  if (names.empty())
    throw base::UsageError("no labels are given (a list of none was asked for). Name a file");
  const std::vector<LabelSource> sources = inspect_all_labels(comm, names, rows.total());

  const base::GlobalIndex begin = rows.begin(comm.rank()), end = rows.end(comm.rank());
  std::vector<Categorized> parts;
  base::GlobalIndex source_begin = 0;
  for (const LabelSource& source : sources) {
    const base::GlobalIndex from = std::clamp(begin, source_begin, source_begin + source.count);
    const base::GlobalIndex to = std::clamp(end, source_begin, source_begin + source.count);
    const LabelBlock block =
        comm::agree(comm, [&] { return read_label_block(source, from - source_begin, to - from); });
    parts.push_back(categorize(comm, source.location.path, block));
    source_begin += source.count;
  }

  data::Labels result;
  result.name = name_of(sources.front());
  result.categories = merge_categories(parts);
  std::unordered_map<std::string, std::int32_t> code_of;
  for (std::size_t c = 0; c < result.categories.size(); ++c) {
    code_of.emplace(result.categories[c], static_cast<std::int32_t>(c));
  }
  for (const Categorized& part : parts) {
    std::vector<std::int32_t> merged;
    for (const std::string& category : part.categories) merged.push_back(code_of.at(category));
    for (const std::int32_t code : part.codes) {
      result.codes.push_back(code < 0 ? -1 : merged[static_cast<std::size_t>(code)]);
    }
  }
  return result;
}

}  // namespace fleetsne::io
