#include <chrono>
#include <ctime>
#include <set>
#include <thread>

#include <curl/curl.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "archive_sim/products/products.h"
#include "archive_sim/tests/support.h"
#include "archive_sim/writers.h"

namespace garner::archive_sim {
namespace {

using namespace test;

HttpAnswer ask(const Simulator& simulator, const std::string& form, const HttpOptions& options = {}) {
  return http(simulator.base_url() + "/data-server/data", form, options);
}

nlohmann::json report_of(const Simulator& simulator) {
  return nlohmann::json::parse(http(simulator.base_url() + "/sim/report", {}, {.get = true}).body);
}

std::set<std::string> names_of(const Unzipped& zip) {
  std::set<std::string> names;
  for (const ZipFile& file : zip.files) names.insert(file.name);
  return names;
}

TEST(DataServer, AnswersAnIndividualRequestWithOneMemberASourceShuffledAndChunked) {
  const auto simulator = simulator_with();
  const auto ids = some_ids(40);
  const HttpAnswer answer = ask(*simulator, form_for(ids));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(answer.header("Content-Length"), "");
  const Unzipped zip = unzip(answer.body);
  EXPECT_EQ(zip.error, "");
  ASSERT_EQ(zip.files.size(), 40u);
  std::vector<std::string> asked_order, got_order;
  for (const std::uint64_t id : ids) {
    asked_order.push_back(fmt::format("XP_SAMPLED-Gaia DR3 {}.xml", id));
    const ZipFile* file = zip.find(asked_order.back());
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(file->bytes,
              write_votable(make_product("Gaia DR3", "XP_SAMPLED", Structure::Individual, {&id, 1}, {}), true));
  }
  for (const ZipFile& file : zip.files) got_order.push_back(file.name);
  EXPECT_NE(got_order, asked_order);
}

TEST(DataServer, AnswersRawWithOneTableAndASingleIdUnderTheIndividualName) {
  const auto simulator = simulator_with();
  const std::string raw = "RETRIEVAL_TYPE=XP_CONTINUOUS&FORMAT=csv&DATA_STRUCTURE=RAW";
  EXPECT_EQ(names_of(unzip(ask(*simulator, form_for(some_ids(3), raw)).body)),
            (std::set<std::string>{"XP_CONTINUOUS_RAW.csv"}));
  EXPECT_EQ(names_of(unzip(ask(*simulator, form_for({42}, raw)).body)),
            (std::set<std::string>{"XP_CONTINUOUS-Gaia DR3 42.csv"}));
}

TEST(DataServer, WithoutZipAlwaysASingleFileIsBareAndSeveralAreZipped) {
  const auto simulator = simulator_with();
  const HttpAnswer bare = ask(*simulator, "ID=42&RETRIEVAL_TYPE=RVS&FORMAT=fits");
  EXPECT_TRUE(bare.body.starts_with("SIMPLE  ="));
  EXPECT_EQ(bare.header("Content-Type"), "application/fits");
  EXPECT_TRUE(ask(*simulator, "ID=42,43&RETRIEVAL_TYPE=RVS&FORMAT=fits").body.starts_with("PK"));
  EXPECT_TRUE(
      ask(*simulator, "ID=42,43&RETRIEVAL_TYPE=RVS&DATA_STRUCTURE=RAW&FORMAT=csv").body.starts_with("source_id,"));
}

TEST(DataServer, LeavesAbsentProductsOutAndAnswersNothingAtAllWithAnEmptyZip) {
  const auto simulator = simulator_with(R"({"absent_fraction": {"XP_SAMPLED": 0.3}})");
  const auto ids = some_ids(200);
  const Unzipped zip = unzip(ask(*simulator, form_for(ids)).body);
  for (const std::uint64_t id : ids)
    EXPECT_EQ(zip.find(fmt::format("XP_SAMPLED-Gaia DR3 {}.xml", id)) == nullptr, is_absent(id, "XP_SAMPLED", 1, 0.3));
  http(simulator->base_url() + "/sim/knobs", R"({"absent_fraction": 1})");
  EXPECT_EQ(ask(*simulator, form_for(ids)).body.size(), kEndRecordBytes);
}

TEST(DataServer, CollapsesDuplicateIdsAndReadsDesignationsOfTheirOwnRelease) {
  const auto simulator = simulator_with();
  const HttpAnswer answer =
      ask(*simulator,
          "ID=42,42,Gaia+DR3+42,Gaia+DR2+42&RELEASE=Gaia+DR3&RETRIEVAL_TYPE=EPOCH_PHOTOMETRY&USE_ZIP_ALWAYS=true");
  EXPECT_EQ(names_of(unzip(answer.body)),
            (std::set<std::string>{"EPOCH_PHOTOMETRY-Gaia DR3 42.xml", "EPOCH_PHOTOMETRY-Gaia DR2 42.xml"}));
}

TEST(DataServer, RefusesInTheArchivesOwnWords) {
  const auto simulator = simulator_with();
  const auto message = [&](const std::string& form) {
    const HttpAnswer answer = ask(*simulator, form);
    EXPECT_EQ(answer.status, 500) << form;
    const auto start = answer.body.find("<li><b>Message: </b>");
    return start == std::string::npos ? answer.body
                                      : answer.body.substr(start + 20, answer.body.find('\n', start) - start - 20);
  };
  EXPECT_EQ(message(form_for(some_ids(5001))), "Maximum number of Source Ids reached (max: 5000, found: 5001)");
  EXPECT_EQ(message("ID=1&RETRIEVAL_TYPE=EPOCH_ASTROMETRY"), "Unknown retrieval type: 'EPOCH_ASTROMETRY'");
  EXPECT_EQ(message("ID=1&RELEASE=Gaia+DR9&RETRIEVAL_TYPE=RVS"), "Unknown release: 'Gaia DR9'");
  EXPECT_EQ(message("ID=1&RETRIEVAL_TYPE=RVS&FORMAT=votable_gzip"),
            "Code: -1, msg: Impossible to format the query result: no formatter has been found for the given MIME type "
            "\"votable_gzip\"");
  EXPECT_EQ(message("ID=1&RETRIEVAL_TYPE=RVS&DATA_STRUCTURE=COMBINED"), "Unknown data structure: 'COMBINED'");
}

TEST(DataServer, RefusesAUriOverItsLimitWith414AndServesAShortGet) {
  const auto simulator = simulator_with();
  const std::string url = simulator->base_url() + "/data-server/data?USE_ZIP_ALWAYS=true&RETRIEVAL_TYPE=RVS&ID=";
  EXPECT_EQ(http(url + fmt::format("{}", fmt::join(some_ids(600), ",")), {}, {.get = true}).status, 414);
  EXPECT_EQ(unzip(http(url + "42", {}, {.get = true}).body).files.size(), 1u);
}

TEST(DataServer, KnowsTheOldTheNewOrBothWordsForStructures) {
  const auto status = [](const std::string& vocabulary, const std::string& word) {
    const auto simulator = simulator_with(fmt::format(R"({{"vocabulary": "{}"}})", vocabulary));
    return ask(*simulator, form_for({42}, "RETRIEVAL_TYPE=XP_SAMPLED&DATA_STRUCTURE=" + word)).status;
  };
  EXPECT_EQ(status("old", "INDIVIDUAL"), 200);
  EXPECT_EQ(status("old", "DATAMODEL_STANDARD"), 500);
  EXPECT_EQ(status("new", "RAW"), 500);
  EXPECT_EQ(status("new", "datamodel_gaia"), 200);
  EXPECT_EQ(status("both", "raw"), 200);
  EXPECT_EQ(status("both", "DATAMODEL_STANDARD"), 200);
}

TEST(DataServer, SendsAContentLengthWhenTold) {
  const auto simulator = simulator_with(R"({"content_length": true})");
  const HttpAnswer answer = ask(*simulator, form_for(some_ids(3)));
  EXPECT_EQ(answer.header("Content-Length"), std::to_string(answer.body.size()));
}

TEST(Login, CarriesTheUserInTheSessionCookieOfItsContextOnly) {
  const auto simulator = simulator_with(R"({"users": {"joe": "secret"}, "require_login": true})");
  EXPECT_EQ(ask(*simulator, form_for({42})).status, 403);
  EXPECT_NE(ask(*simulator, form_for({42})).body.find("User 'anonymous' is not authorized."), std::string::npos);
  EXPECT_EQ(http(simulator->base_url() + "/data-server/login", "username=joe&password=wrong").status, 401);

  const auto cookies_of = [&](const std::string& context) {
    const HttpAnswer answer = http(simulator->base_url() + "/" + context + "/login", "username=joe&password=secret");
    EXPECT_EQ(answer.status, 200);
    std::map<std::string, std::string> cookies;
    for (const std::string& line : answer.header_lines)
      if (line.starts_with("Set-Cookie: ")) {
        const std::string pair = line.substr(12, line.find(';') - 12);
        cookies[pair.substr(0, pair.find('='))] = pair;
        EXPECT_NE(line.find("; Path=/" + context), std::string::npos);
      }
    return cookies;
  };
  auto data = cookies_of("data-server");
  auto tap = cookies_of("tap-server");
  EXPECT_EQ(ask(*simulator, form_for({42}), {.cookie = data["SESSION"]}).status, 200);
  EXPECT_EQ(ask(*simulator, form_for({42}), {.cookie = data["JSESSIONID"]}).status, 403);
  EXPECT_EQ(ask(*simulator, form_for({42}), {.cookie = tap["SESSION"]}).status, 403);
  EXPECT_EQ(http(simulator->base_url() + "/data-server/logout", "", {.cookie = data["SESSION"]}).status, 200);
  EXPECT_EQ(ask(*simulator, form_for({42}), {.cookie = data["SESSION"]}).status, 403);
  EXPECT_EQ(report_of(*simulator)["logins"], 2);
}

TEST(Login, ALapsedSessionIsServedAsAnonymousWithoutAnError) {
  const auto simulator = simulator_with(R"({"users": {"joe": "secret"}, "session_requests": 2})");
  const HttpAnswer login = http(simulator->base_url() + "/data-server/login", "username=joe&password=secret");
  std::string session;
  for (const std::string& line : login.header_lines)
    if (line.starts_with("Set-Cookie: SESSION=")) session = line.substr(12, line.find(';') - 12);
  EXPECT_EQ(ask(*simulator, form_for({42}), {.cookie = session}).status, 200);
  EXPECT_EQ(ask(*simulator, form_for({42}), {.cookie = session}).status, 200);
  EXPECT_EQ(ask(*simulator, form_for({42}), {.cookie = session}).status, 200) << "anonymous now";
  http(simulator->base_url() + "/sim/knobs", R"({"require_login": true})");
  EXPECT_EQ(ask(*simulator, form_for({42}), {.cookie = session}).status, 403);
}

TEST(Login, ALapsedSessionIsReplacedByOneWithoutALogin) {
  const auto simulator = simulator_with(R"({"users": {"joe": "secret"}})");
  const auto cookies_of = [](const HttpAnswer& answer) {
    std::vector<std::string> pairs;
    for (const std::string& line : answer.header_lines)
      if (line.starts_with("Set-Cookie: ")) pairs.push_back(line.substr(12, line.find(';') - 12));
    return pairs;
  };
  const std::string root = simulator->base_url();
  for (const std::string context : {"data-server", "tap-server"}) {
    const std::string resource = context == "data-server" ? "/data-server/data" : "/tap-server/tap/users";
    const auto login = cookies_of(http(root + "/" + context + "/login", "username=joe&password=secret"));
    ASSERT_EQ(login.size(), 2u);
    const auto look = [&](const std::string& cookie) {
      return http(root + resource, form_for({42}, "RETRIEVAL_TYPE=WHO_AM_I"), {.cookie = cookie});
    };
    const HttpAnswer known = look(login[1]);
    EXPECT_NE(known.body.find(context == "data-server" ? "UwsJobOwner{id='joe'" : "joe: joe"), std::string::npos);
    EXPECT_TRUE(cookies_of(known).empty());
    http(root + "/sim/expire_sessions", "now");
    const HttpAnswer lapsed = look(login[1]);
    EXPECT_NE(lapsed.body.find("anonymous"), std::string::npos);
    ASSERT_EQ(cookies_of(lapsed).size(), 2u);
    EXPECT_NE(cookies_of(lapsed)[1], login[1]);
    EXPECT_NE(look(cookies_of(lapsed)[1]).body.find("anonymous"), std::string::npos);
    http(root + "/sim/knobs", R"({"new_cookies_on_lapse": false})");
    EXPECT_TRUE(cookies_of(look(login[1])).empty());
    http(root + "/sim/knobs", R"({"new_cookies_on_lapse": true})");
  }
}

TEST(Login, WhatIsPrivateIsNotThereForTheAnonymous) {
  const auto simulator = simulator_with(R"({"users": {"joe": "secret"}, "private_fraction": 0.5})");
  const auto ids = some_ids(40);
  const HttpAnswer login = http(simulator->base_url() + "/data-server/login", "username=joe&password=secret");
  std::string session;
  for (const std::string& line : login.header_lines)
    if (line.starts_with("Set-Cookie: SESSION=")) session = line.substr(12, line.find(';') - 12);
  EXPECT_EQ(unzip(ask(*simulator, form_for(ids), {.cookie = session}).body).files.size(), 40u);
  const Unzipped seen = unzip(ask(*simulator, form_for(ids)).body);
  for (const auto id : ids)
    EXPECT_EQ(seen.find(fmt::format("XP_SAMPLED-Gaia DR3 {}.xml", id)) == nullptr, is_private(id, 1, 0.5));
  http(simulator->base_url() + "/sim/knobs", R"({"private_fraction": 1})");
  EXPECT_EQ(ask(*simulator, form_for(ids)).body.size(), 22u);
}

TEST(ServerFaults, AScriptHitsItsRequestsOnlyAndTheReportCountsThem) {
  const auto simulator = simulator_with(
      R"({"faults": {"overload_503": {"script": [2], "retry_after": "7"}, "null_500": {"script": [3]}, "too_many_429": {"script": [4]}}})");
  std::vector<long> statuses;
  for (int i = 0; i < 5; ++i) {
    const HttpAnswer answer = ask(*simulator, form_for({42, 43}));
    statuses.push_back(answer.status);
    if (answer.status == 503) {
      EXPECT_EQ(answer.header("Retry-After"), "7");
    }
    if (answer.status == 500) {
      EXPECT_NE(answer.body.find("<li><b>Message: </b>null</li>"), std::string::npos);
    }
  }
  EXPECT_EQ(statuses, (std::vector<long>{200, 503, 500, 429, 200}));
  const auto report = report_of(*simulator);
  EXPECT_EQ(report["requests"], 5);
  EXPECT_EQ(report["requests_ok"], 2);
  EXPECT_EQ(report["requests_faulted"], 3);
  EXPECT_EQ(report["faults"]["null_500"], 1);
  EXPECT_EQ(report["ids_asked_total"], 10);
  EXPECT_EQ(report["ids_asked_more_than_once"], 2);
  EXPECT_EQ(report["max_times_one_id_asked"], 5);
  EXPECT_EQ(report["highest_concurrency"], 1);
  EXPECT_EQ(http(simulator->base_url() + "/sim/asked?type=XP_SAMPLED", {}, {.get = true}).body, "42\t5\t2\n43\t5\t2\n");
  http(simulator->base_url() + "/sim/reset");
  EXPECT_EQ(report_of(*simulator)["requests"], 0);
  EXPECT_EQ(ask(*simulator, form_for({42})).status, 200);
  EXPECT_EQ(ask(*simulator, form_for({42})).status, 503) << "ordinals begin again at 1";
}

TEST(ServerFaults, ARetryAfterMayBeAnHttpDate) {
  const auto simulator =
      simulator_with(R"({"faults": {"overload_503": {"probability": 1, "retry_after": "date+30"}}})");
  const std::string date = ask(*simulator, form_for({42})).header("Retry-After");
  EXPECT_TRUE(date.ends_with(" GMT")) << date;
  const auto ahead = curl_getdate(date.c_str(), nullptr) - std::time(nullptr);
  EXPECT_GT(ahead, 0);
  EXPECT_LE(ahead, 30);
}

TEST(ServerFaults, PagesComeWithTheStatusAndTextOfTheRealServer) {
  const auto answer = [](const std::string& fault) {
    const auto simulator = simulator_with(fmt::format(R"({{"faults": {{{}}}}})", fault));
    return ask(*simulator, form_for(some_ids(20)));
  };
  const HttpAnswer pool = answer(R"("pool_empty_500": {"probability": 1})");
  EXPECT_EQ(pool.status, 500);
  EXPECT_NE(pool.body.find("Pool empty. Unable to fetch a connection in 60 seconds, none available[size:15; busy:3; "
                           "idle:0; lastwait:60000]"),
            std::string::npos);
  const HttpAnswer maintenance = answer(R"("maintenance_200": {"probability": 1})");
  EXPECT_EQ(maintenance.status, 200);
  EXPECT_NE(maintenance.body.find("Archive down for maintenance"), std::string::npos);
  const HttpAnswer alone = answer(R"("service_error_200": {"probability": 1})");
  EXPECT_EQ(alone.status, 200);
  EXPECT_TRUE(alone.body.starts_with("<html>"));
  const HttpAnswer behind = answer(R"("service_error_200": {"probability": 1, "kib": 3})");
  EXPECT_TRUE(behind.body.starts_with("PK\x03\x04"));
  EXPECT_EQ(behind.body.find("<html>"), 3072u);
  const HttpAnswer empty = answer(R"("empty_body_200": {"probability": 1})");
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.body, "");
}

TEST(ServerFaults, MembersAreSpoiltInsideAZipThatIsOtherwiseInOrder) {
  const auto ids = some_ids(6);
  const auto spoilt = [&](const std::string& fault, const std::string& format) {
    const auto simulator = simulator_with(fmt::format(R"({{"faults": {{"{}": {{"probability": 1}}}}}})", fault));
    const Unzipped zip = unzip(ask(*simulator, form_for(ids, "RETRIEVAL_TYPE=RVS&FORMAT=" + format)).body);
    EXPECT_EQ(report_of(*simulator)["faults"][fault], 1);
    EXPECT_EQ(report_of(*simulator)["by_type"]["RVS"]["ids_answered_in_full"], 0);
    return zip;
  };
  std::set<std::string> asked;
  for (const std::uint64_t id : ids) asked.insert(fmt::format("RVS-Gaia DR3 {}.xml", id));

  EXPECT_NE(spoilt("bad_crc", "votable").error, "");
  const Unzipped duplicate = spoilt("duplicate_member", "votable");
  EXPECT_EQ(duplicate.files.size(), 7u);
  EXPECT_EQ(names_of(duplicate), asked);
  const Unzipped left_out = spoilt("left_out", "votable");
  EXPECT_EQ(left_out.error, "");
  EXPECT_LT(left_out.files.size(), 6u);
  const Unzipped foreign = spoilt("foreign_member", "votable");
  EXPECT_EQ(foreign.error, "");
  EXPECT_EQ(names_of(foreign).size(), 7u);
  const Unzipped release = spoilt("wrong_release_member", "votable");
  EXPECT_EQ(std::ranges::count_if(release.files,
                                  [](const ZipFile& f) { return f.name.find("Gaia DR2") != std::string::npos; }),
            1);
  const Unzipped type = spoilt("wrong_type_member", "votable");
  EXPECT_EQ(std::ranges::count_if(type.files, [](const ZipFile& f) { return !f.name.starts_with("RVS-"); }), 1);
  EXPECT_EQ(names_of(spoilt("wrong_structure", "votable")), (std::set<std::string>{"RVS_RAW.xml"}));
  const Unzipped cut = spoilt("cut_product", "votable");
  EXPECT_EQ(cut.error, "");
  EXPECT_EQ(std::ranges::count_if(cut.files, [](const ZipFile& f) { return !f.bytes.ends_with("</VOTABLE>\n"); }), 1);
  const Unzipped naxis = spoilt("wrong_naxis2", "fits");
  EXPECT_EQ(std::ranges::count_if(
                naxis.files,
                [](const ZipFile& f) { return f.bytes.find("NAXIS2  =                 3401") != std::string::npos; }),
            1);
}

TEST(ServerFaults, AFaultThatHasNothingToSpoilDoesNotFire) {
  const auto simulator = simulator_with(
      R"({"faults": {"wrong_naxis2": {"probability": 1}, "cut_product": {"probability": 1}}, "absent_fraction": {"RVS": 1}})");
  EXPECT_EQ(ask(*simulator, form_for({42}, "RETRIEVAL_TYPE=RVS")).body.size(), kEndRecordBytes);
  EXPECT_EQ(report_of(*simulator)["requests_faulted"], 0);
}

TEST(ServerFaults, ATruncatedZipEndsItsChunksProperly) {
  const auto simulator = simulator_with(R"({"faults": {"truncate_zip": {"script": [2], "bytes": 100}}})");
  const HttpAnswer whole = ask(*simulator, form_for(some_ids(5)));
  const HttpAnswer cut = ask(*simulator, form_for(some_ids(5)));
  EXPECT_EQ(cut.curl_code, CURLE_OK);
  EXPECT_EQ(cut.body.size() + 100, whole.body.size());
}

TEST(ServerFaults, AResetAndAStallBreakOffAtTheirPlace) {
  const auto simulator = simulator_with(
      R"({"faults": {"reset_after_kib": {"script": [1], "kib": 20}, "stall_after_kib": {"script": [2], "kib": 8}}})");
  const HttpAnswer reset = ask(*simulator, form_for(some_ids(20)));
  EXPECT_EQ(reset.curl_code, CURLE_RECV_ERROR);
  EXPECT_LE(reset.body.size(), 20u * 1024);
  const HttpAnswer stalled = ask(*simulator, form_for(some_ids(20)), {.timeout_ms = 500});
  EXPECT_EQ(stalled.curl_code, CURLE_OPERATION_TIMEDOUT);
  EXPECT_EQ(stalled.body.size(), 8u * 1024);
  EXPECT_EQ(report_of(*simulator)["requests_ok"], 0);
}

TEST(ServerFaults, AHangEndsWhenTheClientLeavesOrTheSimulatorStops) {
  auto simulator = simulator_with(R"({"faults": {"hang": {"probability": 1}}})");
  EXPECT_EQ(ask(*simulator, form_for({42}), {.timeout_ms = 200}).curl_code, CURLE_OPERATION_TIMEDOUT);
  const std::string url = simulator->base_url() + "/data-server/data";
  std::jthread waiting([url] { EXPECT_NE(http(url, form_for({42})).curl_code, CURLE_OK); });
  while (report_of(*simulator)["faults"]["hang"] != 2) std::this_thread::yield();
  simulator.reset();
}

TEST(ServerFaults, ASlowDripDeliversAllInTheEnd) {
  const auto simulator = simulator_with(R"({"faults": {"slow_drip": {"probability": 1, "bytes_per_s": 20000}}})");
  const HttpAnswer answer = ask(*simulator, form_for({42}));
  EXPECT_EQ(answer.curl_code, CURLE_OK);
  EXPECT_EQ(unzip(answer.body).error, "");
  EXPECT_EQ(http(simulator->base_url() + "/sim/asked?type=XP_SAMPLED", {}, {.get = true}).body, "42\t1\t1\n");
}

TEST(DataServer, DelaysByItsLatencyModel) {
  const auto simulator = simulator_with(R"({"latency": {"a_s": 0.05, "b_s_per_id": 0.02}})");
  const auto start = std::chrono::steady_clock::now();
  ask(*simulator, form_for(some_ids(10)));
  EXPECT_GE(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 0.25);
}

TEST(DataServer, CountsTheHighestConcurrency) {
  auto simulator = simulator_with(R"({"faults": {"hang": {"probability": 1}}})");
  const std::string url = simulator->base_url() + "/data-server/data";
  std::vector<std::jthread> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back([url] { http(url, form_for({42})); });
  while (report_of(*simulator)["highest_concurrency"] != 3) std::this_thread::yield();
  simulator.reset();  // ends the hanging requests
}

TEST(MemberCache, PreparedMembersAreTheSameAsThoseMadeOnDemand) {
  const auto simulator = simulator_with(R"({"absent_fraction": 0.2})");
  const auto ids = some_ids(30);
  const Unzipped before = unzip(ask(*simulator, form_for(ids)).body);
  World& world = simulator->world();
  EXPECT_EQ(world.cache.prepare(world.knobs_copy(), "Gaia DR3", {"XP_SAMPLED"}, Format::Votable, ids),
            before.files.size());
  const Unzipped after = unzip(ask(*simulator, form_for(ids)).body);
  EXPECT_EQ(names_of(after), names_of(before));
  for (const ZipFile& file : after.files) EXPECT_EQ(file.bytes, before.find(file.name)->bytes);
}

TEST(Replay, AnswersFromTheFirstDescriptionThatMatchesByteForByte) {
  const TemporaryFolder folder;
  folder.write("a.json", R"({"match": {"RETRIEVAL_TYPE": "RVS", "FORMAT": "fits"}, "status": 200,
                             "headers": {"Content-Type": "application/zip", "Content-Length": "9"}, "body_file": "a.zip"})");
  folder.write("b.json", R"({"match": {"RETRIEVAL_TYPE": "RVS"}, "status": 500, "body_file": "b.txt"})");
  folder.write("a.zip", std::string("PK\0\1recorded", 12));
  folder.write("b.txt", "an error page");
  SimulatorOptions options;
  options.replay_folder = folder.path();
  const auto simulator = Simulator::start(options);
  ASSERT_TRUE(simulator) << simulator.error().detail;
  const HttpAnswer fits = ask(**simulator, form_for({42}, "RETRIEVAL_TYPE=RVS&FORMAT=fits"));
  EXPECT_EQ(fits.body, std::string("PK\0\1recorded", 12));
  EXPECT_EQ(fits.header("Content-Type"), "application/zip");
  const HttpAnswer other = ask(**simulator, form_for({42}, "RETRIEVAL_TYPE=RVS&FORMAT=csv"));
  EXPECT_EQ(other.status, 500);
  EXPECT_EQ(other.body, "an error page");
  const HttpAnswer none = ask(**simulator, form_for({42}, "RETRIEVAL_TYPE=MCMC_MSC"));
  EXPECT_EQ(none.status, 404);
  EXPECT_NE(none.body.find("no recorded reply matches"), std::string::npos);
  EXPECT_EQ(report_of(**simulator)["by_type"]["RVS"]["ids_asked_total"], 2);
}

TEST(Replay, ABrokenDescriptionIsRefusedByName) {
  const TemporaryFolder folder;
  folder.write("x.json", R"({"match": {}})");
  const auto replay = Replay::load(folder.path());
  ASSERT_FALSE(replay);
  EXPECT_NE(replay.error().detail.find("x.json"), std::string::npos) << replay.error().detail;
}

TEST(Tls, ServesHttpsThatVerifiesAgainstItsCertificate) {
  const TemporaryFolder folder;
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 "
      "-addext subjectAltName=IP:127.0.0.1 -keyout " +
      folder.file("key") + " -out " + folder.file("cert") + " 2>/dev/null";
  if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no openssl program to make a certificate with";
  SimulatorOptions options;
  options.tls_certificate_file = folder.file("cert");
  options.tls_key_file = folder.file("key");
  const auto simulator = Simulator::start(options);
  ASSERT_TRUE(simulator) << simulator.error().detail;
  EXPECT_TRUE((*simulator)->base_url().starts_with("https://"));
  const HttpAnswer answer = ask(**simulator, form_for(some_ids(50)), {.ca_file = folder.file("cert")});
  EXPECT_EQ(answer.curl_code, CURLE_OK);
  EXPECT_EQ(unzip(answer.body).files.size(), 50u);
  EXPECT_NE(ask(**simulator, form_for({42})).curl_code, CURLE_OK) << "an unknown certificate must not pass";
}

TEST(Sim, ListsIdsAndLogsRequests) {
  const TemporaryFolder folder;
  SimulatorOptions options;
  options.request_log_file = folder.file("log");
  const auto simulator = Simulator::start(options);
  ASSERT_TRUE(simulator);
  const std::string ids = http((*simulator)->base_url() + "/sim/ids?n=100&seed=1", {}, {.get = true}).body;
  EXPECT_EQ(std::ranges::count(ids, '\n'), 100);
  EXPECT_TRUE(ids.starts_with(std::to_string(some_ids(100)[0]) + "\n"));
  ask(**simulator, form_for({42}));
  const auto line = nlohmann::json::parse(read_file(folder.file("log")));
  EXPECT_EQ(line["type"], "XP_SAMPLED");
  EXPECT_EQ(line["first_id"], "42");
  EXPECT_EQ(line["status"], 200);
}

}  // namespace
}  // namespace garner::archive_sim
