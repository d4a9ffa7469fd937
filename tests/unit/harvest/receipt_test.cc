// Receipts: what they say, and when they are made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harvest/account/receipt.h"
#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Json = nlohmann::json;

harvest::Receipt example() {
  harvest::Receipt receipt;
  receipt.name = "rvs-bright";
  receipt.kind = "products";
  receipt.state = "finished";
  receipt.manifest_hash = "ab12";
  receipt.software = "garner 1.0.0";
  receipt.archive = "gaia";
  receipt.archive_title = "ESA Gaia Archive";
  receipt.base_url = "https://gea.example";
  receipt.release = "Gaia DR3";
  receipt.identity = "anonymous";
  receipt.layout = "tar.zst";
  receipt.submitted_s = 1'790'000'000;
  receipt.started_s = 1'790'000'060;
  receipt.finished_s = 1'790'100'000;
  receipt.sources = 1'203'002;
  receipt.refused = 3;
  receipt.types = {{"RVS", 1'203'002, 0, 1'149'310, 53'691, 1, ""},
                   {"XP_CONTINUOUS", 1'203'002, 0, 1'162'680, 40'319, 3, ""}};
  receipt.bytes_stored = 30'200'000'000;
  receipt.attempts = 4900;
  receipt.reasons = {{"overloaded", "500 pool | empty", "archive", 86, 1'790'000'100, 1'790'000'200, "500 pool | empty",
                      "RVS", 1139, 5937083312263887616, 500}};
  receipt.sums = output::SumsFacts{"cd34", 4814};
  receipt.credit = "Please credit.";
  return receipt;
}

TEST(Receipt, IsReadablePage) {
  const std::string text = receipt_texts(example()).markdown;
  EXPECT_THAT(text, ::testing::StartsWith("# Receipt: rvs-bright\n"));
  for (const char* part :
       {"1,203,002 sources × 2 retrieval types = 2,406,004 · 3 rows of the list refused",
        "2,311,990 · absent 94,010 · failed 4 · pending 0", "ESA Gaia Archive, Gaia DR3, anonymous", "garner 1.0.0",
        "30.2 GB in 4,814 files, layout tar.zst", "4,900 · 86 failed and were tried again",
        "SHA256SUMS, itself sha256 cd34", "500 pool \\| empty", "RVS chunk 1139, 500 ids from 5937083312263887616",
        "Please credit.", " UTC (submitted "})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(Receipt, HoldsTheSameForPrograms) {
  const Json json = Json::parse(receipt_texts(example()).json);
  EXPECT_EQ(json["products"]["delivered"], 2'311'990);
  EXPECT_EQ(json["types"][1]["failed"], 3);
  EXPECT_EQ(json["archive"]["base_url"], "https://gea.example");
  EXPECT_EQ(json["started"], "2026-09-21T14:14:20Z");
  EXPECT_EQ(json["failed_attempts"], 86);
  EXPECT_EQ(json["reasons"][0]["example"]["source_id"], "5937083312263887616");
  EXPECT_EQ(json["sha256sums_sha256"], "cd34");
  EXPECT_EQ(json["over"], true);
  EXPECT_FALSE(json.contains("as_of"));
}

// The text of a row of the page's first table; empty: there is none.
std::string row_of(const harvest::Receipt& receipt, const std::string& label) {
  const std::string text = receipt_texts(receipt).markdown;
  const auto at = text.find("\n| " + label + " ");
  if (at == std::string::npos) return {};
  const auto from = text.find("| ", at + label.size() + 3) + 2;
  const auto to = text.find(" |\n", from);
  const std::string cell = text.substr(from, to - from);
  return cell.substr(0, cell.find_last_not_of(' ') + 1);
}

TEST(Receipt, TellsHowEachAbsentOneWasConfirmedAndNothingMore) {
  harvest::Receipt receipt = example();
  EXPECT_EQ(row_of(receipt, "absent"), "") << "not known";
  receipt.confirmed = harvest::Confirmation{90'000, 3'000, 1'000, 10};
  EXPECT_EQ(row_of(receipt, "absent"),
            "90,000 asked twice · 3,000 on the evidence of a sample that was asked twice · 1,000 by the archive's own "
            "tables, not asked for · 10 asked once");
  EXPECT_EQ(Json::parse(receipt_texts(receipt).json)["absent_confirmed"]["by_tables"], 1'000);
  receipt.confirmed = harvest::Confirmation{0, 0, 0, 94'010};
  EXPECT_EQ(row_of(receipt, "absent"), "94,010 asked once");
  receipt.confirmed = harvest::Confirmation{};
  EXPECT_EQ(row_of(receipt, "absent"), "") << "none is";
}

TEST(Receipt, TellsWhatTheSecondLookFound) {
  harvest::Receipt receipt = example();
  receipt.confirm_absent = true;
  EXPECT_EQ(row_of(receipt, "second look"), "");
  receipt.types[0].second_look_found = 12;
  EXPECT_EQ(row_of(receipt, "second look"), "12 found that the first answers left out");
}

TEST(Receipt, SaysWhyNothingMovesAndThatNothingWasAsked) {
  harvest::Receipt receipt = example();
  receipt.state = "blocked";
  receipt.waiting_for = "RVS: not authorised";
  receipt.started_s = receipt.finished_s = 0;
  receipt.as_of_s = 1'790'050'000;
  receipt.attempts = 0;
  receipt.reasons.clear();
  EXPECT_EQ(row_of(receipt, "why"), "RVS: not authorised");
  EXPECT_EQ(row_of(receipt, "time"), "nothing was asked until 2026-09-22 04:06 UTC (submitted 2026-09-21 14:13 UTC)");
  EXPECT_EQ(row_of(receipt, "attempts"), "0 · none failed");
}

TEST(Receipt, ShowsReasonsInTheArchivesOwnWordsAndTheCulpritAlone) {
  harvest::Receipt receipt = example();
  receipt.reasons = {{"transient", "h: no connection (N ms)", "ourselves", 3, 1'790'000'100, 1'790'000'200,
                      "h: no connection (17 ms)", "RVS", 7, 5937083312263887616, 1}};
  const std::string text = receipt_texts(receipt).markdown;
  EXPECT_THAT(text,
              HasSubstr("| h: no connection (17 ms) | our own disk or ledger | RVS chunk 7, 5937083312263887616 |"));
  receipt.reasons[0].kind = "other";
  receipt.reasons[0].reason = "other reasons";
  EXPECT_THAT(receipt_texts(receipt).markdown, HasSubstr("other reasons, for example: h: no connection (17 ms)"));
}

TEST(Receipt, OfAHarvestThatIsNotOverSaysSo) {
  harvest::Receipt receipt = example();
  receipt.state = "running";
  receipt.finished_s = 0;
  receipt.as_of_s = 1'790'050'000;
  const auto texts = receipt_texts(receipt);
  EXPECT_THAT(texts.markdown, HasSubstr("running: not over"));
  const Json json = Json::parse(texts.json);
  EXPECT_EQ(json["over"], false);
  EXPECT_TRUE(json["as_of"].is_string());
  EXPECT_TRUE(json["finished"].is_null());
}

TEST(EngineReceipt, IsThereWhenTheHarvestIsFinished) {
  Stage stage;
  stage.make_harvest("rvs", 200, 100, {"RVS"});
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
  const Json json = Json::parse(stage.disk.receipts.at("/out/rvs"));
  EXPECT_EQ(json["state"], "finished");
  EXPECT_EQ(json["products"]["delivered"], 200);
  EXPECT_EQ(json["attempts"], 2);
  EXPECT_EQ(json["identity"], "anonymous");
  EXPECT_EQ(json["software"], "garner on a stage");
  EXPECT_EQ(json["archive"]["title"], "Stage Archive");
  EXPECT_TRUE(json["started"].is_string());
}

Json confirmed(Stage& stage, const std::string& name) {
  return Json::parse(stage.disk.receipts.at("/out/" + name))["absent_confirmed"];
}

const std::string kKeys = "release: Gaia DR3\nsources: {file: ids.txt}\nretrieval_types: [RVS]\n";

TEST(EngineReceipt, CountsWhatWasAskedTwiceAndWhatWasNot) {
  std::vector<SourceId> ids;
  for (std::uint64_t id = 1000; id < 1400; ++id) ids.push_back(SourceId{id});
  for (const bool confirm : {true, false}) {
    Stage stage;
    stage.make_harvest_of("rvs", ids, 50, {"RVS"}, kKeys + (confirm ? "" : "confirm_absent: false\n"));
    for (std::uint64_t id = 1000; id < 1400; id += 8) stage.truth.missing.insert({"RVS", SourceId{id}});
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
    EXPECT_EQ(confirmed(stage, "rvs")["asked_twice"], confirm ? 50 : 0);
    EXPECT_EQ(confirmed(stage, "rvs")["asked_once"], confirm ? 0 : 50);
  }
}

TEST(EngineReceipt, DoesNotClaimThatWhatTheTablesSaidWasAsked) {
  Stage stage;
  stage.profile.releases = {{"Gaia DR3", {{"RVS", 20'000, 1 << 20, "has_it"}}, "gaiadr3.gaia_source"}};
  stage.tap.flag_of = [](std::uint64_t id) { return id % 4 == 0; };
  std::vector<SourceId> ids;
  for (std::uint64_t id = 1000; id < 1400; ++id) {
    ids.push_back(SourceId{id});
    if (id % 20 == 0 || id % 4 != 0) stage.truth.missing.insert({"RVS", SourceId{id}});
  }
  stage.make_harvest_of("sieved", ids, 50, {"RVS"}, kKeys + "prefilter: true\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("sieved", "finished"));
  EXPECT_EQ(confirmed(stage, "sieved")["by_tables"], 300);
  EXPECT_EQ(confirmed(stage, "sieved")["asked_twice"], 20);
}

TEST(EngineReceipt, DoesNotClaimThatWhatASampleSpokeForWasAskedTwice) {
  Stage stage;
  stage.make_harvest("most", 20'000, 100, {"RVS"});
  for (std::uint64_t id = 1000; id < 21'000; ++id) {
    if (id % 10 != 0) stage.truth.missing.insert({"RVS", SourceId{id}});
  }
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("most", "finished"));
  const Json by = confirmed(stage, "most");
  EXPECT_EQ(by["by_sample"].get<int>() + by["asked_twice"].get<int>(), 18'000);
  EXPECT_GT(by["by_sample"], 17'000);
}

TEST(EngineReceipt, WhatKeepsItFromBeingWrittenHoldsTheEndAndIsTold) {
  Stage stage;
  stage.make_harvest("rvs", 100, 100, {"RVS"});
  const SteadyTime to = stage.loop.now() + 20min;
  stage.receipt_fault = [&]() -> std::optional<Error> {
    return stage.loop.now() < to ? std::optional(Error{Kind::DiskFull, "no space left (made up)", std::nullopt})
                                 : std::nullopt;
  };
  stage.start_engine();
  stage.loop.run_for(10min);
  EXPECT_EQ(stage.status("rvs").state, "waiting");
  EXPECT_THAT(stage.status("rvs").waiting_for, HasSubstr("receipt"));
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
  EXPECT_TRUE(stage.disk.receipts.contains("/out/rvs"));
}

TEST(EngineReceipt, AKillBetweenItAndTheRecordOfTheEndMakesItAnew) {
  Stage stage;
  stage.make_harvest("rvs", 100, 100, {"RVS"});
  bool written = false;
  stage.receipt_fault = [&]() -> std::optional<Error> { return written = true, std::nullopt; };
  stage.ledger_door.fail_update = [&] { return written; };
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.disk.receipts.contains("/out/rvs"); }));
  stage.kill_engine();
  EXPECT_EQ((*stage.ledger.harvests())[0].state, ledger::HarvestState::Active);
  stage.disk.receipts.clear();
  stage.ledger_door.fail_update = nullptr;
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
  EXPECT_EQ(Json::parse(stage.disk.receipts.at("/out/rvs"))["state"], "finished");
}

TEST(EngineReceipt, IsMadeWhenAHarvestIsCancelledAndWheneverAsked) {
  Stage stage;
  stage.make_harvest("rvs", 400, 100, {"RVS"});
  stage.profile.manners.in_flight_most = 1;
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.status("rvs").chunks_done == 1; }));
  const auto asked = stage.await(stage.engine->receipt("rvs", true));
  ASSERT_TRUE(asked) << asked.error().detail;
  EXPECT_EQ(Json::parse(asked->json)["over"], false);
  EXPECT_EQ(stage.disk.receipts.at("/out/rvs"), asked->json);
  ASSERT_TRUE(stage.await(stage.engine->cancel("rvs", "ada")));
  const Json json = Json::parse(stage.disk.receipts.at("/out/rvs"));
  EXPECT_EQ(json["state"], "cancelled");
  EXPECT_THAT(json["reason"].get<std::string>(), HasSubstr("ada"));
  stage.disk.receipts.clear();
  ASSERT_TRUE(stage.await(stage.engine->receipt("rvs", false)));
  EXPECT_TRUE(stage.disk.receipts.empty());
}

TEST(EngineReceipt, StaysTheLastOneWhenAskedForAtTheEnd) {
  Stage stage(7);
  stage.make_harvest("rvs", 400, 100, {"RVS"});
  stage.workers.jitter = 5s;
  stage.start_engine();
  const SteadyTime end = stage.loop.now() + 10min;
  while (stage.loop.now() < end) {
    stage.fire(stage.engine->receipt("rvs", true));
    stage.loop.run_for(1s);
  }
  ASSERT_EQ(stage.status("rvs").state, "finished");
  EXPECT_EQ(Json::parse(stage.disk.receipts.at("/out/rvs"))["state"], "finished");
}

}  // namespace
}  // namespace garner::testing
