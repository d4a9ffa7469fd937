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
  receipt.requests = 4900;
  receipt.reasons = {{"overloaded", "500 pool | empty", "archive", 86, 1'790'000'100, 1'790'000'200, "500 pool | empty",
                      "RVS", 1139, 5937083312263887616}};
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
        "30.2 GB in 4,814 files, layout tar.zst", "4,900 · 86 failed", "SHA256SUMS, itself sha256 cd34",
        "500 pool \\| empty", "RVS chunk 1139, from 5937083312263887616", "Please credit.", " UTC (submitted "})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(Receipt, HoldsTheSameForPrograms) {
  const Json json = Json::parse(receipt_texts(example()).json);
  EXPECT_EQ(json["products"]["delivered"], 2'311'990);
  EXPECT_EQ(json["types"][1]["failed"], 3);
  EXPECT_EQ(json["archive"]["base_url"], "https://gea.example");
  EXPECT_EQ(json["started"], "2026-09-21T14:14:20Z");
  EXPECT_EQ(json["failed_requests"], 86);
  EXPECT_EQ(json["reasons"][0]["example"]["source_id"], "5937083312263887616");
  EXPECT_EQ(json["sha256sums_sha256"], "cd34");
  EXPECT_EQ(json["over"], true);
  EXPECT_FALSE(json.contains("as_of"));
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
  EXPECT_EQ(json["requests"], 2);
  EXPECT_EQ(json["identity"], "anonymous");
  EXPECT_EQ(json["software"], "garner on a stage");
  EXPECT_EQ(json["archive"]["title"], "Stage Archive");
  EXPECT_TRUE(json["started"].is_string());
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
