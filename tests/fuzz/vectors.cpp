// Files of vectors: the first byte tells which kind, the others are the file.
#include "target.hpp"

#include <array>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleetsne::fuzz;
  constexpr std::array names{"a.fvecs", "a.bvecs", "a.ivecs", "a.fbin", "a.u8bin", "a.i8bin"};
  if (size == 0) return 0;
  choose_transfer_limit(size);
  read_in_every_way(file_of(Bytes(data, size).subspan(1), names[data[0] % names.size()]));
  return 0;
}
