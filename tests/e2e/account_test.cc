// What went wrong is told afterwards: by `garner log`, by `garner status --verbose` and in the receipt, also when the
// daemon was killed in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "disk.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

struct Account : ::testing::Test {
  // A harvest with one source at which the archive answers "null".
  void SetUp() override {
    ids = rig.make_ids(100);
    rig.start_simulator({.knobs = {{"faults", {{"null_500", {{"ids", {ids[50]}}}}}}}});
    rig.write_profile();
    rig.start_daemon();
    const auto manifest = rig.write_manifest("poison", ids, "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n");
    rig.submit(manifest);
    ASSERT_TRUE(rig.wait_for_state("poison", "finished"));
    ASSERT_EQ(rig.status("poison")["failed"], 1);
  }
  std::uint64_t failed_attempts() {
    std::uint64_t count = 0;
    const Json status = rig.status("poison");
    for (const auto& reason : status["reasons"]) count += reason["count"].get<std::uint64_t>();
    return count;
  }
  Rig rig;
  std::vector<std::string> ids;
};

TEST_F(Account, TellsEachFailedRequestOfAPoisonSource) {
  const auto attempts = json_lines(rig.garner({"log", "poison", "--source", ids[50], "--json", "--last", "1000"}).out);
  ASSERT_FALSE(attempts.empty());
  EXPECT_EQ(attempts.front()["retrieval_type"], "XP_SAMPLED");
  EXPECT_EQ(attempts.front()["route"], "products");
  EXPECT_GT(attempts.front()["ids"], 1);
  EXPECT_THAT(attempts.front()["text"].get<std::string>(), HasSubstr("null"));
  EXPECT_EQ(attempts.back()["ids"], 1) << "in the end it was asked for alone";
  std::uint64_t before = 0;
  for (const auto& line : attempts) {
    EXPECT_LT(before, line["order"].get<std::uint64_t>());
    before = line["order"];
  }
  const Ran printed = rig.garner({"log", "poison", "--source", ids[50]});
  EXPECT_THAT(printed.out, HasSubstr("now  XP_SAMPLED " + ids[50] + ": failed"));
  EXPECT_THAT(rig.garner({"status", "poison", "--verbose"}).out, HasSubstr("failed attempts for"));
  EXPECT_EQ(rig.garner({"log", "poison", "--chunk", "99"}).exit_code, 2);
}

TEST_F(Account, IsTheSameAfterAKillAndInTheReceipt) {
  const std::uint64_t failed = failed_attempts();
  ASSERT_GT(failed, 0u);
  std::vector<Json> before;
  EXPECT_TRUE(wait_until([&] {  // its end is written down when everybody may know it
    before = json_lines(rig.garner({"log", "poison", "--json", "--last", "10000"}).out);
    return before.back()["text"] == "finished";
  }));
  EXPECT_THAT(before.front()["text"].get<std::string>(), HasSubstr("submitted"));
  rig.daemon().kill_now();
  rig.start_daemon();
  EXPECT_EQ(failed_attempts(), failed);
  const auto after = json_lines(rig.garner({"log", "poison", "--json", "--last", "10000"}).out);
  EXPECT_EQ(after, before);

  const Json receipt = Json::parse(read_file(rig.output("poison") / "RECEIPT.json"));
  EXPECT_EQ(receipt["failed_attempts"], failed);
  EXPECT_EQ(receipt["products"]["failed"], 1);
  EXPECT_THAT(receipt["reasons"][0]["example"]["text"].get<std::string>(), HasSubstr("null"));
  EXPECT_EQ(receipt["reasons"][0]["example"]["source_id"], ids[50]) << "the culprit, not the first of its chunk";
  EXPECT_EQ(Json::parse(rig.garner({"receipt", "poison", "--json"}).out), receipt);
}

}  // namespace
}  // namespace garner::e2e
