// `garner log` and the histogram of `garner status --verbose` against a daemon in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/format.h"
#include "control/log_messages.h"
#include "daemon_fixture.h"
#include "run_garner.h"

namespace garner::client {
namespace {

using client_test::Outcome;
using client_test::run_garner;
using control_test::example_status;
using control_test::TestDaemon;
using testing::HasSubstr;

harvest::LogLine failed_line() {
  harvest::LogLine line;
  line.retrieval_type = "RVS";
  line.entry.order = 17;
  line.entry.at_s = 1'790'000'000;
  line.entry.text = "500 pool empty";
  line.entry.next = "tried again after 41 s";
  line.entry.attempt = ledger::Attempt{0, 1139, 500, SourceId{5937083312263887616}, SourceId{5937083312263887999}};
  line.entry.trouble = ledger::Trouble{"overloaded", ledger::Against::Archive, "500 pool empty"};
  return line;
}

struct LogCommand : testing::Test {
  TestDaemon daemon;
  void SetUp() override {
    daemon.service.harvests["rvs-bright"] = example_status();
    harvest::LogLine paused;
    paused.entry.order = 18;
    paused.entry.at_s = 1'790'000'050;
    paused.entry.text = "paused by ada";
    daemon.service.log_page = {{failed_line(), paused}, {}};
  }
  Outcome garner(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--socket", daemon.socket()});
    return run_garner(arguments);
  }
};

TEST_F(LogCommand, PrintsALineAnEventTheNewestLast) {
  const auto outcome = garner({"log", "rvs-bright"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("RVS chunk 1139, 500 ids: 500 pool empty; tried again after 41 s\n"));
  EXPECT_THAT(outcome.out, testing::EndsWith("paused by ada\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("^2026-09-[0-9 :-]+ " + zone_text(1'790'000'000) + "  RVS chunk"))
      << "whose clock";
  EXPECT_EQ(daemon.service.log_question.most, 50u);
}

TEST_F(LogCommand, SaysWhatNumberOfLinesItTakes) {
  for (const char* wrong : {"0", "-5", "10001", "all"}) {
    const auto outcome = garner({"log", "rvs-bright", "--last", wrong});
    EXPECT_EQ(outcome.code, 2) << wrong;
    EXPECT_EQ(outcome.err, fmt::format("garner: --last '{}': expected a number from 1 to 10,000\n", wrong));
  }
}

TEST_F(LogCommand, AsksForOneChunkOrOneSource) {
  EXPECT_EQ(garner({"log", "rvs-bright", "--chunk", "1139", "--type", "RVS"}).code, 0);
  EXPECT_EQ(daemon.service.log_question.chunk, 1139u);
  EXPECT_EQ(daemon.service.log_question.retrieval_type, "RVS");
  EXPECT_EQ(daemon.service.log_question.most, 20u);
  EXPECT_EQ(garner({"log", "rvs-bright", "--source", "5937083312263887616", "--last", "7"}).code, 0);
  EXPECT_EQ(daemon.service.log_question.source, SourceId{5937083312263887616});
  EXPECT_EQ(daemon.service.log_question.most, 7u);
}

TEST_F(LogCommand, SaysHowASourceStandsAlsoWhenNothingFailed) {
  daemon.service.log_page = {{}, {"RVS 5937083312263887616: delivered, in chunk 1139 (1 request)"}};
  const auto outcome = garner({"log", "rvs-bright", "--source", "5937083312263887616"});
  EXPECT_THAT(outcome.out, HasSubstr("No request for it failed"));
  EXPECT_THAT(outcome.out, HasSubstr("now  RVS 5937083312263887616: delivered"));
}

TEST_F(LogCommand, IsJsonLinesForScripts) {
  const auto outcome = garner({"log", "rvs-bright", "--json"});
  EXPECT_THAT(outcome.out, testing::StartsWith(control::log_line_json(failed_line()) + "\n"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("first":"5937083312263887616")"));
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 2);
}

TEST_F(LogCommand, WrongArgumentsEndWithTwo) {
  EXPECT_EQ(garner({"log", "rvs-bright", "--chunk", "x"}).code, 2);
  EXPECT_EQ(garner({"log", "rvs-bright", "--chunk", "1", "--source", "5"}).code, 2);
  EXPECT_EQ(garner({"log", "rvs-bright", "--source", "1.5e18"}).code, 2);
  EXPECT_EQ(garner({"log", "nope"}).code, 2);
}

TEST_F(LogCommand, APageSurvivesItsJson) {
  const harvest::LogPage page{{failed_line()}, {"RVS chunk 1139: 500 pending, 1 request"}};
  const auto back = control::parse_log(control::log_json(page));
  ASSERT_TRUE(back) << back.error().detail;
  ASSERT_EQ(back->lines.size(), 1u);
  EXPECT_EQ(back->lines[0].entry, page.lines[0].entry);
  EXPECT_EQ(back->about, page.about);
  for (const char* wrong : {"", "{}", "[]", R"({"lines":[1]})", R"({"lines":{}})"})
    EXPECT_FALSE(control::parse_log(wrong)) << wrong;
}

TEST_F(LogCommand, StatusWithVerboseTellsTheReasons) {
  auto& status = daemon.service.harvests["rvs-bright"];
  status.reasons = {{"overloaded", "500 pool empty", "archive", 1234, 1'790'000'000, 1'790'000'060, "500 pool empty",
                     "RVS", 1139, 5937083312263887616},
                    {"suspect", "HTTP 500: null", "chunk", 2, 0, 0, "HTTP 500: null", "RVS", 3, 42}};
  EXPECT_THAT(garner({"status", "rvs-bright"}).out, Not(HasSubstr("put down to")));
  const auto outcome = garner({"status", "rvs-bright", "--verbose"});
  EXPECT_THAT(outcome.out, HasSubstr("1,236 failed attempts for 2 reasons"));
  EXPECT_THAT(outcome.out, HasSubstr("1,234 × 500 pool empty (overloaded, put down to the archive)"));
  const auto back = control::parse_status(control::status_json(status));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->reasons.size(), 2u);
  EXPECT_EQ(back->reasons[0].source_id, 5937083312263887616u);
  EXPECT_EQ(back->reasons[0].text, "500 pool empty");
  EXPECT_EQ(back->reasons[1].against, "chunk");
}

}  // namespace
}  // namespace garner::client
