#include "ivoa/dali.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ivoa/fake_service.h"
#include "ivoa/server_words.h"

namespace garner::ivoa {
namespace {

using ::testing::HasSubstr;

TEST(ServersWords, AreFoundInAllThreeFormsOfAnError) {
  EXPECT_EQ(extract_message(testing::error_page("the &quot;reason&quot;")), "the \"reason\"");
  EXPECT_EQ(extract_message(testing::error_votable("the reason\nin lines")), "the reason in lines");
  EXPECT_EQ(extract_message("plain  reason\n"), "plain reason");
  EXPECT_EQ(error_info_of("<VOTABLE><INFO name=\"ERROR\"> missing name </INFO></VOTABLE>"), "missing name");
  EXPECT_FALSE(error_info_of("<VOTABLE><INFO name=\"QUERY\">x</INFO></VOTABLE>"));
}

TEST(Judging, SaysWhatTheCallerCanDo) {
  EXPECT_EQ(judge_words("null", 500, {}).kind, Kind::Suspect);
  EXPECT_EQ(judge_words("Error 500: null", 500, {}).kind, Kind::Suspect);
  EXPECT_EQ(judge_words("", 200, {.with_upload = true, .format = {}}).kind, Kind::Quota);
  EXPECT_THAT(judge_words("null", 500, {.with_upload = true, .format = {}}).detail, HasSubstr("quota"));
  EXPECT_EQ(judge_words("relation \"gaia.nix\" does not exist", 400, {}).kind, Kind::Unsupported);
  EXPECT_EQ(judge_words("canceling statement due to conflict with recovery", 500, {}).kind, Kind::Overloaded);
  EXPECT_EQ(judge_words("no such job", 404, {}).kind, Kind::NotFound);
}

// As DaCHS 2.7 with PostgreSQL 15 says them, all with status 200 but the last two.
TEST(Dali, UnderstandsTheWordsOfDachs) {
  const auto kind = [](std::string_view words, int status = 200) { return judge_words(words, status, {}).kind; };
  for (const auto* wrong : {
           "Field query: Could not parse your query: Expected select list, found 'F'  (at char 13), (line:1, col:14)",
           "Field query: No such field known: column 'sourceid' could not be located in table metadata",
           "Field query: Could not locate table 'gaia.nothing'",
           "Field query: operator does not exist: text > integer",
           "Field query: column \"source.ra\" must appear in the GROUP BY clause or be used in an aggregate function",
           "Field query: invalid input syntax for type double precision: \"x\"",
           "Field query: division by zero",
           "Field query: column reference \"source_id\" is ambiguous",
           "Field query: Required parameter 'query' missing.",
           "Field maxrec: 'foo' is not a valid literal for maxrec",
           "Field responseformat: 'nonsense' is not a valid value for responseformat",
           "This service does not support the query language SQL",
       }) {
    EXPECT_EQ(kind(wrong), Kind::Unsupported) << wrong;
  }
  EXPECT_EQ(kind("Field query: Query timed out (took too long)."), Kind::TooLarge);
  EXPECT_EQ(kind("Could not access the jobs table. This probably means there is a stale lock on it."),
            Kind::Overloaded);
  EXPECT_EQ(kind("Would only accept 0 bytes of upload here.", 413), Kind::TooLarge);
  EXPECT_EQ(kind("UWS job 'nosuchjob' could not be located in jobs table", 404), Kind::NotFound);
}

TEST(Judging, NeverFailsOnRandomBodies) {
  const std::array<std::string_view, 10> parts = {
      "<INFO",    " name=\"QUERY_STATUS\"", " value=\"ERROR\"", ">", "<TABLE>", "<html", "<?xml", "\x1f\x8b", "null",
      "SIMPLE  ="};
  std::uint64_t state = 0x9E3779B97F4A7C15ull;
  for (int round = 0; round < 3000; ++round) {
    std::string body;
    for (int i = 0; i < 10; ++i) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      body += parts[state % parts.size()];
    }
    const auto reply = testing::reply(round % 2 == 0 ? 200 : 500, body);
    for (const std::string format : {"votable", "fits", "csv", ""}) {
      const auto error = judge_answer(reply, {.with_upload = false, .format = format}, {});
      if (error) {
        EXPECT_LT(error->detail.size(), 2000u);
      }
    }
  }
}

TEST(Formats, OfVotablesAreKnownByAnySpelling) {
  for (const auto format :
       {"votable", "votable_gzip", "votable_plain", "application/x-votable+xml;serialization=BINARY2", "text/xml"})
    EXPECT_TRUE(is_votable_format(format));
  for (const auto format : {"csv", "fits", "json", "text/csv"}) EXPECT_FALSE(is_votable_format(format));
}

}  // namespace
}  // namespace garner::ivoa
