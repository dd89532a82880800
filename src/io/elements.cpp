#include "fleetsne/io/elements.hpp"

#include "fleetsne/base/error.hpp"

#include "conventions.hpp"
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace fleetsne::io {
namespace {

constexpr int most_nested = 3;
constexpr const char* damaged_column = "(the column is damaged). Write the file again";

std::string parent_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

std::string within(const std::string& group, const std::string& name) {
  return group.empty() ? name : group + "/" + name;
}

using Members = std::vector<std::pair<std::string, std::int64_t>>;

/// Codes are numbered as the names come.
void set_members(Column& column, const Members& members) {
  column.kind = ColumnKind::codes;
  for (const auto& [name, value] : members) {
    column.code_of.emplace(value, static_cast<std::int64_t>(column.categories.size()));
    column.categories.push_back(name);
  }
}

/// Whether a name is that of a record's field.
bool is_field(const Store& store, const std::string& name) {
  const std::string array = parent_of(name);
  if (array.empty() || store.kind(array) != NodeKind::array) return false;
  const std::vector<std::string> fields = store.info(array).fields;
  return std::ranges::find(fields, name.substr(array.size() + 1)) != fields.end();
}

/// Looks at the columns of one store.
class ColumnInspector {
 public:
  ColumnInspector(const Store& store, const std::string& remedy, int depth = 0)
      : store_(store), remedy_(remedy), depth_(depth) {}

  Column inspect(const std::string& name) const {
    switch (store_.kind(name)) {
      case NodeKind::array:
        return of_array(name, name);
      case NodeKind::group:
        return of_group(name);
      default:
        return of_field(name);
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& name, const std::string& problem) const {
    throw base::InputError(fmt::format("{}: {} {}", store_.path(), name, problem));
  }

  bool has_array(const std::string& name) const { return store_.kind(name) == NodeKind::array; }

  std::int64_t length_of(const std::string& name, const ArrayInfo& info) const {
    if (!info.shape.empty() && info.length()) return *info.length();
    refuse(name, fmt::format("has {} dimension{}, {} (a column has one value for each row: 1 dimension, or 1 "
                             "column). {}",
                             info.shape.size(), info.shape.size() == 1 ? "" : "s",
                             info.shape.empty() ? "a single value or none"
                                                : fmt::format("{}", fmt::join(info.shape, " x ")),
                             remedy_));
  }

  /// @param name  of the column that the array, or a field of it, is
  Column of_array(const std::string& name, const std::string& array, const std::string& field = {}) const {
    const ArrayInfo info = store_.info(array, field);
    Column column{.name = name, .count = length_of(name, info), .values = array, .field = field};
    store_.expect_stored(array);
    set_kind(column, info);
    set_missing(column, info);
    if (column.kind != ColumnKind::integers) return column;
    if (const auto categories = categories_of_codes(array, field)) set_categories(column, *categories);
    return column;
  }

  void set_kind(Column& column, const ArrayInfo& info) const {
    if (const std::string kind = not_numbers_of_matlab(store_, column.values); !kind.empty())
      refuse(column.name, fmt::format("is {} of MATLAB (labels are read from numbers, logicals or a table). "
                                      "Write it as a table: writecell(cellstr({}), 'labels.csv')",
                                      kind, column.name));
    const Members logical{{"FALSE", 0}, {"TRUE", 1}}, hdf5r_logical{{"FALSE", 0}, {"TRUE", 1}, {"NA", 2}};
    switch (info.kind) {
      case ValueKind::boolean:
        return set_members(column, {{"False", 0}, {"True", 1}});  // as Python calls them
      case ValueKind::enumeration:
        return set_members(column, info.names == hdf5r_logical ? logical : info.names);
      case ValueKind::integer:
        if (is_logical(column.values)) set_members(column, logical);
        return;
      case ValueKind::floating:
        column.kind = ColumnKind::numbers;
        return;
      case ValueKind::time:
        column.kind = ColumnKind::times;
        column.time = info.time;
        return;
      case ValueKind::text:
        column.kind = ColumnKind::texts;
        return;
      case ValueKind::record:
        refuse(column.name, fmt::format("is a record (of the fields {}). Name one of them, as in {}/{}",
                                        fmt::join(info.fields, ", "), column.name, info.fields.front()));
      default:
        refuse(column.name,
               fmt::format("has values that are not numbers, booleans, times or text (a column needs one "
                           "of these for each row). {}",
                           remedy_));
    }
  }

  /// R's logicals as rhdf5 and SeuratDisk store them, 0, 1, and something else for NA; and MATLAB's.
  bool is_logical(const std::string& array) const {
    return store_.text_attribute(array, "storage.mode") == "logical" ||
           store_.text_attribute(array, "s3class") == "logical" ||
           store_.text_attribute(array, "MATLAB_class") == "logical";
  }

  void set_missing(Column& column, const ArrayInfo& info) const {
    if (info.kind == ValueKind::integer)
      column.missing_integer = missing_integer(info, !store_.attribute(column.values, rhdf5_mark).is_null());
    if (!store_.attribute(column.values, "as.na").is_null()) column.missing_text = "NA";  // rhdf5
    // Of alabaster and its kin (Bioconductor).
    const nlohmann::json marked = store_.attribute(column.values, "missing-value-placeholder");
    const nlohmann::json& mark = marked.is_array() && marked.size() == 1 ? marked.front() : marked;
    if (mark.is_string()) column.missing_text = mark.get<std::string>();
    if (mark.is_number_integer()) column.missing_integer = mark.get<std::int64_t>();
    if (mark.is_number()) column.missing_number = mark.get<double>();
  }

  /// AnnData 0.7 keeps them apart from the codes, which refer to them; before, they are in uns.
  std::optional<std::string> categories_of_codes(const std::string& array, const std::string& field) const {
    if (!field.empty()) {
      const std::string name = within(parent_of(array), "uns/" + field + "_categories");
      return has_array(name) ? std::optional(name) : std::nullopt;
    }
    const nlohmann::json reference = store_.attribute(array, "categories");
    if (reference.is_null()) return std::nullopt;
    const std::string name = store_.text_attribute(array, "categories");
    for (const std::string& candidate : {name, within(parent_of(array), name)})
      if (!name.empty() && has_array(candidate)) return candidate;
    refuse(array, fmt::format("has categories that cannot be found {}", damaged_column));
  }

  Column of_group(const std::string& name) const {
    if (has_array(name + "/codes") && store_.kind(name + "/categories") != NodeKind::none) {
      Column column = of_values(name, name + "/codes", {ColumnKind::integers});
      set_categories(column, name + "/categories");
      return column;
    }
    if (has_array(name + "/values") && has_array(name + "/levels")) {  // h5Seurat, which counts from 1
      Column column = of_values(name, name + "/values", {ColumnKind::integers});
      set_categories(column, name + "/levels", 1);
      return column;
    }
    if (has_array(name + "/values") && has_array(name + "/mask")) {
      Column column = of_array(name, name + "/values");
      column.mask = name + "/mask";
      of_values(column.mask, column.mask, {ColumnKind::integers, ColumnKind::codes}, column.count);
      return column;
    }
    const std::string encoding = store_.text_attribute(name, "encoding-type");
    if (encoding == "dataframe")
      refuse(name, fmt::format("is a data frame. Name one of its columns: {}", list_columns(store_, name)));
    refuse(name, fmt::format("is not a column of labels, names or numbers ({}). {}",
                             encoding.empty() ? "it is a group" : "it is of the kind " + encoding, remedy_));
  }

  /// What stands in a column's group: as many values, and of one of these kinds.
  Column of_values(const std::string& name, const std::string& array, std::vector<ColumnKind> kinds,
                   std::optional<std::int64_t> count = {}) const {
    const Column column = of_array(name, array);
    if (std::ranges::find(kinds, column.kind) == kinds.end())
      refuse(array, fmt::format("does not hold integers or booleans {}", damaged_column));
    if (count && column.count != *count)
      refuse(array, fmt::format("has {} values for {} rows {}", column.count, *count, damaged_column));
    return column;
  }

  /// @param first  the code of the first one
  void set_categories(Column& column, const std::string& name, std::int64_t first = 0) const {
    if (depth_ == most_nested) refuse(name, fmt::format("has categories of categories {}", damaged_column));
    const Column categories = ColumnInspector(store_, remedy_, depth_ + 1).inspect(name);
    ColumnBlock block = read_column(store_, categories, 0, categories.count);
    column.missing_categories = block.missing;
    column.categories = texts_of(categories, std::move(block));
    column.kind = ColumnKind::codes;
    column.first_code = first;
  }

  /// An obs of before AnnData 0.7 is a record in place of a group.
  Column of_field(const std::string& name) const {
    if (!is_field(store_, name))
      refuse(name, fmt::format("is missing (the file has nothing of this name). {}", remedy_));
    const std::string array = parent_of(name);
    return of_array(name, array, name.substr(array.size() + 1));
  }

  const Store& store_;
  const std::string& remedy_;  ///< if what was found is no column
  int depth_;                  ///< how many columns this one is the categories of
};

/// Codes in the place of the values that stand for them.
void to_codes(const Store& store, const Column& column, std::vector<std::int64_t>& values) {
  const auto categories = static_cast<std::int64_t>(column.categories.size());
  for (std::int64_t& value : values) {
    if (!column.code_of.empty()) {
      const auto code = column.code_of.find(value);
      value = code == column.code_of.end() ? -1 : code->second;
      continue;
    }
    const std::int64_t code = value == column.missing_integer ? -1 : value - column.first_code;
    if (code < -1 || code >= categories)
      throw base::InputError(fmt::format("{}: {} has a label code {} for {} categories {}", store.path(),
                                         column.name, value, categories, damaged_column));
    value = code >= 0 && !column.missing_categories.empty() &&
                    column.missing_categories[static_cast<std::size_t>(code)]
                ? -1
                : code;
  }
}

/// Marks the rows whose values are missing by what they are.
template <class T, class IsMissing>
void mark_missing(const std::vector<T>& values, std::vector<bool>& missing, IsMissing&& is_missing) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_missing(values[i])) continue;
    missing.resize(values.size(), false);
    missing[i] = true;
  }
}

std::vector<bool> read_mask(const Store& store, const std::string& mask, std::int64_t first,
                            std::int64_t count) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(count));
  store.read(mask, first, std::span(values));
  std::vector<bool> missing;
  mark_missing(values, missing, [](std::int64_t value) { return value != 0; });
  return missing;
}

std::vector<double> read_times(const Store& store, const Column& column, std::int64_t first,
                               std::size_t rows) {
  std::vector<std::int64_t> counts(rows);
  store.read(column.values, first, std::span(counts), column.field);
  std::vector<double> seconds(rows);
  to_seconds(*column.time, counts, seconds);
  return seconds;
}

}  // namespace

Column inspect_column(const Store& store, const std::string& name, const std::string& remedy) {
  return ColumnInspector(store, remedy).inspect(name);
}

Column find_column(const Store& store, const std::string& name, const std::string& what) {
  const bool named = !name.empty() || store.kind("") == NodeKind::array;  // zarr may be a single array
  if (named && (store.kind(name) != NodeKind::none || is_field(store, name)))
    return inspect_column(store, name);
  const bool frame = store.kind("obs") != NodeKind::none;
  throw base::InputError(fmt::format(
      "{} {} ({}). Name one, as in {}:{}", store.path(),
      name.empty() ? "needs the name of the " + what : fmt::format("has no {} {}", what, name),
      frame ? "the obs columns are: " + list_columns(store, "obs") : "it has " + list_arrays(store),
      store.path(), frame ? "obs/COLUMN" : "/NAME"));
}

ColumnBlock read_column(const Store& store, const Column& column, std::int64_t first, std::int64_t count) {
  ColumnBlock block;
  if (!column.mask.empty()) block.missing = read_mask(store, column.mask, first, count);
  const auto rows = static_cast<std::size_t>(count);
  switch (column.kind) {
    case ColumnKind::texts:
      block.texts = store.read_text(column.values, first, count, column.field);
      mark_missing(block.texts, block.missing, [&](const auto& text) { return text == column.missing_text; });
      return block;
    case ColumnKind::numbers:
      block.numbers.resize(rows);
      store.read(column.values, first, std::span(block.numbers), column.field);
      mark_missing(block.numbers, block.missing,
                   [&](double value) { return std::isnan(value) || value == column.missing_number; });
      for (std::size_t i = 0; i < block.missing.size(); ++i)
        if (block.missing[i]) block.numbers[i] = std::numeric_limits<double>::quiet_NaN();
      return block;
    case ColumnKind::times:
      block.numbers = read_times(store, column, first, rows);
      mark_missing(block.numbers, block.missing, [](double time) { return std::isnan(time); });
      return block;
    case ColumnKind::integers:
    case ColumnKind::codes:
      break;
  }
  block.integers.resize(rows);
  store.read(column.values, first, std::span(block.integers), column.field);
  if (column.kind == ColumnKind::integers) {
    mark_missing(block.integers, block.missing,
                 [&](std::int64_t value) { return value == column.missing_integer; });
    return block;
  }
  to_codes(store, column, block.integers);
  for (std::size_t i = 0; i < block.missing.size(); ++i)
    if (block.missing[i]) block.integers[i] = -1;
  mark_missing(block.integers, block.missing, [](std::int64_t code) { return code < 0; });
  return block;
}

std::vector<std::string> texts_of(const Column& column, ColumnBlock block) {
  std::vector<std::string> texts = std::move(block.texts);
  for (const std::int64_t value : block.integers) {
    if (column.kind == ColumnKind::integers) {
      texts.push_back(std::to_string(value));
    } else {
      texts.push_back(value < 0 ? "" : column.categories[static_cast<std::size_t>(value)]);
    }
  }
  for (const double value : block.numbers) texts.push_back(fmt::format("{}", value));
  for (std::size_t i = 0; i < block.missing.size(); ++i)
    if (block.missing[i]) texts[i].clear();
  return texts;
}

std::optional<std::int64_t> missing_integer(const ArrayInfo& info, bool by_rhdf5) {
  if (info.kind != ValueKind::integer || info.is_unsigned || (info.bytes != 4 && !by_rhdf5)) return {};
  return std::numeric_limits<std::int64_t>::min() >> (64 - 8 * info.bytes);
}

std::optional<std::string> index_of_frame(const Store& store, const std::string& frame) {
  std::vector<std::string> candidates;
  if (store.kind(frame) == NodeKind::array) {
    candidates = store.info(frame).fields;
    const auto is_index = [](const std::string& field) { return field == "index" || field == "_index"; };
    std::erase_if(candidates, [&](const std::string& field) { return !is_index(field); });
  } else if (const std::string named = store.text_attribute(frame, "_index"); !named.empty()) {
    candidates = {named};
  } else {
    for (const std::string name : {"_index", "index"})
      if (store.kind(frame + "/" + name) != NodeKind::none) candidates.push_back(name);
  }
  if (candidates.empty()) return std::nullopt;
  return frame + "/" + candidates.front();
}

std::string list_columns(const Store& store, const std::string& frame) {
  const std::string index = index_of_frame(store, frame).value_or("");
  std::string result;
  const std::vector<std::string> names =
      store.kind(frame) == NodeKind::array ? store.info(frame).fields : store.children(frame);
  for (const std::string& name : names) {
    const std::string path = frame + "/" + name;
    if (path == index || name.starts_with("__")) continue;
    result += (result.empty() ? "" : ", ") + path;
  }
  return result.empty() ? "none" : result;
}

}  // namespace fleetsne::io
