// Files of a rank's own: what is read is what was written, or it is an error.
#include "fleetsne/io/part_file.hpp"

#include "io/scratch.hpp"
#include <fmt/format.h>

#include <numeric>

namespace fleetsne::io::testing {
namespace {

using base::ErrorKind;

class Part : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    numbers_.resize(1000 + static_cast<std::size_t>(comm.rank()));
    std::iota(numbers_.begin(), numbers_.end(), std::int64_t{1} << 40);
    file_ = path(fmt::format("part-{}.h5", comm.rank()));
    const NamedBytes parts[] = {{"letters", std::as_bytes(std::span(letters_))},
                                {"nothing", {}},
                                {"numbers", std::as_bytes(std::span(numbers_))}};
    write_part(file_, parts, {{"rank", comm.rank()}});
  }
  void change(const std::function<void(std::string&)>& how) const {
    std::ifstream in(file_, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    how(bytes);
    std::ofstream(file_, std::ios::binary) << bytes;
  }
  bool refused() const {
    try {
      verify_part(inspect_part(file_));
    } catch (const base::Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(file_));
      return error.kind() == ErrorKind::input;
    }
    return false;
  }

  std::string file_;
  std::string letters_ = "some letters";
  std::vector<std::int64_t> numbers_;
};

TEST_F(Part, IsReadAsItWasWrittenEachRankItsOwn) {
  const PartHeader header = inspect_part(file_);
  EXPECT_EQ(header.about["rank"], comm.rank());
  EXPECT_EQ(header.bytes(), static_cast<std::int64_t>(letters_.size() + numbers_.size() * 8));
  std::vector<std::int64_t> numbers(numbers_.size());
  std::string letters(letters_.size(), ' ');
  const BytesToFill parts[] = {{"numbers", std::as_writable_bytes(std::span(numbers))},
                               {"letters", std::as_writable_bytes(std::span(letters))},
                               {"nothing", {}}};
  read_part(header, parts);
  EXPECT_EQ(numbers, numbers_);
  EXPECT_EQ(letters, letters_);
  EXPECT_FALSE(refused());
}

TEST_F(Part, WhatIsNotInItOrOfAnotherSizeIsAnError) {
  const PartHeader header = inspect_part(file_);
  std::string letters(letters_.size() + 1, ' ');
  const BytesToFill longer[] = {{"letters", std::as_writable_bytes(std::span(letters))}},
                    other[] = {{"others", std::as_writable_bytes(std::span(letters))}};
  EXPECT_THROW(read_part(header, longer), base::InputError);
  EXPECT_THROW(read_part(header, other), base::InputError);
}

TEST_F(Part, DamageIsFound) {
  std::string whole;
  change([&](std::string& bytes) { whole = bytes; });
  const auto with = [&](const std::string& text, const std::string& by) {
    change([&](std::string& bytes) {
      bytes = whole;
      bytes.replace(bytes.find(text), by.size(), by);
    });
    return refused();
  };
  EXPECT_TRUE(with(letters_, "Some"));
  EXPECT_TRUE(with("\"rank\"", "\"rack\""));
  EXPECT_TRUE(with("complete", "compleat"));  // HDF5 finds its own checksum wrong, or no mark
  EXPECT_TRUE(with("\x89HDF", "no HDF5"));
  for (const std::size_t left : {whole.size() - 40, whole.size() / 2, std::size_t{8}}) {
    change([&](std::string& bytes) { bytes = whole.substr(0, left); });
    EXPECT_TRUE(refused()) << left;
  }
  change([&](std::string& bytes) { bytes = whole; });
  EXPECT_FALSE(refused());
}

TEST_F(Part, ThatCannotBeWrittenIsAnError) {
  EXPECT_THROW(write_part(path("no/folder/part.h5"), {}, {}), base::IoError);
}

}  // namespace
}  // namespace fleetsne::io::testing
