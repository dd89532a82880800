#include "fleetsne/sweep/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleetsne::sweep {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<Outcome> two_rows() {
  return {{.name = "a",
           .status = {.state = State::done, .attempts = 1, .seconds = 2.5},
           .settings = {{"affinity.perplexities", "50,500"}},
           .figures = {{"kl", 1.25}, {"label_accuracy", std::nullopt}, {"ranks", 2.0}},
           .folder = "rows/a",
           .picture = "rows/a/embedding.png"},
          {.name = "b<",
           .status = {.state = State::failed, .attempts = 2, .exit_code = 5, .error = "it \"broke\",\nbadly"},
           .settings = {{"affinity.perplexities", ""}},
           .figures = {{"kl", std::nullopt}, {"label_accuracy", std::nullopt}, {"ranks", std::nullopt}},
           .folder = "rows/b<",
           .picture = ""}};
}

TEST(Table, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(csv(two_rows()),
            "row,state,affinity.perplexities,kl,label_accuracy,ranks,attempts,exit_code,error\n"
            "a,done,\"50,500\",1.25,,2,1,0,\n"
            "b<,failed,,,,,2,5,\"it \"\"broke\"\",\nbadly\"\n");
}

TEST(Table, TextLeavesOutColumnsWithoutAnyValue) {
  const std::string text = to_text(two_rows());
  EXPECT_THAT(text, HasSubstr("row  state   affinity.perplexities      kl\n"));
  EXPECT_THAT(text, HasSubstr("a    done                   50,500  1.2500\n"));
  EXPECT_THAT(text, HasSubstr("b<   failed                      -       -\n"));
  EXPECT_THAT(text, HasSubstr("b<: it \"broke\",\nbadly\n"));
  EXPECT_THAT(text, HasSubstr("RESULT row=a state=done kl=1.2500 ranks=2\n"));
  EXPECT_THAT(text, Not(HasSubstr("label_accuracy")));
}

TEST(Table, PageEscapesEveryText) {
  const std::string text = page("<sweep>", two_rows());
  EXPECT_THAT(text, HasSubstr("<title>&lt;sweep&gt;</title>"));
  EXPECT_THAT(text, HasSubstr("b&lt;"));
  EXPECT_THAT(text, HasSubstr("rows/b%3C/report.html"));
  EXPECT_THAT(text, HasSubstr("it &quot;broke&quot;"));
  EXPECT_THAT(text, Not(HasSubstr("b<<")));
  EXPECT_THAT(text, HasSubstr("1 of 2 embeddings are done"));
}

}  // namespace
}  // namespace fleetsne::sweep
