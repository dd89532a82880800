#include "fleetsne/plot/text.hpp"

#include "fleetsne/plot/abbreviate.hpp"
#include "fleetsne/plot/figure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace fleetsne::plot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Names of the Cell Ontology, as CELLxGENE's files have them.
const std::vector<std::string> cell_types{
    "CD8-positive, alpha-beta memory T cell",
    "CD8-positive, alpha-beta memory T cell, CD45RO-positive",
    "effector memory CD8-positive, alpha-beta T cell",
    "effector memory CD8-positive, alpha-beta T cell, terminally differentiated",
    "effector memory CD4-positive, alpha-beta T cell, terminally differentiated",
    "naive thymus-derived CD8-positive, alpha-beta T cell",
    "naive thymus-derived CD4-positive, alpha-beta T cell",
    "neuron of the peripheral nervous system",
    "neuron of the peripheral nervous system, sympathetic",
    "neuron of the peripheral nervous system, parasympathetic",
    "B cell"};

/// Room for so many letters.
auto room_for(std::size_t letters) {
  return [letters](const std::string& text) { return letter_ends(text).size() <= letters; };
}

std::size_t distinct(const std::vector<std::string>& texts) {
  return std::set<std::string>(texts.begin(), texts.end()).size();
}

TEST(Abbreviated, NoTwoAreEqualHoweverLittleRoomThereIs) {
  for (const std::size_t letters : {60U, 45U, 30U, 25U, 20U, 15U, 10U}) {
    const auto shown = abbreviated(cell_types, room_for(letters));
    EXPECT_EQ(distinct(shown), cell_types.size()) << letters;
    for (const std::string& text : shown) EXPECT_LE(letter_ends(text).size(), letters) << text;
    EXPECT_EQ(shown.back(), "B cell");
  }
  EXPECT_EQ(abbreviated(cell_types, room_for(80)), cell_types);
}

TEST(Abbreviated, ShowsThePartWhereNamesDiffer) {
  const std::string before(150, 'x'), after(150, 'y');
  const auto shown =
      abbreviated(std::vector<std::string>{before + "A" + after, before + "B" + after, "C"}, room_for(30));
  EXPECT_THAT(shown[0], HasSubstr("xAy"));
  EXPECT_THAT(shown[1], HasSubstr("xBy"));
  EXPECT_EQ(shown[2], "C");
  const std::vector<std::string> files{"/scratch/atlas/runs/2026-11-30/perplexity-30/embedding.h5ad",
                                       "/scratch/atlas/runs/2026-11-30/perplexity-50/embedding.h5ad"};
  EXPECT_THAT(abbreviated(files, room_for(45)),
              ElementsAre(HasSubstr("30/embedding"), HasSubstr("50/embedding")));
}

TEST(Abbreviated, KeepsLettersWhole) {
  const std::vector<std::string> names{std::string(30, 'a') + "e\u0301" + std::string(30, 'b'),
                                       std::string(30, 'a') + "e" + std::string(30, 'b')};
  const auto shown = abbreviated(names, room_for(12));
  EXPECT_THAT(shown[0], HasSubstr("ae\u0301b"));
  EXPECT_THAT(shown[1], HasSubstr("aeb"));
}

TEST(ToldApart, WhatLooksAlikeIsNumbered) {
  const std::vector<std::string> names{"T cell", " T  cell",  "T\tcell",    "",
                                       "\n",     "caf\u00e9", "cafe\u0301", "\xff"};
  EXPECT_THAT(told_apart(names), ElementsAre("T cell", "T cell (2)", "T cell (3)", "(empty name)",
                                             "(empty name) (2)", "caf\u00e9", "caf\u00e9 (2)", "?"));
}

Sheet sheet_with(const std::vector<std::string>& names) {
  Sheet sheet{.title = "", .note = "", .panels = {}, .size = 400};
  sheet.panels.push_back({.width = 400, .height = 400, .pixels = std::vector<Srgb>(160000, white)});
  sheet.legend = legend_of("cell type", names, std::vector<std::int64_t>(names.size(), 1), {},
                           category_colors(names.size()), legend_room(sheet));
  return sheet;
}

TEST(Legend, LongNamesHaveTheirRoomAndAllColorsAreThere) {
  for (const std::size_t copies : {1U, 4U, 6U}) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < copies; ++i)
      for (const std::string& name : cell_types) names.push_back(name + ", sample " + std::to_string(i));
    const Sheet sheet = sheet_with(names);
    ASSERT_EQ(sheet.legend.entries.size(), names.size());
    const Picture picture = compose(sheet);
    EXPECT_TRUE(picture.warnings.empty());
    for (const Legend::Entry& entry : sheet.legend.entries)
      EXPECT_GT(std::ranges::count(picture.pixels, entry.color), 8) << entry.name;
    EXPECT_EQ(picture.height, compose(sheet_with({"a"})).height) << "the panel decides the height";
    EXPECT_LT(picture.width, 400 + 90 * 9);
  }
}

TEST(Legend, ANameOfSeveralLinesMovesTheNextOne) {
  const auto last_row_of = [](const Picture& picture, Srgb color) {
    const auto last = std::ranges::find(picture.pixels.rbegin(), picture.pixels.rend(), color);
    return (picture.pixels.rend() - last) / picture.width;
  };
  const Srgb second = category_colors(2)[1];
  const Picture lines = compose(sheet_with({cell_types[3] + ", of the bone marrow", "B cell"})),
                line = compose(sheet_with({"T cell", "B cell"}));
  EXPECT_GT(last_row_of(lines, second), last_row_of(line, second) + 8);
}

TEST(Legend, WarnsOfCharactersThatNoFontHas) {
  const Picture picture = compose(sheet_with({"T cell \U0010FFF0\U0010FFF1", "B cell \U0010FFF0"}));
  ASSERT_EQ(picture.warnings.size(), 1U);
  EXPECT_THAT(picture.warnings[0], HasSubstr("2 characters"));
  EXPECT_THAT(picture.warnings[0], HasSubstr("U+10FFF0 U+10FFF1 (no installed font has them)"));
}

TEST(Legend, TakesNamesOfAnyKind) {
  const std::vector<std::string> names{
      std::string(300, 'W'),      "a\nb",     "<b>&", "\u202eevil", "\u062e\u0644\u064a\u0629 CD8 12",
      std::string("nul\0nul", 7), "\xf0\x9f", "   "};
  const Picture picture = compose(sheet_with(names));
  EXPECT_LT(picture.width, 800);
}

}  // namespace
}  // namespace fleetsne::plot
