// .npy files, packed ones too.
#include "target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleetsne::fuzz;
  choose_transfer_limit(size);
  read_in_every_way(file_of({data, size}, "rows.npy"));
  return 0;
}
