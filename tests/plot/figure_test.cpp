#include "fleetsne/plot/figure.hpp"

#include "fleetsne/plot/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace fleetsne::plot {
namespace {

std::size_t pixels_of(const Picture& picture, Srgb color) {
  return static_cast<std::size_t>(std::count(picture.pixels.begin(), picture.pixels.end(), color));
}

std::vector<Srgb> blank(int size) {
  return std::vector<Srgb>(static_cast<std::size_t>(size) * size, white);
}

Legend legend_with(std::size_t categories) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < categories; ++i) names.push_back("type " + std::to_string(i));
  return legend_of("cell type", names, std::vector<std::int64_t>(categories, 5), {},
                   category_colors(categories));
}

TEST(Figure, LegendShowsEveryColourBesideTheSquare) {
  const Legend legend = legend_with(10);
  const Picture picture = compose(blank(400), 400, "A title", "", legend);
  EXPECT_GT(picture.width, 430);
  for (const auto& entry : legend.entries) EXPECT_GT(pixels_of(picture, entry.color), 20U) << entry.name;
}

TEST(Figure, TextIsDrawn) {
  const Picture bare = compose(blank(400), 400, "", "", {});
  EXPECT_EQ(pixels_of(bare, white), bare.pixels.size());
  const Picture titled = compose(blank(400), 400, "Fashion-MNIST", "70,000 points", {});
  EXPECT_LT(pixels_of(titled, white), titled.pixels.size() - 200) << "no font was found";
}

TEST(Figure, LegendNamesTheMostFrequentAndCountsTheRest) {
  std::vector<std::string> names;
  std::vector<std::int64_t> counts;
  for (int i = 0; i < 500; ++i) {
    names.push_back("type " + std::to_string(i));
    counts.push_back(i);
  }
  const Legend legend = legend_of("x", names, counts, {.count = 3}, category_colors(500));
  EXPECT_EQ(legend.entries.size(), largest_legend + 1);
  EXPECT_EQ(legend.entries.front().name, "type 410");
  EXPECT_EQ(legend.entries.back().color, missing_color);
  EXPECT_EQ(legend.omitted, 409) << "type 0 has no points, so it is not omitted but absent";
  EXPECT_GT(compose(blank(1000), 1000, "", "", legend).width,
            compose(blank(1000), 1000, "", "", legend_with(20)).width + 150);
}

TEST(Figure, SmallPicturesHoldWhatFits) {
  const Picture picture =
      compose(blank(100), 100, "A title that is much longer than the picture is wide", "", legend_with(60));
  EXPECT_LT(picture.width, 1200);
  EXPECT_LT(picture.height, 200) << "the title in three lines";
}

TEST(Figure, AnyBytesCanBeNames) {
  Legend legend = legend_with(3);
  legend.entries[0].name = "\xff\xfe broken \x01";
  legend.entries[1].name = std::string(5000, 'W');
  legend.entries[2].name = "";
  legend.title = "\xc3";
  EXPECT_LT(compose(blank(200), 200, "\xe2\x82", "", legend).width, 600);
}

TEST(Figure, PngBeginsWithItsSignatureAndIsRepeatable) {
  const Picture picture = compose(blank(120), 120, "t", "", legend_with(4));
  const auto png = encode_png(picture);
  const std::vector<unsigned char> signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  ASSERT_GT(png.size(), signature.size());
  EXPECT_TRUE(std::equal(signature.begin(), signature.end(), png.begin()));
  EXPECT_EQ(png, encode_png(picture));
}

TEST(Text, PrintableKeepsUtf8AndReplacesTheRest) {
  EXPECT_EQ(printable("T-Zellen \u03b1\u03b2 \U0001F600"), "T-Zellen \u03b1\u03b2 \U0001F600");
  EXPECT_EQ(printable("a\xffz\xc3"), "a?z?");
  EXPECT_EQ(printable("\xed\xa0\x80"), "???") << "a surrogate";
  EXPECT_EQ(printable("\xc0\xaf"), "??") << "an overlong form";
  EXPECT_EQ(printable("a\nb\tc"), "a b c");
  EXPECT_EQ(printable("a\x01z"), "a?z");
  EXPECT_EQ(printable("T\u2028cells"), "T cells");
  EXPECT_EQ(printable("T\u202ecells\u2066"), "T?cells?") << "what would turn the text of a whole line";
  EXPECT_EQ(printable("\u05d0\u200fb\u2014"), "\u05d0\u200fb\u2014") << "right to left by itself";
}

TEST(Text, LettersAreWhatAReaderSees) {
  const auto letters = [](const std::string& text) { return letter_ends(text).size(); };
  EXPECT_EQ(letters(""), 0U);
  EXPECT_EQ(letters("\u03b1\u03b2c"), 3U);
  EXPECT_EQ(letters("e\u0301"), 1U) << "an accent of its own";
  EXPECT_EQ(letters("\U0001F469\u200D\U0001F52C"), 1U) << "an emoji of three code points";
  EXPECT_EQ(letter_ends("\u03b1b"), (std::vector<std::size_t>{2, 3}));
}

TEST(Text, Thousands) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(1306127), "1,306,127");
}

}  // namespace
}  // namespace fleetsne::plot
