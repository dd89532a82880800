#include "fleetsne/base/error.hpp"
#include "fleetsne/io/hdf5.hpp"
#include "fleetsne/io/label_source.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fleetsne::io {
namespace {

/// Names of the obs columns of an AnnData file, for messages.
std::string list_columns(hid_t file) {
  if (hdf5::object_type(file, "obs") != H5O_TYPE_GROUP) return "none";
  const hdf5::Handle group(H5Gopen2(file, "obs", H5P_DEFAULT), H5Gclose);
  const std::string index = hdf5::string_attribute(group.get(), "_index");
  std::string result;
  for (const std::string& name : hdf5::list_links(group.get())) {
    if (name == index || name.starts_with("__") || name == "_index") continue;
    result += fmt::format("{}obs/{}", result.empty() ? "" : ", ", name);
  }
  return result.empty() ? "none" : result;
}

std::string what_exists(hid_t file, bool anndata) {
  return anndata ? "the obs columns are: " + list_columns(file) : "it has " + hdf5::list_datasets(file);
}

/// The length of a dataset of one dimension, or of a matrix of one column.
std::int64_t length_of(const hdf5::Guard& guard, hid_t dataset, const std::string& name) {
  const std::vector<std::int64_t> shape = hdf5::extents(guard, dataset);
  if (shape.size() == 1 || (shape.size() == 2 && shape[1] == 1)) return shape[0];
  throw base::InputError(fmt::format(
      "{}: {} has {} dimensions, {} (labels need one for each row: 1 dimension, or 1 column). Name another "
      "dataset",
      guard.file(), name, shape.size(),
      shape.empty() ? "a single value" : fmt::format("{}", fmt::join(shape, " x "))));
}

/// What the elements are: H5T_STRING, H5T_FLOAT, H5T_INTEGER, H5T_ENUM if they are booleans, or else
/// H5T_NO_CLASS, integers of more than 64 bits among it.
H5T_class_t class_of(const hdf5::Guard& guard, hid_t dataset) {
  const hdf5::Handle type = guard.own(H5Dget_type(dataset), H5Tclose, "has a dataset without a type");
  const H5T_class_t kind = H5Tget_class(type.get());
  if (kind == H5T_STRING || kind == H5T_FLOAT) return kind;
  if (!hdf5::holds_integers(guard, dataset)) return H5T_NO_CLASS;
  return kind == H5T_INTEGER || H5Tget_nmembers(type.get()) == 2 ? kind : H5T_NO_CLASS;
}

/// The categories of a codes dataset in the layout before AnnData 0.8: an attribute refers to them.
hdf5::Handle referred_categories(const hdf5::Guard& guard, hid_t codes) {
  const char* const problem = "has a categorical column whose categories cannot be found";
  const hdf5::Handle attribute = guard.own(H5Aopen(codes, "categories", H5P_DEFAULT), H5Aclose, problem);
  const hdf5::Handle type = guard.own(H5Aget_type(attribute.get()), H5Tclose, problem);
  if (H5Tequal(type.get(), H5T_STD_REF_OBJ) <= 0) guard.fail(problem);
  hobj_ref_t reference = 0;
  guard.check(H5Aread(attribute.get(), H5T_STD_REF_OBJ, &reference), problem);
  return guard.own(H5Rdereference2(codes, H5P_DEFAULT, H5R_OBJECT, &reference), H5Dclose, problem);
}

std::vector<std::string> read_categories(const hdf5::Guard& guard, hid_t dataset) {
  const std::int64_t count = length_of(guard, dataset, "categories");
  if (static_cast<std::size_t>(count) > most_categories) {
    throw base::InputError(fmt::format("{} has {} categories of labels (more than {}). Name another column",
                                       guard.file(), count, most_categories));
  }
  hdf5::expect_stored(guard, dataset, "categories");
  std::vector<std::string> result;
  switch (class_of(guard, dataset)) {
    case H5T_STRING:
      return hdf5::read_strings(guard, dataset, 0, count);
    case H5T_INTEGER:
    case H5T_ENUM: {
      const bool boolean = class_of(guard, dataset) == H5T_ENUM;
      std::vector<std::int64_t> values(static_cast<std::size_t>(count));
      hdf5::read_integers(guard, dataset, 0, std::span(values));
      for (const std::int64_t v : values)
        result.push_back(boolean ? (v != 0 ? "True" : "False") : std::to_string(v));
      return result;
    }
    case H5T_FLOAT: {
      std::vector<double> values(static_cast<std::size_t>(count));
      guard.check(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
                  "has categories that cannot be read");
      for (const double v : values) result.push_back(fmt::format("{}", v));
      return result;
    }
    default:
      guard.fail("has categories that are neither names nor numbers");
  }
}

LabelEncoding encoding_of_dataset(const hdf5::Guard& guard, hid_t dataset, const std::string& name) {
  const H5T_class_t kind = class_of(guard, dataset);
  if (kind == H5T_STRING) return LabelEncoding::strings;
  if (kind == H5T_ENUM) return LabelEncoding::booleans;
  if (kind == H5T_INTEGER) {
    return H5Aexists(dataset, "categories") > 0 ? LabelEncoding::categorical : LabelEncoding::integers;
  }
  throw base::InputError(
      fmt::format("{}: {} holds {} (labels are integers, booleans or names). Name another dataset",
                  guard.file(), name, kind == H5T_FLOAT ? "floating-point numbers" : "no plain values"));
}

/// What stands in a column's group beside its labels: as many integers or booleans, and nothing wider.
void expect_integers(const hdf5::Guard& guard, hid_t dataset, const std::string& name, std::int64_t count) {
  if (!hdf5::holds_integers(guard, dataset)) {
    throw base::InputError(
        fmt::format("{}: {} does not hold integers or booleans (the column is damaged, or "
                    "of no kind that is read here). Write the file anew",
                    guard.file(), name));
  }
  const std::int64_t length = length_of(guard, dataset, name);
  if (length == count) return hdf5::expect_stored(guard, dataset, name);
  throw base::InputError(
      fmt::format("{}: {} has {} values for {} rows (the column is damaged). Write the file anew",
                  guard.file(), name, length, count));
}

/// The dataset inside a group that has one label for each row.
std::string row_dataset(const LabelSource& source, hid_t file) {
  if (hdf5::object_type(file, source.location.dataset) != H5O_TYPE_GROUP) return source.location.dataset;
  return source.location.dataset + (source.encoding == LabelEncoding::nullable ? "/values" : "/codes");
}

/// Which of the rows [first, first + count) of a nullable column have no value.
std::vector<bool> read_mask(const hdf5::Guard& guard, hid_t file, const std::string& column,
                            std::int64_t first, std::int64_t count) {
  const hdf5::Handle dataset = hdf5::open_dataset(guard, file, column + "/mask");
  std::vector<std::int64_t> mask(static_cast<std::size_t>(count));
  hdf5::read_integers(guard, dataset.get(), first, std::span(mask));
  std::vector<bool> missing;
  for (const std::int64_t masked : mask) missing.push_back(masked != 0);
  return missing;
}

}  // namespace

void inspect_hdf5_labels(LabelSource& source) {
  const hdf5::Guard guard(base::ErrorKind::input, source.location.path);
  const hdf5::Handle file = hdf5::open_file(guard);
  const bool anndata = is_anndata(file.get(), guard.file());
  const std::string& name = source.location.dataset;
  const auto refuse = [&](const std::string& problem) {
    throw base::InputError(fmt::format("{} {} ({}). Name one, as in {}:{}", guard.file(), problem,
                                       what_exists(file.get(), anndata), guard.file(),
                                       anndata ? "obs/COLUMN" : "/NAME"));
  };
  if (name.empty()) refuse("needs the name of the labels");
  const H5O_type_t type = hdf5::object_type(file.get(), name);
  if (type == H5O_TYPE_GROUP) {
    if (hdf5::object_type(file.get(), name + "/codes") == H5O_TYPE_DATASET &&
        hdf5::object_type(file.get(), name + "/categories") == H5O_TYPE_DATASET) {
      source.encoding = LabelEncoding::categorical;
    } else if (hdf5::object_type(file.get(), name + "/values") == H5O_TYPE_DATASET &&
               hdf5::object_type(file.get(), name + "/mask") == H5O_TYPE_DATASET) {
      source.encoding = LabelEncoding::nullable;
    } else {
      refuse(fmt::format("has a group {} that is no column of labels", name));
    }
  } else if (type != H5O_TYPE_DATASET) {
    refuse(fmt::format("has no labels {}", name));
  }
  const hdf5::Handle dataset = hdf5::open_dataset(guard, file.get(), row_dataset(source, file.get()));
  source.count = length_of(guard, dataset.get(), name);
  hdf5::expect_stored(guard, dataset.get(), row_dataset(source, file.get()));
  if (type == H5O_TYPE_DATASET) {
    source.encoding = encoding_of_dataset(guard, dataset.get(), name);
  } else if (source.encoding == LabelEncoding::categorical) {
    expect_integers(guard, dataset.get(), name + "/codes", source.count);
  } else {
    encoding_of_dataset(guard, dataset.get(), name);  // refuses what is no label
    const hdf5::Handle mask = hdf5::open_dataset(guard, file.get(), name + "/mask");
    expect_integers(guard, mask.get(), name + "/mask", source.count);
  }
}

LabelBlock read_hdf5_label_block(const LabelSource& source, std::int64_t first, std::int64_t count) {
  LabelBlock block;
  const hdf5::Guard guard(base::ErrorKind::input, source.location.path);
  const hdf5::Handle file = hdf5::open_file(guard);
  const std::string& name = source.location.dataset;
  const hdf5::Handle dataset = hdf5::open_dataset(guard, file.get(), row_dataset(source, file.get()));
  if (source.encoding == LabelEncoding::nullable) {
    block.missing = read_mask(guard, file.get(), name, first, count);
  }
  const H5T_class_t kind = class_of(guard, dataset.get());
  if (kind == H5T_STRING && source.encoding != LabelEncoding::categorical) {
    block.kind = LabelBlock::Kind::strings;
    block.strings = hdf5::read_strings(guard, dataset.get(), first, count);
    for (std::size_t i = 0; i < block.missing.size(); ++i) {
      if (block.missing[i]) block.strings[i].clear();
    }
    return block;
  }
  block.integers.resize(static_cast<std::size_t>(count));
  hdf5::read_integers(guard, dataset.get(), first, std::span(block.integers));
  if (source.encoding == LabelEncoding::categorical) {
    block.kind = LabelBlock::Kind::codes;
    const bool group = hdf5::object_type(file.get(), name) == H5O_TYPE_GROUP;
    const hdf5::Handle categories = group ? hdf5::open_dataset(guard, file.get(), name + "/categories")
                                          : referred_categories(guard, dataset.get());
    block.categories = read_categories(guard, categories.get());
  } else if (kind == H5T_ENUM) {
    block.kind = LabelBlock::Kind::codes;
    block.categories = {"False", "True"};
    for (std::size_t i = 0; i < block.integers.size(); ++i) {
      const bool missing = !block.missing.empty() && block.missing[i];
      block.integers[i] = missing ? -1 : block.integers[i] != 0 ? 1 : 0;
    }
  }
  return block;
}

}  // namespace fleetsne::io
