// Bad weather at the TAP service, through the whole harvest: whatever an answer is spoilt by, no source is called
// absent and no row is lost by it, and in the end every outcome and every cell is the archive's.
#include <gmock/gmock.h>

#include "tap_weather.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

struct Weather {
  std::string name, fault;
  Json when;
  std::string mode = "sync";
  std::string upload = "never";
};

void PrintTo(const Weather& weather, std::ostream* out) {
  *out << weather.name;
}

std::vector<Weather> every_weather() {
  const auto at = [](Json where, Json more = Json::object()) {
    more.update({{"endpoints", std::move(where)}});
    return more;
  };
  const Json rows = {{"contains", "source_id"}, {"times", 3}};
  const auto with = [&rows](const std::string& key, Json value) {
    Json out = rows;
    out[key] = std::move(value);
    return out;
  };
  return {{"ErrorTableWithStatus200", "error_200", rows},
          {"ErrorBehindTheRows", "error_after_rows", rows},
          {"ErrorBehindTheRowsOfAJob", "error_after_rows", rows, "async"},
          {"SecondDocument", "second_document", rows},
          {"SecondDocumentOfAJob", "second_document", rows, "async"},
          {"SecondDocumentOfAnUpload", "second_document", rows, "sync", "always"},
          {"ShortDocument", "truncate_body", rows},
          {"ShortByOneByte", "truncate_body", with("bytes", 1)},
          {"ShortByItsTail", "truncate_body", with("bytes", 30)},
          {"ShortDocumentOfAJob", "truncate_body", with("bytes", 2000), "async"},
          {"MaintenancePage", "maintenance_200", rows},
          {"MaintenancePageForEveryStepOfAJob", "maintenance_200",
           at({"create", "run", "phase", "job", "result"}, {{"script", {1, 3}}}), "async"},
          {"ServiceErrorPage", "service_error_200", rows},
          {"ServiceErrorBehindSomeRows", "service_error_200", with("kib", 4)},
          {"PoolEmpty", "pool_empty_500", rows},
          {"PoolEmptyForEveryStepOfAJob", "pool_empty_500",
           at({"create", "run", "phase", "job", "result"}, {{"script", {1, 2}}}), "async"},
          {"NullOnce", "null_500", {{"contains", "source_id"}, {"times", 1}}},
          {"NullForAJobOnce", "null_500", at({"create"}, {{"script", {1}}}), "async"},
          {"EmptyBody", "empty_body_200", rows},
          {"Overload", "overload_503", {{"contains", "source_id"}, {"times", 1}, {"retry_after", "1"}}},
          {"TooManyRequests", "too_many_429", {{"contains", "source_id"}, {"times", 1}, {"retry_after", "date+1"}}},
          {"TimeOut", "time_out", rows},
          {"ResetInTheRows", "reset_after_kib", with("kib", 2)},
          {"StallInTheRows", "stall_after_kib", {{"contains", "source_id"}, {"times", 1}, {"kib", 2}}},
          {"NoAnswer", "hang", {{"contains", "source_id"}, {"times", 1}}},
          {"NoAnswerToAPoll", "hang", at({"job", "phase"}, {{"script", {1}}}), "async"}};
}

class WeatherThatPasses : public TapWeather, public ::testing::WithParamInterface<Weather> {};

TEST_P(WeatherThatPasses, EndsInTheTruth) {
  const Weather& weather = GetParam();
  start({{"faults", {{weather.fault, weather.when}}}}, {}, {{"first_byte_s", "1"}, {"stall_s", "1"}});
  use_ids();
  const fs::path list =
      rig.write_manifest("rows", ids, rows("mode: " + weather.mode + "\nupload: " + weather.upload + "\n"));
  finish(list, "rows");
  EXPECT_GT(tap_report()["faults"].value(weather.fault, 0), 0) << "the fault met nothing";
  expect_true_rows("rows");

  tap_knobs({{"faults", nullptr}});
  rig.simulator_post("/sim/reset", "");
  tap_knobs({{"faults", {{weather.fault, weather.when}}}});
  finish(manifest("copy", copy("mode: " + weather.mode + "\n")), "copy");
  EXPECT_GT(tap_report()["faults"].value(weather.fault, 0), 0) << "the fault met nothing";
  expect_true_copy("copy");
  expect_no_job_is_left();
}

INSTANTIATE_TEST_SUITE_P(Each, WeatherThatPasses, ::testing::ValuesIn(every_weather()),
                         [](const auto& each) { return each.param.name; });

// Never absent from an answer that was cut, whether the archive says so or not.
TEST_F(TapWeather, NobodyIsAbsentFromAnOverflow) {
  start({{"async_row_cap", 70}});
  use_ids();
  finish(rig.write_manifest("over", ids, rows("mode: async\n")), "over");
  expect_true_rows("over");
}

TEST_F(TapWeather, NobodyIsAbsentFromAnAnswerCutAtTheRowLimit) {
  start({{"sync_row_cap", 70}}, {}, {{"sync_rows_most", "70"}});
  use_ids();
  finish(rig.write_manifest("cut", ids, rows("mode: sync\n")), "cut");
  expect_true_rows("cut");
}

class TapWeatherOfEitherMode : public TapWeather, public ::testing::WithParamInterface<std::string> {};

// Sync tells of the quota that all anonymous users share, async only says null.
TEST_P(TapWeatherOfEitherMode, AFullQuotaMeansListsInsteadOfUploads) {
  start({{"anonymous_quota_full", true}}, {}, {{"uploads", "always"}});
  use_ids();
  finish(rig.write_manifest("quota", ids, rows("upload: auto\nmode: " + GetParam() + "\n")), "quota");
  expect_true_rows("quota");
  EXPECT_EQ(tap_report()["upload_rows"], 0);
}

TEST_P(TapWeatherOfEitherMode, AFullQuotaNeverMakesAnybodyAbsentWhereUploadsAreWanted) {
  start({{"anonymous_quota_full", true}});
  use_ids();
  rig.submit(rig.write_manifest("stubborn", ids, rows("upload: always\nmode: " + GetParam() + "\n")));
  ASSERT_TRUE(wait_until([&] { return !rig.status("stubborn")["last_trouble"].get<std::string>().empty(); }));
  ASSERT_TRUE(wait_until([&] { return tap_report()["requests"].get<int>() >= 4; }));
  const Json status = rig.status("stubborn");
  EXPECT_EQ(status["absent"], 0);
  EXPECT_EQ(status["failed"], 0);
  EXPECT_EQ(status["pending"], 2 * ids.size());
  tap_knobs({{"anonymous_quota_full", false}});
  rig.garner({"retry", "stubborn", "--outcome", "pending"});
  ASSERT_TRUE(rig.wait_for_state("stubborn", "finished"));
  expect_true_rows("stubborn");
}

INSTANTIATE_TEST_SUITE_P(Each, TapWeatherOfEitherMode, ::testing::Values("sync", "async"),
                         [](const auto& each) { return each.param; });

TEST_F(TapWeather, AnswersMayBeGzippedWhetherTheHeaderSaysSoOrNot) {
  for (const bool said : {true, false}) {
    if (said)
      start({{"gzip_formats", {"votable"}}});
    else
      tap_knobs({{"content_encoding", false}});
    const std::string name = said ? "said" : "unsaid";
    finish(manifest(name, copy("mode: sync\n")), name);
    expect_true_copy(name);
  }
}

TEST_F(TapWeather, APoisonedQuestionBlocksItsChunkAloneAndARetryBringsItHome) {
  start();
  use_ids();
  std::ranges::sort(ids, {}, [](const std::string& id) { return std::stoull(id); });
  tap_knobs({{"faults", {{"null_500", {{"contains", ids[250]}}}}}});
  const Ran waited =
      rig.garner({"submit", rig.write_manifest("poison", ids, rows("mode: sync\nupload: never\n")).string(), "--wait"});
  EXPECT_EQ(waited.exit_code, 1);
  EXPECT_EQ(rig.status("poison")["failed"], 0);
  const auto pending = rig.source_ids("poison", "pending");
  EXPECT_TRUE(pending.contains(ids[250]));
  EXPECT_LE(pending.size(), 200u);
  for (const std::string table : {kSource, kOrbit}) {
    const auto have = sky().ids_in(std::string(table) + " WHERE source_id IN " + in_list(ids));
    for (const auto& id : rig.source_ids("poison", "absent", table)) EXPECT_FALSE(have.contains(id)) << id;
  }
  tap_knobs({{"faults", nullptr}});
  EXPECT_EQ(rig.garner({"retry", "poison", "--outcome", "pending"}).exit_code, 0);
  ASSERT_TRUE(rig.wait_for_state("poison", "finished"));
  expect_true_rows("poison");
}

TEST_F(TapWeather, EverythingAtOnceEndsInTheTruth) {
  Json faults = Json::object();
  for (const char* fault : {"maintenance_200", "service_error_200", "pool_empty_500", "null_500", "overload_503",
                            "too_many_429", "empty_body_200", "error_200", "time_out", "error_after_rows",
                            "second_document", "truncate_body", "reset_after_kib"})
    faults[fault] = {{"probability", 0.02}};
  start({{"faults", faults}}, {}, {{"attempts_most", "100"}});
  use_ids();
  finish(rig.write_manifest("storm", ids, rows("chunk_size: 25\nmode: sync\n")), "storm");
  finish(manifest("storm-of-jobs", copy("mode: async\ncount: true\n")), "storm-of-jobs");
  EXPECT_GT(tap_report()["faults"].size(), 3u);
  expect_true_rows("storm");
  expect_true_copy("storm-of-jobs");
}

// What the archive calls wrong is told at once, before many chunks have repeated it.
TEST_F(TapWeather, AnUnknownColumnOrTableIsToldAtOnce) {
  start();
  use_ids();
  const std::pair<const char*, const char*> wrong[] = {
      {"{table: gaiadr3.gaia_source, columns: [ra, colour]}", "colour"},
      {"{table: gaiadr3.gaia_sauce}", "gaiadr3.gaia_sauce"},
      {"{table: gaiadr3.gaia_source, id_column: star}", "star"}};
  for (const auto& [table, words] : wrong) {
    SCOPED_TRACE(table);
    rig.simulator_post("/sim/reset", "");
    const Ran ran = rig.garner(
        {"submit",
         rig.write_manifest("wrong", ids, "kind: rows\ntables: [" + std::string(table) + "]\nchunk_size: 1\n").string(),
         "--wait"});
    EXPECT_NE(ran.exit_code, 0);
    EXPECT_THAT(ran.out + ran.err, HasSubstr(words));
    EXPECT_LE(tap_report()["requests"].get<int>(), 20);
    rig.garner({"cancel", "wrong"});
    rig.garner({"remove", "wrong", "--delete-data"});
  }
}

}  // namespace
}  // namespace garner::e2e
