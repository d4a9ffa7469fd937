#include "ivoa/votable_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ivoa/fake_service.h"

namespace garner::ivoa {
namespace {

using ::testing::HasSubstr;
using testing::votable;

const std::string kOk = "<INFO name=\"QUERY_STATUS\" value=\"OK\"/>";
const std::string kOverflow = "<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>";
const std::string kError = "<INFO name=\"QUERY_STATUS\" value=\"ERROR\">disk on fire</INFO>";

Answer read(std::string_view text) {
  return read_answer(std::as_bytes(std::span(text)));
}

TEST(Verdict, IsOkWithItsRowsWhereNothingElseIsSaid) {
  EXPECT_EQ(read(votable(kOk)).verdict, Verdict::Ok);
  EXPECT_EQ(read(votable("")).verdict, Verdict::Ok);
  EXPECT_EQ(read(votable(kOk)).rows, 2u);
  EXPECT_EQ(read(votable(kOk, "", 0)).verdict, Verdict::Ok);
}

TEST(Verdict, OfALaterStatusOverridesAnEarlierOne) {
  EXPECT_EQ(read(votable(kOk, kOverflow)).verdict, Verdict::Overflow);
  EXPECT_EQ(read(votable(kOk, kError)).verdict, Verdict::Error);
  EXPECT_EQ(read(votable(kOverflow, kError)).verdict, Verdict::Error);
  EXPECT_EQ(read(votable(kOverflow)).verdict, Verdict::Overflow);
  EXPECT_THAT(read(votable(kOk, kError)).why.detail, HasSubstr("disk on fire"));
}

TEST(Verdict, DoesNotCareForTheCaseOfTheStatus) {
  EXPECT_EQ(read(votable(kOk, "<INFO name=\"query_status\" value=\"Overflow\"/>")).verdict, Verdict::Overflow);
  EXPECT_EQ(read(votable(kOk, "<INFO name=\"query_status\" value=\"error\">x</INFO>")).verdict, Verdict::Error);
  EXPECT_EQ(read(votable("<INFO name=\"QUERY_STATUS\" value=\"MELTED\"/>")).verdict, Verdict::Error);
}

TEST(Verdict, OfAnErrorIsJudgedByItsWords) {
  const auto late = read(votable(kOk, "<INFO name=\"QUERY_STATUS\" value=\"ERROR\">Query timed out</INFO>", 1000));
  EXPECT_EQ(late.verdict, Verdict::Error);
  EXPECT_EQ(late.why.kind, Kind::TooLarge);
  EXPECT_EQ(late.rows, 1000u) << "and none of them counts";
  EXPECT_EQ(read(testing::error_votable("quota exceeded")).why.kind, Kind::Quota);
  EXPECT_EQ(read("<VOTABLE><INFO name=\"ERROR\">missing name</INFO></VOTABLE>").verdict, Verdict::Error);
}

TEST(Verdict, IsNeverOkForAnyCutOfAnAnswer) {
  const std::string whole = votable(kOk, "<INFO name=\"QUERY_STATUS\" value=\"OK\"/>", 50);
  const std::size_t end = whole.find("</VOTABLE>") + 10;
  for (std::size_t length = 0; length < end; ++length) {
    const auto answer = read(std::string_view(whole).substr(0, length));
    EXPECT_EQ(answer.verdict, Verdict::Cut) << length;
  }
  EXPECT_EQ(read(std::string_view(whole).substr(0, end)).verdict, Verdict::Ok);
}

TEST(Verdict, OfASecondDocumentBehindHalfOfTheFirstIsACutWithItsWords) {
  const std::string whole = votable(kOk, "", 5000);
  const auto answer =
      read(whole.substr(0, whole.size() / 2) + testing::error_votable("canceling statement due to statement timeout"));
  EXPECT_EQ(answer.verdict, Verdict::Cut);
  EXPECT_EQ(answer.why.kind, Kind::TooLarge) << answer.why.detail;
  EXPECT_THAT(answer.why.detail, HasSubstr("statement timeout"));
  const auto page = read(whole.substr(0, whole.size() / 2) + testing::error_page("null"));
  EXPECT_EQ(page.verdict, Verdict::Cut);
  EXPECT_EQ(page.why.kind, Kind::Corrupt);
}

TEST(Verdict, OfAWebPageIsNoAnswerAtAll) {
  const auto answer = read(testing::kMaintenance);
  EXPECT_EQ(answer.verdict, Verdict::Cut);
  EXPECT_EQ(answer.why.kind, Kind::Maintenance);
  EXPECT_EQ(read("").verdict, Verdict::Cut);
  EXPECT_EQ(read("a,b\n1,2\n").verdict, Verdict::Cut);
}

TEST(Verdict, RefusesEntitiesInAnAnswer) {
  std::string bomb = votable(kOk);
  bomb.insert(bomb.find("<VOTABLE"), "<!DOCTYPE VOTABLE [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>");
  EXPECT_EQ(read(bomb).verdict, Verdict::Cut);
}

TEST(Verdict, OfExactlyTheRowLimitIsOverflow) {
  EXPECT_EQ(with_row_limit(Verdict::Ok, 2000, 2000), Verdict::Overflow);
  EXPECT_EQ(with_row_limit(Verdict::Ok, 1999, 2000), Verdict::Ok);
  EXPECT_EQ(with_row_limit(Verdict::Ok, 0, 0), Verdict::Ok);
  EXPECT_EQ(with_row_limit(Verdict::Error, 2000, 2000), Verdict::Error);
}

}  // namespace
}  // namespace garner::ivoa
