#include "recipe.hpp"

#include "own_file.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace fleetsne::fuzz {
namespace {

using io::hdf5::Handle;

constexpr std::array names{"train",
                           "test",
                           "neighbors",
                           "distances",
                           "indices",
                           "obsm/X_pca",
                           "X",
                           "obs/_index",
                           "obs/cluster/codes",
                           "obs/cluster/categories",
                           "obs/name",
                           "obs/maybe/values",
                           "obs/maybe/mask",
                           "uns/text",
                           "uns/number",
                           "obsm/X_tsne"};

hid_t string_type(std::size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size);
  return type;
}

hid_t boolean_type() {
  const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
  const std::int8_t no = 0, yes = 1;
  H5Tenum_insert(type, "FALSE", &no);
  H5Tenum_insert(type, "TRUE", &yes);
  return type;
}

hid_t half_type() {
  const hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(type, 15, 10, 5, 0, 10);
  H5Tset_size(type, 2);
  H5Tset_ebias(type, 15);
  return type;
}

hid_t pair_type() {
  const hid_t type = H5Tcreate(H5T_COMPOUND, 8);
  H5Tinsert(type, "a", 0, H5T_IEEE_F32LE);
  H5Tinsert(type, "b", 4, H5T_STD_I32LE);
  return type;
}

hid_t type_of(std::uint8_t choice) {
  switch (choice % 16) {
    case 0:
      return H5Tcopy(H5T_IEEE_F32LE);
    case 1:
      return H5Tcopy(H5T_IEEE_F64BE);
    case 2:
      return H5Tcopy(H5T_STD_I8LE);
    case 3:
      return H5Tcopy(H5T_STD_U8LE);
    case 4:
      return H5Tcopy(H5T_STD_I16BE);
    case 5:
      return H5Tcopy(H5T_STD_I64LE);
    case 6:
      return H5Tcopy(H5T_STD_U64LE);
    case 7:
      return boolean_type();
    case 8:
      return string_type(3);
    case 9:
      return string_type(40);
    case 10:
      return string_type(H5T_VARIABLE);
    case 11:
      return half_type();
    case 12:
      return pair_type();
    case 13:
      return H5Tcopy(H5T_STD_REF_OBJ);
    case 14:
      return H5Tcopy(H5T_NATIVE_LDOUBLE);
    default:
      return H5Tcreate(H5T_OPAQUE, 5);
  }
}

hsize_t extent_of(std::uint8_t choice) {
  if (choice >= 250) return hsize_t{1} << (10 * (choice - 249));  // 2^10 to 2^60
  return choice % 32;
}

Handle creation_of(Parts& parts, const std::vector<hsize_t>& shape) {
  Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const std::uint8_t layout = parts.byte();
  if (layout % 4 == 0 || shape.empty()) return creation;
  if (layout % 4 == 1) {
    H5Pset_layout(creation.get(), H5D_COMPACT);
    return creation;
  }
  std::vector<hsize_t> chunk;
  for (const hsize_t extent : shape)
    chunk.push_back(std::clamp<hsize_t>(parts.byte() % 8, 1, std::max<hsize_t>(extent, 1)));
  H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data());
  if (layout & 16) H5Pset_shuffle(creation.get());
  if (layout & 32) H5Pset_fletcher32(creation.get());
  if (layout & 64) H5Pset_deflate(creation.get(), 6);
  return creation;
}

/// The values of a dataset, if they are few enough to be written.
void write_values(hid_t dataset, hid_t type, std::size_t elements, Bytes values) {
  constexpr std::size_t most = 4096;
  if (values.empty() || elements > most) return;
  if (H5Tis_variable_str(type) > 0) {
    const std::string text(values.begin(), values.end());
    const std::vector<const char*> texts(elements, text.c_str());
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data());
    return;
  }
  std::vector<std::uint8_t> bytes(elements * H5Tget_size(type));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = values[i % values.size()];
  H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
}

void add_dataset(hid_t file, Parts& parts) {
  const char* const name = names[parts.byte() % names.size()];
  const Handle type(type_of(parts.byte()), H5Tclose);
  std::vector<hsize_t> shape(parts.byte() % 4);
  for (hsize_t& extent : shape) extent = extent_of(parts.byte());
  const Handle creation = creation_of(parts, shape);
  const Handle space(shape.empty() ? H5Screate(H5S_SCALAR)
                                   : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                     H5Sclose);
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links.get(), 1);
  const Bytes values = parts.next();
  const Handle dataset(
      H5Dcreate2(file, name, type.get(), space.get(), links.get(), creation.get(), H5P_DEFAULT), H5Dclose);
  if (!dataset) return;  // twice the same name, or more than there can be
  std::size_t elements = 1;
  for (const hsize_t extent : shape) elements = extent > 4096 ? 1 << 20 : elements * extent;
  write_values(dataset.get(), type.get(), elements, values);
}

}  // namespace

std::string file_of_recipe(Bytes recipe, const std::string& name) {
  std::string path = file_of({}, name);
  const io::hdf5::Guard guard(base::ErrorKind::internal, path);
  const Handle file = io::hdf5::create_file(guard, path);
  Parts parts(recipe);
  for (int d = 0; d < 8 && !parts.at_end(); ++d) add_dataset(file.get(), parts);
  return path;
}

}  // namespace fleetsne::fuzz
