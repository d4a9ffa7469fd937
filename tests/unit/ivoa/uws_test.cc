#include "ivoa/uws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ivoa/fake_service.h"

namespace garner::ivoa {
namespace {

using testing::job_xml;

TEST(Job, KnowsEachPhaseOfTheStandardAndTakesAnyOtherForUnknown) {
  for (const auto word :
       {"PENDING", "QUEUED", "EXECUTING", "SUSPENDED", "HELD", "COMPLETED", "ERROR", "ABORTED", "ARCHIVED"}) {
    EXPECT_EQ(phase_name(parse_phase(word)), word);
    EXPECT_NE(parse_phase(word), Phase::Unknown);
  }
  EXPECT_EQ(parse_phase(" completed\n"), Phase::Completed);
  EXPECT_EQ(parse_phase("DANCING"), Phase::Unknown);
  EXPECT_EQ(parse_phase(""), Phase::Unknown);
}

TEST(Job, ReadsAnErrorSummaryAndItsType) {
  const auto job = parse_job(job_xml(
      "ERROR",
      "<uws:errorSummary type=\"transient\" hasDetail=\"true\"><uws:message>busy</uws:message></uws:errorSummary>"));
  ASSERT_TRUE(job);
  ASSERT_TRUE(job->error);
  EXPECT_TRUE(job->error->transient);
  EXPECT_TRUE(job->error->has_detail);
  EXPECT_EQ(job->error->message, "busy");
}

TEST(Job, KeepsTheLeavesOfItsInfo) {
  const auto job = parse_job(
      job_xml("EXECUTING", "<uws:jobInfo><t><pct_complete>40</pct_complete><total>9</total></t></uws:jobInfo>"));
  ASSERT_TRUE(job);
  ASSERT_EQ(job->info.size(), 2u);
  EXPECT_EQ(job->info[0], (std::pair<std::string, std::string>("pct_complete", "40")));
}

TEST(Job, OfADocumentWithSeveralIsTheOneAskedFor) {
  const std::string two =
      "<jobs><job><jobId>1</jobId><phase>QUEUED</phase></job><job><jobId>2</jobId><phase>ERROR</phase></job></jobs>";
  const auto second = parse_job(two, "2");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->phase, Phase::Error);
  EXPECT_EQ(parse_job(two, "3").error().kind, Kind::Malformed);
  EXPECT_EQ(parse_job(two).error().kind, Kind::Malformed);
  EXPECT_EQ(parse_job("<jobs/>").error().kind, Kind::Malformed);
}

TEST(Job, RefusesWebPagesOtherDocumentsAndHalfOnes) {
  EXPECT_EQ(parse_job(testing::kMaintenance).error().kind, Kind::Maintenance);
  EXPECT_EQ(parse_job("<VOTABLE/>").error().kind, Kind::Malformed);
  const std::string whole = job_xml("QUEUED");
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(parse_job(std::string_view(whole).substr(0, length))) << length;
}

TEST(Job, WithAbsurdlyManyParametersIsTooLarge) {
  std::string parameters = "<uws:parameters>";
  for (int i = 0; i < 20'000; ++i) parameters += "<uws:parameter id=\"p\">x</uws:parameter>";
  EXPECT_EQ(parse_job(job_xml("QUEUED", parameters + "</uws:parameters>")).error().kind, Kind::TooLarge);
}

TEST(Job, MayQuoteAQueryOfManyIds) {
  const auto job = parse_job(job_xml("QUEUED", "<uws:parameters><uws:parameter id=\"QUERY\">" +
                                                   std::string(5'000'000, '7') + "</uws:parameter></uws:parameters>"));
  ASSERT_TRUE(job) << job.error().detail;
  EXPECT_EQ(job->parameters[0].second.size(), 5'000'000u);
}

TEST(JobList, OfAHundredThousandJobsIsRead) {
  std::string list = "<jobs>";
  for (int i = 0; i < 100'000; ++i) list += fmt::format("<jobref id=\"{}\"><phase>COMPLETED</phase></jobref>", i);
  const auto refs = parse_job_list(list + "</jobs>");
  ASSERT_TRUE(refs);
  EXPECT_EQ(refs->size(), 100'000u);
  EXPECT_EQ(refs->back().id, "99999");
}

TEST(Time, IsReadWithAndWithoutFractionAndZone) {
  const auto expected = parse_time("2016-11-17T12:33:50Z");
  ASSERT_TRUE(expected);
  EXPECT_EQ(std::chrono::system_clock::to_time_t(*expected), 1479386030);
  EXPECT_EQ(parse_time("2016-11-17T12:33:50"), expected);
  EXPECT_EQ(parse_time("2016-11-17T13:33:50+0100"), expected);
  EXPECT_EQ(parse_time("2016-11-17T04:33:50.000-08:00"), expected);
  EXPECT_EQ(*parse_time("2016-11-17T12:33:50.755Z") - *expected, std::chrono::milliseconds(755));
}

TEST(Time, ThatCannotBeIsNone) {
  for (const auto text : {"", "2000-00-00T00:00:00Z", "2666-23-23T13:37:00Z", "2016-11-17", "2016-11-17T25:00:00Z",
                          "2016-11-17T12:33:50 o'clock", "0126-11-17T13:33:50Z", "9999-12-31T23:59:59Z", "-1"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

}  // namespace
}  // namespace garner::ivoa
