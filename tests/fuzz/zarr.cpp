// A zarr store: the input is the metadata of its one array, a zero, and what is stored of each chunk.
#include "target.hpp"

#include <algorithm>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleetsne::fuzz;
  choose_transfer_limit(size);
  const Bytes all(data, size);
  const auto end = static_cast<std::size_t>(std::find(all.begin(), all.end(), 0) - all.begin());
  const Bytes metadata = all.first(end), chunk = all.subspan(std::min(end + 1, size));
  const auto write = [](const std::string& name, const std::string& text) {
    return file_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, name);
  };
  const std::string roots[] = {write("2.zarr/.zgroup", "{\"zarr_format\":2}"),
                               write("3.zarr/zarr.json", "{\"zarr_format\":3,\"node_type\":\"group\"}")};
  // The same array in both versions: each reads the files that it knows.
  for (const char* name : {"2.zarr/a/.zarray", "3.zarr/a/zarr.json"}) file_of(metadata, name);
  for (const char* name : {"2.zarr/a/0.0", "2.zarr/a/1.0", "2.zarr/a/0", "3.zarr/a/c/0/0", "3.zarr/a/c/1/0"})
    file_of(chunk, name);
  for (const std::string& root : roots) {
    const std::string array = root.substr(0, root.rfind('/')) + ":a";
    read_rows_of(array);
    read_labels_of(array);
    read_numbers_of(array);
  }
  return 0;
}
