#include "fleetsne/io/file_sample.hpp"

#include "scratch.hpp"

#include <filesystem>
#include <fstream>

namespace fleetsne::io::testing {
namespace {

class FileSample : public Scratch {
 protected:
  void change(std::size_t place) {
    std::fstream file(path("file"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(place));
    file.put('x');
  }
};

TEST_F(FileSample, OfASmallFileEveryByteCounts) {
  make_file("file", std::string(100'000, 'a'));
  const auto before = file_sample(path("file"));
  EXPECT_NE(before, 0U);
  for (const std::size_t place : {0U, 1U, 50'001U, 99'999U}) {
    make_file("file", std::string(100'000, 'a'));
    EXPECT_EQ(file_sample(path("file")), before);
    change(place);
    EXPECT_NE(file_sample(path("file")), before) << place;
  }
}

TEST_F(FileSample, OfALargeOneItsSizeItsEndsAndPiecesBetweenCount) {
  const std::size_t size = 40 << 20, last_piece = size - 4096, step = last_piece / 255;
  const auto make = [&](std::size_t bytes) {
    make_file("file", "");
    std::filesystem::resize_file(path("file"), bytes);
  };
  make(size);
  const auto before = file_sample(path("file"));
  make(size + 1);
  EXPECT_NE(file_sample(path("file")), before);
  for (const std::size_t place : {std::size_t{0}, size - 1, 100 * step + 200, 200 * step + 500}) {
    make(size);
    EXPECT_EQ(file_sample(path("file")), before);
    change(place);
    EXPECT_NE(file_sample(path("file")), before) << place;
  }
}

TEST_F(FileSample, OfAFolderNamesSizesAndBytesOfItsFilesCount) {
  std::filesystem::create_directories(path("folder/c/0"));
  const auto write = [&](const std::string& name, std::size_t bytes, char value) {
    make_file("folder/" + name, std::string(bytes, value));
  };
  write("c/0/0", 3 << 20, 'a');
  write("c/0/1", 0, 'b');
  write("zarr.json", 100, 'c');
  const auto before = file_sample(path("folder"));
  EXPECT_NE(before, 0U);
  EXPECT_EQ(file_sample(path("folder")), before);
  write("c/0/0", 3 << 20, 'd');
  EXPECT_NE(file_sample(path("folder")), before);
  write("c/0/0", 3 << 20, 'a');
  EXPECT_EQ(file_sample(path("folder")), before);
  write("c/0/1", 1, 'b');
  EXPECT_NE(file_sample(path("folder")), before);
  write("c/0/1", 0, 'b');
  std::filesystem::rename(path("folder/c/0/1"), path("folder/c/0/2"));
  EXPECT_NE(file_sample(path("folder")), before);
}

TEST_F(FileSample, OfNoFile) {
  EXPECT_EQ(file_sample(path("none")), 0U);
  make_file("file", "");
  EXPECT_NE(file_sample(path("file")), 0U);
}

}  // namespace
}  // namespace fleetsne::io::testing
