#include "control/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/metrics.h"
#include "control/percent.h"
#include "control/sources_page.h"
#include "fake_service.h"

namespace garner::control {
namespace {

using control_test::example_status;
using testing::HasSubstr;

TEST(Messages, AStatusSurvivesTheWayThroughJson) {
  const auto status = example_status();
  const auto back = parse_status(status_json(status));
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(status_json(*back), status_json(status));
  EXPECT_EQ(back->requested, 2'406'004u);
  EXPECT_EQ(back->chunks_in_flight, 3u);
  EXPECT_EQ(back->types.at(1).retrieval_type, "XP_CONTINUOUS");
  EXPECT_EQ(back->in_flight.at(0).chunk, 1156u);
  EXPECT_DOUBLE_EQ(back->eta_s.value(), 18'700);
  EXPECT_EQ(back->submitted_s, 1'790'000'000);
}

TEST(Messages, WindowsAndCapsSurviveTheWayThroughJson) {
  auto status = example_status();
  status.window = "20:00-06:00 Europe/Madrid";
  status.limited_by = "30 requests/min (for gaia)";
  status.opens_s = 1'790'000'001;
  status.closes_s = 1'790'000'002;
  status.deadline_s = 1'790'000'003;
  const auto back = parse_status(status_json(status));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->window, status.window);
  EXPECT_EQ(back->limited_by, status.limited_by);
  EXPECT_EQ(back->opens_s, status.opens_s);
  EXPECT_EQ(back->closes_s, status.closes_s);
  EXPECT_EQ(back->deadline_s, status.deadline_s);
}

TEST(Messages, AStatusHoldsEveryPromisedKey) {
  const auto json = status_json(example_status());
  for (const char* key : {"name", "state", "waiting_for", "requested", "pending", "delivered", "absent", "failed",
                          "refused", "bytes_received", "bytes_stored", "chunks", "total", "done", "in_flight",
                          "blocked", "rate_sources_per_s", "eta_s", "types"}) {
    EXPECT_THAT(json, HasSubstr(fmt::format("\"{}\":", key)));
  }
}

TEST(Messages, HowAnArchiveIsAskedSurvivesTheWayThroughJson) {
  auto status = example_status();
  EXPECT_THAT(status_json(status), HasSubstr("\"archive_status\":null"));
  status.archive_status = control_test::example_archive();
  status.archive_status->tried_low = 2;
  status.archive_status->tried_high = 3;
  EXPECT_THAT(status_json(status), HasSubstr("\"breaker\":{\"state\":\"closed\"}"));
  status.archive_status->breaker = "open";
  status.archive_status->breaker_since_s = 1'790'000'000;
  status.archive_status->breaker_because = "Archive down";
  status.archive_status->next_probe_s = 41.5;
  status.archive_status->probes_failed = 7;
  const auto back = parse_status(status_json(status));
  ASSERT_TRUE(back);
  EXPECT_EQ(status_json(*back), status_json(status));
  ASSERT_TRUE(back->archive_status);
  EXPECT_EQ(back->archive_status->last_change->from, 4u);
  EXPECT_EQ(back->archive_status->breaker_because, "Archive down");
  EXPECT_DOUBLE_EQ(back->archive_status->next_probe_s, 41.5);
}

TEST(Messages, MetricsTellOnceHowAnArchiveIsAsked) {
  std::vector<harvest::HarvestStatus> harvests = {example_status("a"), example_status("b"), example_status("c")};
  for (auto& status : harvests) status.archive_status = control_test::example_archive();
  harvests[2].archive = "other";
  harvests[2].archive_status->breaker = "probing";
  const auto text = metrics_text({"0.1.0", 1, 12.5, ""}, harvests);
  EXPECT_THAT(text, HasSubstr("garner_archive_requests_in_flight_limit{archive=\"gaia\"} 3\n"
                              "garner_archive_requests_in_flight_limit{archive=\"other\"} 3\n# HELP"));
  EXPECT_THAT(text, HasSubstr("garner_archive_breaker_open{archive=\"gaia\"} 0\n"
                              "garner_archive_breaker_open{archive=\"other\"} 1\n"));
}

TEST(Messages, AnUnknownTimeOfArrivalIsNull) {
  auto status = example_status();
  status.eta_s.reset();
  EXPECT_THAT(status_json(status), HasSubstr("\"eta_s\":null"));
  EXPECT_FALSE(parse_status(status_json(status))->eta_s);
}

TEST(Messages, HoldWhenTheLastTroubleWasAndWhatAwaitsTheSecondLook) {
  auto status = example_status();
  status.last_trouble_s = 1'790'000'007;
  status.chunks_to_look_at = 12;
  status.reasons = {{"suspect", "null", "chunk", 3, 1, 2, "null, of one", "RVS", 4, 5937083312263887616, 1}};
  const auto back = parse_status(status_json(status));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->last_trouble_s, status.last_trouble_s);
  EXPECT_EQ(back->chunks_to_look_at, 12u);
  ASSERT_EQ(back->reasons.size(), 1u);
  EXPECT_EQ(back->reasons[0].ids, 1u) << "the example is a single source";
}

TEST(Messages, BrokenTextFromAnArchiveIsNoObstacle) {
  auto status = example_status();
  status.last_trouble = "bad \xff byte and \"quotes\"";
  EXPECT_TRUE(parse_status(status_json(status)));
}

TEST(Messages, AReplyWithoutAHarvestIsMalformed) {
  EXPECT_EQ(parse_status("{}").error().kind, Kind::Malformed);
  EXPECT_EQ(parse_status("[1").error().kind, Kind::Malformed);
  EXPECT_EQ(parse_status("null").error().kind, Kind::Malformed);
  EXPECT_EQ(parse_statuses("{\"harvests\": 3}").error().kind, Kind::Malformed);
  EXPECT_EQ(parse_verify("[]").error().kind, Kind::Malformed);
}

TEST(Messages, ValuesOfAnotherTypeLeaveTheDefault) {
  const auto status = parse_status(
      R"({"name": "n", "requested": "many", "failed": -1, "chunks": 5, "types": [null, 3], "eta_s": "soon"})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->requested, 0u);
  EXPECT_EQ(status->failed, 0u);
  EXPECT_FALSE(status->eta_s);
}

TEST(Messages, NumbersThatOtherProgramsWouldRoundAreNotTaken) {
  EXPECT_EQ(parse_status(R"({"name": "n", "requested": 9007199254740993})")->requested, 0u);
  EXPECT_EQ(parse_status(R"({"name": "n", "requested": 9007199254740992})")->requested, 9007199254740992u);
}

TEST(Messages, JsonNestedTooDeepIsRefused) {
  EXPECT_EQ(parse_status(std::string(100'000, '[')).error().kind, Kind::Malformed);
}

TEST(Messages, EveryKindOfErrorSurvivesTheWayThroughJson) {
  for (int k = 0; k <= static_cast<int>(Kind::Internal); ++k) {
    const Error error{static_cast<Kind>(k), "line 1\nline 2", std::nullopt};
    const auto back = parse_error(500, error_json(error));
    EXPECT_EQ(back.kind, error.kind);
    EXPECT_EQ(back.detail, error.detail);
  }
}

TEST(Messages, AnErrorPageOfSomethingElseIsToldByItsStatus) {
  const auto error = parse_error(502, "<html>Bad gateway</html>");
  EXPECT_EQ(error.kind, Kind::Internal);
  EXPECT_THAT(error.detail, HasSubstr("502"));
}

TEST(Messages, AnErrorWithoutWordsIsToldByItsStatus) {
  const auto error = parse_error(409, R"({"error": {"kind": "conflict"}})");
  EXPECT_EQ(error.kind, Kind::Conflict);
  EXPECT_THAT(error.detail, HasSubstr("409"));
}

TEST(Messages, KindsBecomeHttpStatuses) {
  EXPECT_EQ(http_status(Kind::Invalid), 400u);
  EXPECT_EQ(http_status(Kind::Malformed), 400u);
  EXPECT_EQ(http_status(Kind::Auth), 403u);
  EXPECT_EQ(http_status(Kind::NotFound), 404u);
  EXPECT_EQ(http_status(Kind::Conflict), 409u);
  EXPECT_EQ(http_status(Kind::TooLarge), 413u);
  EXPECT_EQ(http_status(Kind::DiskFull), 507u);
  EXPECT_EQ(http_status(Kind::Overloaded), 503u);
  EXPECT_EQ(http_status(Kind::Corrupt), 500u);
}

TEST(Messages, ASubmissionsVerdictSurvivesTheWayThroughJson) {
  harvest::SubmitResult result;
  result.already_here = true;
  result.status = example_status();
  result.plan = {"rvs-bright", 10, 1, 2, 20, 3, 500, 1000, 900, 5000, 0.5, 1.5, 25, 225, "rows", true, 7};
  const auto back = parse_submit(submit_json(result, false));
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(submit_json(*back, false), submit_json(result, false));
  EXPECT_THAT(submit_json(result, true), testing::Not(HasSubstr("\"harvest\"")));
}

TEST(SourcesPage, KeepsAllDigitsAndOneRowALine) {
  harvest::SourcesPage page;
  page.rows = {{SourceId{5937083312263887616}, "RVS", "gave up:\t500\n\"null\""},
               {SourceId{4657994321463473792}, "RVS", ""}};
  const auto text = sources_tsv(page);
  EXPECT_EQ(text, "5937083312263887616\tRVS\tgave up: 500 \"null\"\n4657994321463473792\tRVS\t\n");
  const auto back = parse_sources_tsv(text, false);
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(back->rows.at(0).id.value, 5937083312263887616u);
}

TEST(SourcesPage, ACutOrForeignLineIsMalformed) {
  EXPECT_FALSE(parse_sources_tsv("1\tRVS\tcut", false));
  EXPECT_FALSE(parse_sources_tsv("1\tRVS\n", false));
  EXPECT_FALSE(parse_sources_tsv("1e18\tRVS\t\n", false));
  EXPECT_TRUE(parse_sources_tsv("ids.txt line 12\t1e18\tnot whole\n", true));
}

TEST(Percent, EncodesWhatAUrlCannotHold) {
  EXPECT_EQ(percent_encode("RVS-Gaia DR3 1.xml"), "RVS-Gaia%20DR3%201.xml");
  EXPECT_EQ(percent_decode(percent_encode("a/b?c&d=\xff%")), "a/b?c&d=\xff%");
  EXPECT_EQ(percent_decode("%zz%2"), "%zz%2");
  EXPECT_EQ(percent_decode("%41"), "A");
}

TEST(Metrics, TellEveryOutcomeOfEveryType) {
  const std::vector<harvest::HarvestStatus> harvests = {example_status()};
  const auto text = metrics_text({"0.1.0", 1, 12.5, ""}, harvests);
  EXPECT_THAT(
      text,
      HasSubstr(
          "garner_harvest_products{harvest=\"rvs-bright\",retrieval_type=\"RVS\",outcome=\"delivered\"} 546300\n"));
  EXPECT_THAT(text, HasSubstr("garner_harvest_received_bytes_total{harvest=\"rvs-bright\"} 12400000000\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE garner_harvest_received_bytes_total counter\n"));
}

}  // namespace
}  // namespace garner::control
