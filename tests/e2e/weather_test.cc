// Bad weather: each fault of the archive, one by one and all together. A harvest gets through what passes, blocks on
// what does not, and never calls a source absent that the archive did not say so of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "disk.h"
#include "truth.h"

namespace garner::e2e {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr double kAbsent = 0.2;

struct Weather {
  std::string name;  // of the test
  std::string fault;
  Json when;
  std::string format = "votable", structure = "INDIVIDUAL", layout = "tar.zst";
};

void PrintTo(const Weather& weather, std::ostream* out) {
  *out << weather.name;
}

std::vector<Weather> every_weather() {
  const Json first = {{"script", {1, 3, 4}}};
  const auto with = [](Json when, const std::string& key, Json value) {
    when[key] = std::move(value);
    return when;
  };
  return {
      {"MaintenancePage", "maintenance_200", first},
      {"ServiceErrorPage", "service_error_200", first},
      {"ServiceErrorBehindPartOfAZip", "service_error_200", with(first, "kib", 8)},
      {"PoolEmpty", "pool_empty_500", {{"script", {1, 2, 3, 4, 6, 7}}}},
      {"NullOnce", "null_500", {{"script", {3}}}},
      {"OverloadWithRetryAfter", "overload_503", with(first, "retry_after", "1")},
      {"OverloadWithRetryAfterDate", "overload_503", {{"script", {2}}, {"retry_after", "date+1"}}},
      {"OverloadWithoutRetryAfter", "overload_503", first},
      {"TooManyRequests", "too_many_429", with(first, "retry_after", "1")},
      {"TooManyRequestsWithNonsense", "too_many_429", with(first, "retry_after", "soon")},
      {"EmptyBody", "empty_body_200", first},
      {"TruncatedZip", "truncate_zip", first, "votable", "INDIVIDUAL", "zip"},
      {"TruncatedByOneByte", "truncate_zip", with(first, "bytes", 1), "votable", "INDIVIDUAL", "zip"},
      {"TruncatedToItsMembers", "truncate_zip", with(first, "bytes", 2000), "csv", "INDIVIDUAL", "files"},
      {"BadCrc", "bad_crc", first, "votable", "INDIVIDUAL", "zip"},
      {"DuplicateMember", "duplicate_member", first, "ecsv", "INDIVIDUAL", "files"},
      {"ForeignMember", "foreign_member", first, "fits", "INDIVIDUAL", "files"},
      {"ForeignRow", "foreign_member", first, "csv", "RAW"},
      {"WrongRelease", "wrong_release_member", first},
      {"WrongType", "wrong_type_member", first},
      {"RawForIndividual", "wrong_structure", first},
      {"IndividualForRaw", "wrong_structure", first, "fits", "RAW"},
      {"CutVotable", "cut_product", first, "votable"},
      {"CutVotablePlain", "cut_product", first, "votable_plain"},
      {"CutFits", "cut_product", first, "fits", "INDIVIDUAL", "zip"},
      {"CutCsv", "cut_product", first, "csv"},
      {"CutEcsv", "cut_product", first, "ecsv"},
      {"CutRawFits", "cut_product", first, "fits", "RAW"},
      {"CutRawCsv", "cut_product", first, "csv", "RAW"},
      {"WrongNaxis2", "wrong_naxis2", first, "fits"},
      {"LeftOut", "left_out", with(first, "share", 0.5), "votable", "INDIVIDUAL", "zip"},
      {"LeftOutOfRaw", "left_out", with(first, "share", 0.5), "fits", "RAW"},
      {"AllLeftOut", "left_out", with(first, "share", 1), "csv", "INDIVIDUAL", "files"},
      {"ResetInTheBody", "reset_after_kib", first},
      {"StallInTheBody", "stall_after_kib", first},
      {"NoAnswer", "hang", {{"script", {1, 3}}}},
      {"SlowDrip", "slow_drip", {{"script", {2}}, {"bytes_per_s", 100'000}}},
  };
}

class WeatherRig : public ::testing::Test {
 protected:
  // Quick time-outs; `replace` are further keys of the profile.
  void start(Json knobs, std::map<std::string, std::string> replace = {}) {
    knobs["absent_fraction"] = kAbsent;
    rig.start_simulator({.knobs = std::move(knobs)});
    replace.insert({{"first_byte_s", "1"}, {"stall_s", "1"}});
    rig.write_profile(replace);
    rig.start_daemon();
  }
  std::string manifest(const std::string& name, const std::string& more) {
    return rig.write_manifest(name, ids, more).string();
  }
  void use_ids(std::size_t count) { ids = rig.make_ids(count); }

  // Every product on disk is the archive's own; absent is what the archive does not have.
  void expect_truth(const std::string& harvest, const Product& product) {
    const auto absent = truly_absent(ids, product.type, kAbsent);
    EXPECT_TRUE(rig.source_ids(harvest, "absent") == absent);
    EXPECT_EQ(rig.source_ids(harvest, "delivered").size() + absent.size(), ids.size());
    expect_account(rig, harvest);
    if (product.structure == "RAW") return;
    std::map<std::string, std::string> found;
    for (auto& each : unpack(rig.output(harvest)))
      EXPECT_TRUE(found.emplace(each.member, std::move(each.bytes)).second) << each.member;
    for (const auto& id : ids) {
      const auto at = found.find(member_name(product, id));
      EXPECT_EQ(at == found.end(), absent.contains(id)) << id;
      if (at != found.end()) EXPECT_TRUE(at->second == true_product(product, {id})) << id;
    }
  }

  Rig rig;
  std::vector<std::string> ids;
};

class WeatherThatPasses : public WeatherRig, public ::testing::WithParamInterface<Weather> {};

TEST_P(WeatherThatPasses, EndsInTheTruth) {
  const Weather& weather = GetParam();
  start({{"faults", {{weather.fault, weather.when}}}});
  use_ids(120);
  const auto path = manifest("weather", "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\nformat: " + weather.format +
                                            "\ndata_structure: " + weather.structure + "\noutput: {directory: " +
                                            rig.output("weather").string() + ", layout: " + weather.layout + "}\n");
  rig.submit(path);
  ASSERT_TRUE(rig.wait_for_state("weather", "finished"));
  EXPECT_EQ(rig.report()["faults"].value(weather.fault, 0), weather.when["script"].size());
  EXPECT_EQ(rig.status("weather")["failed"], 0);
  expect_truth("weather", {.format = weather.format, .structure = weather.structure});
}

INSTANTIATE_TEST_SUITE_P(Each, WeatherThatPasses, ::testing::ValuesIn(every_weather()),
                         [](const auto& each) { return each.param.name; });

TEST_F(WeatherRig, WhatAnAnswerLeavesOutIsEmptySoFarAndAskedForOnceMore) {
  Json second_looks = Json::array();
  for (int ordinal = 7; ordinal < 200; ++ordinal) second_looks.push_back(ordinal);
  start(
      {{"faults",
        {{"left_out", {{"script", {2}}, {"share", 0.5}}}, {"pool_empty_500", {{"script", std::move(second_looks)}}}}}});
  use_ids(120);
  rig.submit(manifest("empty", "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n"));
  ASSERT_TRUE(wait_until([&] {
    const Json status = rig.status("empty");
    return status["pending"] == status["empty_so_far"] && status["pending"] != 0 && rig.report()["requests"] > 7;
  }));
  EXPECT_EQ(rig.status("empty")["absent"], 0) << "nobody was asked for twice yet";
  EXPECT_THAT(rig.garner({"status", "empty"}).out, HasSubstr(" empty so far, to be asked for once more"));
  std::istringstream lines(rig.garner({"sources", "empty", "--outcome", "pending", "--json"}).out);
  std::size_t empty = 0;
  for (std::string line; std::getline(lines, line); ++empty) EXPECT_EQ(Json::parse(line)["empty_so_far"], true);
  EXPECT_EQ(rig.status("empty")["empty_so_far"], empty);

  rig.set_knobs({{"faults", nullptr}});
  ASSERT_TRUE(rig.wait_for_state("empty", "finished"));
  expect_truth("empty", {});
  EXPECT_GT(rig.status("empty")["types"][0]["second_look_found"].get<int>(), 0);
}

TEST_F(WeatherRig, EverythingAtOnceEndsInTheTruth) {
  Json faults = Json::object();
  for (const char* fault :
       {"maintenance_200", "service_error_200", "pool_empty_500", "null_500", "overload_503", "too_many_429",
        "empty_body_200", "wrong_structure", "cut_product", "foreign_member", "wrong_release_member",
        "wrong_type_member", "duplicate_member", "bad_crc", "truncate_zip", "reset_after_kib"}) {
    faults[fault] = {{"probability", 0.03}};
  }
  start({{"faults", faults}}, {{"attempts_most", "100"}});
  use_ids(1000);
  rig.submit(manifest("storm", "retrieval_types: [XP_SAMPLED, MCMC_MSC]\nchunk_size: 20\n"));
  ASSERT_TRUE(rig.wait_for_state("storm", "finished"));
  EXPECT_GT(rig.report()["requests_faulted"].get<int>(), 10);
  for (const std::string type : {"XP_SAMPLED", "MCMC_MSC"}) {
    EXPECT_TRUE(rig.source_ids("storm", "absent", type) == truly_absent(ids, type, kAbsent)) << type;
  }
  expect_account(rig, "storm");
}

TEST_F(WeatherRig, APoisonSourceIsFoundAndGivenUpAloneAndARetryBringsItHome) {
  use_ids(100);
  std::ranges::sort(ids, {}, [](const std::string& id) { return std::stoull(id); });
  start({{"faults", {{"null_500", {{"ids", {ids[50]}}}}}}});
  const auto path = manifest("poison", "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n");
  const Ran waited = rig.garner({"submit", path, "--wait"});
  EXPECT_EQ(waited.exit_code, 1) << waited.out;
  EXPECT_EQ(rig.status("poison")["state"], "finished");
  EXPECT_EQ(rig.status("poison")["failed"], 1);
  EXPECT_EQ(rig.status("poison")["pending"], 0);
  const auto failed = rig.sources("poison", "failed");
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0][0], ids[50]);
  EXPECT_THAT(failed[0][2], HasSubstr("alone in its request"));
  EXPECT_THAT(failed[0][2], HasSubstr("'null'"));
  expect_account(rig, "poison");

  rig.simulator_post("/sim/reset", "");
  rig.set_knobs({{"faults", nullptr}});
  EXPECT_EQ(Json::parse(rig.garner({"retry", "poison", "--outcome", "failed", "--json"}).out)["products"], 1);
  ASSERT_TRUE(rig.wait_for_state("poison", "finished"));
  EXPECT_EQ(rig.report()["requests"], 1);
  expect_truth("poison", {});
}

TEST_F(WeatherRig, AnOutageIsWaitedForHoweverLongAndCountsAsNoAttempt) {
  start({{"faults", {{"pool_empty_500", {{"probability", 1.0}}}}}});
  use_ids(100);
  rig.submit(manifest("outage", "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n"));
  ASSERT_TRUE(wait_until([&] { return rig.report()["requests"].get<int>() > 20; }));
  std::string why;
  ASSERT_TRUE(wait_until([&] {
    const Json status = rig.status("outage");
    why = status["waiting_for"].get<std::string>();
    return status["state"] == "waiting" && !why.empty();
  }));
  EXPECT_THAT(why, HasSubstr("Pool empty"));
  EXPECT_EQ(rig.status("outage")["pending"], 100);
  rig.set_knobs({{"faults", nullptr}});
  ASSERT_TRUE(rig.wait_for_state("outage", "finished"));
  expect_truth("outage", {});
}

TEST_F(WeatherRig, ARequestThatTheArchiveCallsWrongBlocksItsTypeInTheArchivesWords) {
  start({{"faults", {{"unknown_type_500", {{"probability", 1.0}, {"types", {"RVS"}}}}}}});
  use_ids(60);
  const Ran waited =
      rig.garner({"submit", manifest("wrong", "retrieval_types: [RVS, XP_SAMPLED]\nchunk_size: 20\n"), "--wait"});
  EXPECT_EQ(waited.exit_code, 1);
  EXPECT_THAT(waited.out, HasSubstr("Unknown retrieval type"));
  const Json status = rig.status("wrong");
  EXPECT_EQ(status["state"], "blocked");
  for (const auto& type : status["types"]) {
    const bool blocked = type["retrieval_type"] == "RVS";
    EXPECT_EQ(type["pending"], blocked ? 60 : 0);
    EXPECT_EQ(type["blocked"].get<std::string>().empty(), !blocked);
  }
  rig.set_knobs({{"faults", nullptr}});
  EXPECT_EQ(rig.garner({"retry", "wrong", "--outcome", "pending"}).exit_code, 0);
  ASSERT_TRUE(rig.wait_for_state("wrong", "finished"));
  EXPECT_TRUE(rig.source_ids("wrong", "absent", "RVS") == truly_absent(ids, "RVS", kAbsent));
  expect_account(rig, "wrong");
}

TEST_F(WeatherRig, AnArchiveThatIsAwayIsWaitedFor) {
  start(Json::object());
  use_ids(60);
  rig.simulator().kill_now();
  rig.submit(manifest("away", "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n"));
  ASSERT_TRUE(wait_until([&] {
    return rig.status("away")["last_trouble"].get<std::string>().find("no connection") != std::string::npos;
  }));
  EXPECT_EQ(rig.status("away")["pending"], 60);
  const std::string port = rig.base_url.substr(rig.base_url.rfind(':') + 1);
  rig.start_simulator({.knobs = {{"absent_fraction", kAbsent}}, .port = port});
  ASSERT_TRUE(rig.wait_for_state("away", "finished"));
  expect_truth("away", {});
}

struct Spelling {
  std::string name, vocabulary, written, structure;
};

void PrintTo(const Spelling& spelling, std::ostream* out) {
  *out << spelling.name;
}

class Spellings : public WeatherRig, public ::testing::WithParamInterface<Spelling> {};

TEST_P(Spellings, AreTriedBothWays) {
  const Spelling& spelling = GetParam();
  start({{"vocabulary", spelling.vocabulary}});
  use_ids(60);
  rig.submit(
      manifest("spelt", "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\ndata_structure: " + spelling.written + "\n"));
  ASSERT_TRUE(rig.wait_for_state("spelt", "finished"));
  expect_truth("spelt", {.structure = spelling.structure});
}

INSTANTIATE_TEST_SUITE_P(Each, Spellings,
                         ::testing::Values(Spelling{"IndividualOfOld", "new", "INDIVIDUAL", "INDIVIDUAL"},
                                           Spelling{"RawOfOld", "new", "RAW", "RAW"},
                                           Spelling{"IndividualOf2026", "old", "DATAMODEL_STANDARD", "INDIVIDUAL"},
                                           Spelling{"RawOf2026", "old", "DATAMODEL_GAIA", "RAW"}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace garner::e2e
