// Runs a target over files that are given, or all in folders that are: the corpus as an ordinary test,
// without libFuzzer.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::size_t run(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path)) count += run(entry.path());
    return count;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  std::fprintf(stderr, "%s\n", path.c_str());  // the last one is the one that fails
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return 1;
}

}  // namespace

int main(int count, char** paths) {
  ::setenv("FLEETSNE_FUZZ_WHOLE_FILES", "1", 1);
  std::size_t inputs = 0;
  for (int i = 1; i < count; ++i) inputs += run(paths[i]);
  std::printf("%zu inputs, no finding\n", inputs);
  return inputs > 0 ? 0 : 1;
}
