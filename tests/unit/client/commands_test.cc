// Each verb against a daemon in this process: what it prints and how it exits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "daemon_fixture.h"
#include "run_garner.h"

namespace garner::client {
namespace {

using client_test::Outcome;
using client_test::run_garner;
using control_test::example_status;
using control_test::TemporaryFolder;
using control_test::TestDaemon;
using testing::HasSubstr;

struct Commands : testing::Test {
  TestDaemon daemon;
  void SetUp() override { daemon.service.harvests["rvs-bright"] = example_status(); }
  Outcome garner(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--socket", daemon.socket()});
    return run_garner(arguments);
  }
  harvest::HarvestStatus& status() { return daemon.service.harvests["rvs-bright"]; }
};

std::string file_text(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(Commands, StatusIsATableOfAll) {
  const auto outcome = garner({"status"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::StartsWith("HARVEST      STATE"));
  EXPECT_THAT(outcome.out, HasSubstr("546,300"));
}

TEST_F(Commands, StatusOfOneHasJsonForScripts) {
  const auto outcome = garner({"status", "rvs-bright", "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, control::status_json(example_status()) + "\n");
}

TEST_F(Commands, OptionsMayStandBeforeTheVerb) {
  EXPECT_EQ(run_garner({"--socket", daemon.socket(), "--json", "list"}).out.front(), '{');
}

TEST_F(Commands, AnUnknownHarvestEndsWithTwo) {
  const auto outcome = garner({"status", "nope"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "garner: no harvest 'nope' here\n");
  EXPECT_EQ(outcome.out, "");
}

TEST_F(Commands, WithoutADaemonTheEndIsThree) {
  daemon.stop();
  const auto outcome = garner({"status"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr(daemon.socket()));
}

TEST_F(Commands, WhatIsNotPermittedEndsWithFour) {
  daemon.service.error = Error{Kind::Auth, "rvs-bright belongs to user id 1000", std::nullopt};
  EXPECT_EQ(garner({"cancel", "rvs-bright"}).code, 4);
}

TEST_F(Commands, ErrorsAreJsonToo) {
  const auto outcome = garner({"status", "nope", "--json"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, R"({"error":{"detail":"no harvest 'nope' here","kind":"not_found"}})"
                         "\n");
}

TEST_F(Commands, ListGivesNamesForCompletion) {
  daemon.service.harvests["b"] = example_status("b");
  EXPECT_EQ(garner({"list", "--names"}).out, "b\nrvs-bright\n");
}

TEST_F(Commands, PauseResumeCancelAnswerWithTheHarvest) {
  for (const char* verb : {"pause", "resume", "cancel"}) {
    const auto outcome = garner({verb, "rvs-bright"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, testing::StartsWith("rvs-bright: running"));
  }
}

TEST_F(Commands, RemoveKeepsDataUnlessTold) {
  EXPECT_THAT(garner({"remove", "rvs-bright"}).out, HasSubstr("its data stay in /srv/gaia/rvs-bright\n"));
  EXPECT_THAT(garner({"remove", "rvs-bright", "--delete-data"}).out, HasSubstr("deleted"));
  EXPECT_THAT(daemon.service.calls(), testing::IsSupersetOf({"remove rvs-bright", "remove+data rvs-bright"}));
}

TEST_F(Commands, RetryTellsHowManyProducts) {
  EXPECT_THAT(garner({"retry", "rvs-bright", "--outcome", "absent"}).out, HasSubstr("500 products are tried again"));
  daemon.service.retried = 0;
  EXPECT_THAT(garner({"retry", "rvs-bright"}).out, HasSubstr("nothing is failed"));
  const auto pending = garner({"retry", "rvs-bright", "--outcome", "pending"}).out;
  EXPECT_THAT(pending, HasSubstr("nothing is blocked; its own holds and waits are cut short\nrvs-bright: "));
  EXPECT_THAT(pending, testing::Not(HasSubstr("nothing is pending"))) << "1,828,504 are";
}

TEST_F(Commands, SourcesStreamsOverAllPages) {
  daemon.service.pages = {{{{SourceId{5937083312263887616}, "RVS", "gave up: 500"}}, {}, "1"},
                          {{{SourceId{7}, "RVS", ""}}, {}, ""}};
  EXPECT_EQ(garner({"sources", "rvs-bright", "--outcome", "failed"}).out,
            "5937083312263887616\tRVS\tgave up: 500\n7\tRVS\t\n");
  const auto json = garner({"sources", "rvs-bright", "--outcome", "failed", "--json"});
  EXPECT_THAT(json.out, HasSubstr(R"("source_id":"5937083312263887616")"));
  EXPECT_THAT(json.out, HasSubstr(R"("reason":"gave up: 500")"));
}

TEST_F(Commands, GetWritesToStandardOutputByteForByte) {
  daemon.service.found = {std::string("a\0b\xff", 4), "RVS-Gaia DR3 1.fits", "RVS", false};
  const auto outcome = garner({"get", "rvs-bright", "1", "RVS"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, std::string("a\0b\xff", 4));
}

TEST_F(Commands, GetWritesAFileOrIntoAFolderUnderTheArchivesName) {
  const TemporaryFolder folder;
  daemon.service.found = {"bytes", "RVS-Gaia DR3 1.fits", "RVS", false};
  EXPECT_EQ(garner({"get", "rvs-bright", "1", "RVS", "-o", folder / "one.fits"}).code, 0);
  EXPECT_EQ(file_text(folder / "one.fits"), "bytes");
  EXPECT_EQ(garner({"get", "rvs-bright", "1", "-o", folder.path()}).code, 0);
  EXPECT_EQ(file_text(folder / "RVS-Gaia DR3 1.fits"), "bytes");
}

TEST_F(Commands, GetNeverFollowsANameOutOfTheFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "in");
  daemon.service.found = {"bytes", "../escaped", "RVS", false};
  EXPECT_EQ(garner({"get", "rvs-bright", "77", "-o", folder / "in"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "escaped"));
  EXPECT_EQ(file_text(folder / "in/77"), "bytes");
}

TEST_F(Commands, GetRefusesAnIdThatWentThroughADouble) {
  EXPECT_EQ(garner({"get", "rvs-bright", "5.937083312263887e18"}).code, 2);
  EXPECT_TRUE(daemon.service.calls().empty());
}

TEST_F(Commands, VerifyAddsUpItsPages) {
  daemon.service.verify_pages = {{10, 5000, 1000, {}, "1"}, {1, 500, 24, {}, ""}};
  const auto outcome = garner({"verify", "rvs-bright"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "rvs-bright: 11 packs, 5,500 products, 1.0 kB agree with the ledger\n");
}

TEST_F(Commands, VerifyEndsWithOneWhenThereIsDamage) {
  daemon.service.verify_pages = {{10, 5000, 1000, {"RVS/0000/a.zip: sha256 differs"}, ""}};
  const auto outcome = garner({"verify", "rvs-bright"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("damaged: RVS/0000/a.zip: sha256 differs\n"));
}

TEST_F(Commands, WatchEndsWithTheHarvestAndSaysHow) {
  status().state = "finished";
  status().pending = 0;
  const auto outcome = garner({"watch", "rvs-bright"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("rvs-bright finished: "));
}

TEST_F(Commands, VerifyWithRepairIsGoodWhenAllThatIsLostIsFetchedAgain) {
  daemon.service.verify_pages = {{1, 100, 5, {"a is missing"}, "1"}, {1, 100, 5, {}, ""}};
  const auto found = garner({"verify", "rvs-bright"});
  EXPECT_EQ(found.code, 1);
  EXPECT_THAT(found.out, HasSubstr("--repair"));
  const auto repaired = garner({"verify", "rvs-bright", "--repair"});
  EXPECT_EQ(repaired.code, 0) << repaired.err;
  EXPECT_THAT(repaired.out, HasSubstr("100 products are fetched again"));
}

TEST_F(Commands, ReceiptPrintsThePageOrItsJson) {
  EXPECT_EQ(garner({"receipt", "rvs-bright"}).out, "# Receipt: rvs-bright\n");
  EXPECT_EQ(garner({"receipt", "rvs-bright", "--json"}).out, "{\"receipt\": 1}\n");
  EXPECT_EQ(garner({"receipt", "nope"}).code, 2);
}

TEST_F(Commands, WatchEndsWithOneWhenSourcesFailed) {
  status().state = "finished";
  status().failed = 4;
  EXPECT_EQ(garner({"watch", "rvs-bright"}).code, 1);
}

TEST_F(Commands, WatchOfAllEndsAsItsHarvestsDo) {
  status().state = "finished";
  EXPECT_EQ(garner({"watch"}).code, 0);
  status().failed = 4;
  EXPECT_EQ(garner({"watch"}).code, 1);
}

TEST_F(Commands, WatchInAPipeSaysOnceWhyNothingMoves) {
  for (const auto& arguments : {std::vector<std::string>{"watch", "rvs-bright"}, {"watch"}}) {
    int left = 40;
    status().state = "waiting";
    daemon.service.before_status = [&left](harvest::HarvestStatus& now) {
      now.waiting_for = fmt::format("archive down for 2 h, next try in {} s: HTTP 503", left);
      if (--left > 0) return;
      now.state = "finished";
      now.waiting_for.clear();
    };
    const auto out = garner(arguments).out;
    const auto first = out.find("archive down for 2 h, next try in 40 s: HTTP 503");
    ASSERT_NE(first, std::string::npos) << out;
    EXPECT_EQ(out.find("archive down for", first + 1), std::string::npos) << out;
  }
}

TEST_F(Commands, WatchSurvivesARestartOfTheDaemon) {
  status().state = "finished";
  daemon.stop();
  std::jthread restart([this] { daemon.start(); });
  const auto outcome = garner({"watch", "rvs-bright"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST_F(Commands, WatchGivesUpWhenTheDaemonStaysAway) {
  daemon.stop();
  const auto outcome = garner({"watch", "rvs-bright"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("trying again"));
}

}  // namespace
}  // namespace garner::client
