#include "client/tap_answer.h"

#include <gtest/gtest.h>

#include "client/tap_actions.h"

namespace garner::client {
namespace {

using ivoa::Verdict;

std::string votable(std::string_view status, std::size_t rows) {
  std::string out = fmt::format(
      "<VOTABLE version=\"1.4\"><RESOURCE type=\"results\"><INFO name=\"QUERY_STATUS\" value=\"{}\"/><TABLE><FIELD "
      "name=\"n\" datatype=\"int\"/><DATA><TABLEDATA>",
      status);
  for (std::size_t i = 0; i < rows; ++i) out += "<TR><TD>1</TD></TR>";
  return out + "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
}

AnswerFacts facts(const std::string& body, std::string_view format, std::uint64_t limit = 0) {
  return examine_answer(std::as_bytes(std::span(body)), format, limit);
}

TEST(TapAnswer, OfExactlyTheServicesRowsCountsAsCut) {
  EXPECT_EQ(facts(votable("OK", 3), "votable_plain", 4).verdict, Verdict::Ok);
  EXPECT_EQ(facts(votable("OK", 4), "votable_plain", 4).verdict, Verdict::Overflow);
  EXPECT_EQ(facts("n\n1\n2\n", "csv", 2).verdict, Verdict::Overflow);
  EXPECT_EQ(facts("n\n1\n2\n", "csv", 3).verdict, Verdict::Ok);
  EXPECT_EQ(facts("n\n1\n2\n", "csv", 3).rows, 2);
  EXPECT_EQ(facts("{\"metadata\":[],\"data\":[[1],[2]]}", "json", 2).verdict, Verdict::Overflow);
}

TEST(TapAnswer, IsCutWhereItsEndIsMissing) {
  const auto whole = votable("OK", 3);
  EXPECT_EQ(facts(whole.substr(0, whole.size() - 12), "votable_plain").verdict, Verdict::Cut);
  EXPECT_EQ(facts("{\"metadata\":[],\"data\":[[1],", "json").verdict, Verdict::Cut);
  EXPECT_EQ(facts("SIMPLE  =                    T", "fits").verdict, Verdict::Cut);
  EXPECT_EQ(facts("", "votable_plain").verdict, Verdict::Cut);
}

TEST(TapAnswer, WithAnErrorBehindItsRowsIsAnError) {
  auto body = votable("OK", 3);
  body.insert(body.find("</RESOURCE>"), "<INFO name=\"QUERY_STATUS\" value=\"ERROR\">the disk broke</INFO>");
  const auto seen = facts(body, "votable");
  EXPECT_EQ(seen.verdict, Verdict::Error);
  EXPECT_NE(seen.why.detail.find("the disk broke"), std::string::npos);
}

TEST(TapAnswer, GoesByTheNameOfTheFileUnlessAFormatIsNamed) {
  EXPECT_EQ(format_of_file("x.fits"), "fits");
  EXPECT_EQ(format_of_file("a.b/x.VOT"), "votable");
  EXPECT_EQ(format_of_file("x.csv"), "");
  EXPECT_EQ(format_of_file(""), "");
  Arguments arguments;
  arguments.output = "x.fits";
  EXPECT_EQ(delivery_of(arguments).format, "fits");
  EXPECT_FALSE(delivery_of(arguments).rendered);
  arguments.format = "csv";
  EXPECT_EQ(delivery_of(arguments).format, "csv");
  EXPECT_TRUE(delivery_of(Arguments{}).rendered);
  EXPECT_EQ(delivery_of(Arguments{}).format, kRenderedFormat);
}

}  // namespace
}  // namespace garner::client
