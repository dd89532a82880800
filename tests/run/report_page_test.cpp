#include "fleetsne/run/report_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace fleetsne::run {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string encoded(std::string_view text) {
  return base64(std::vector<unsigned char>(text.begin(), text.end()));
}

TEST(Base64, TestVectorsOfTheStandard) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::vector<unsigned char>{0xfb, 0xff, 0xfe}), "+//+");
}

TEST(HtmlEscaped, WhatHasAMeaningAndWhatHasNoPlace) {
  EXPECT_EQ(html_escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
  EXPECT_EQ(html_escaped("T-Zellen \u03b1\n"), "T-Zellen \u03b1\n");
  EXPECT_EQ(html_escaped("\x01z\xff"), "\ufffdz\ufffd");
}

TEST(ReportPage, OfAFailedRunSaysWhyAndLeavesOutWhatThereIsNot) {
  const nlohmann::json report{{"version", "1"},
                              {"ranks", 3},
                              {"threads", 1},
                              {"hosts", 1},
                              {"points", 1234567},
                              {"columns", 50},
                              {"command", {"fleetsne", "embed", "it's <here>.npy"}},
                              {"config", {{"plot", {{"title", "<script>alert(1)</script>"}}}}},
                              {"stages", nlohmann::json::array()},
                              {"error", "the disk is full (<0 bytes>). Free some"},
                              {"exit_code", 4}};
  const std::string page = report_page(report, {});
  EXPECT_THAT(page, HasSubstr("The run failed.</strong> the disk is full (&lt;0 bytes&gt;). Free some"));
  EXPECT_THAT(page, HasSubstr("1,234,567"));
  EXPECT_THAT(page, HasSubstr("&#39;it&#39;\\&#39;&#39;s &lt;here&gt;.npy&#39;"));
  for (const char* absent : {"<script", "<img", "<svg", "Time of the stages", "KL divergence"})
    EXPECT_THAT(page, Not(HasSubstr(absent)));
}

TEST(ReportPage, TakesNamesThatAreNotUtf8) {
  const nlohmann::json report{{"command", {"fleetsne", "\xff.npy"}}, {"config", nlohmann::json::object()}};
  EXPECT_THAT(report_page(report, {}), HasSubstr("\ufffd.npy"));
}

}  // namespace
}  // namespace fleetsne::run
