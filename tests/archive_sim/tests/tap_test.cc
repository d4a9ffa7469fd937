// The TAP services over HTTP, read with expat, CFITSIO and plain text.
#include <regex>
#include <sstream>
#include <thread>

#include <expat.h>
#include <fitsio.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

#include "archive_sim/form.h"
#include "archive_sim/tests/support.h"

namespace garner::archive_sim {
namespace {

using namespace test;

constexpr const char* kFast = R"("sky_sources": 3000)";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += std::isalnum(static_cast<unsigned char>(c)) ? std::string(1, c)
                                                       : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

std::string question(const std::string& query, const std::string& rest = "FORMAT=csv") {
  return "REQUEST=doQuery&LANG=ADQL&QUERY=" + escaped(query) + "&" + rest;
}

class Tap {
 public:
  explicit Tap(const std::string& knobs = "{}", const std::string& base = "/tap-server/tap")
      : simulator_(
            simulator_with(fmt::format("{{{}, \"users\": {{\"joe\": \"secret\"}}, \"tap\": {}}}", kFast, knobs))),
        base_(simulator_->base_url() + base) {}

  HttpAnswer post(const std::string& path, const std::string& body, const std::string& cookie = {}) const {
    return http(base_ + path, body, {.cookie = cookie});
  }
  HttpAnswer get(const std::string& path, const std::string& cookie = {}) const {
    return http(base_ + path, {}, {.cookie = cookie, .get = true});
  }
  HttpAnswer sync(const std::string& query, const std::string& rest = "FORMAT=csv") const {
    return post("/sync", question(query, rest));
  }
  std::string create(const std::string& query, const std::string& rest = "FORMAT=csv") const {
    const HttpAnswer answer = post("/async", question(query, rest));
    EXPECT_EQ(answer.status, 303);
    const std::string location = answer.header("Location");
    EXPECT_TRUE(location.starts_with(base_ + "/async/")) << location;
    return location.substr(base_.size());
  }
  std::string phase(const std::string& job) const { return get(job + "/phase").body; }
  nlohmann::json report() const {
    return nlohmann::json::parse(http(simulator_->base_url() + "/sim/report", {}, {.get = true}).body)["tap"];
  }
  std::string base() const { return base_; }
  const Simulator& simulator() const { return *simulator_; }
  std::string login() const {
    const HttpAnswer answer = http(simulator_->base_url() + "/tap-server/login", "username=joe&password=secret");
    for (const std::string& line : answer.header_lines)
      if (line.starts_with("Set-Cookie: SESSION=")) return line.substr(12, line.find(';') - 12);
    return {};
  }

 private:
  std::unique_ptr<Simulator> simulator_;
  std::string base_;
};

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::string xml_error(const std::string& xml) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate(nullptr), XML_ParserFree);
  return XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), 1) == XML_STATUS_OK
             ? ""
             : XML_ErrorString(XML_GetErrorCode(parser.get()));
}

std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(bytes.size() * 20 + 65536, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string multipart(const std::string& query, const std::string& votable, const std::string& more = {}) {
  const auto field = [](const std::string& name, const std::string& value) {
    return fmt::format("--Xb7\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", name, value);
  };
  return field("REQUEST", "doQuery") + field("LANG", "ADQL") + field("FORMAT", "csv") + field("QUERY", query) +
         field("UPLOAD", "ids,param:ids") + more +
         "--Xb7\r\nContent-Disposition: form-data; name=\"ids\"; filename=\"ids.xml\"\r\nContent-Type: None\r\n\r\n" +
         votable + "\r\n--Xb7--\r\n";
}

std::string id_table(const std::vector<std::uint64_t>& ids) {
  std::string out =
      "<?xml version=\"1.0\"?><VOTABLE><RESOURCE><TABLE><FIELD name=\"source_id\" datatype=\"long\"/><DATA><TABLEDATA>";
  for (const std::uint64_t id : ids) out += fmt::format("<TR><TD>{}</TD></TR>", id);
  return out + "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
}

TEST(TapSync, AnswersInEveryFormatWithTheSameRows) {
  const Tap tap;
  const std::string query = "SELECT TOP 30 * FROM gaiadr3.gaia_source";
  EXPECT_EQ(lines(tap.sync(query).body), 31u);
  const std::string plain = tap.sync(query, "FORMAT=votable_plain").body;
  EXPECT_EQ(xml_error(plain), "");
  EXPECT_NE(plain.find("<INFO name=\"QUERY_STATUS\" value=\"OK\""), std::string::npos);
  EXPECT_NE(plain.find("unit=\"mas.yr**-1\""), std::string::npos);
  std::size_t trs = 0;
  for (auto at = plain.find("<TR>"); at != std::string::npos; at = plain.find("<TR>", at + 1)) ++trs;
  EXPECT_EQ(trs, 30u);
  const std::string binary = tap.sync(query, "FORMAT=votable").body;
  EXPECT_EQ(xml_error(binary), "");
  const HttpAnswer zipped = tap.sync(query, "FORMAT=votable_gzip");
  EXPECT_EQ(zipped.header("Content-Encoding"), "gzip");
  EXPECT_EQ(gunzip(zipped.body), binary);
  EXPECT_EQ(nlohmann::json::parse(tap.sync(query, "FORMAT=json").body)["data"].size(), 30u);
  EXPECT_TRUE(tap.sync(query, "FORMAT=ecsv").body.starts_with("# %ECSV 1.0\n"));
  std::string fits = tap.sync(query, "FORMAT=fits").body;
  void* memory = fits.data();
  std::size_t size = fits.size();
  fitsfile* file = nullptr;
  int status = 0;
  long rows = 0;
  ASSERT_EQ(fits_open_memfile(&file, "x.fits", READONLY, &memory, &size, 0, nullptr, &status), 0);
  fits_movabs_hdu(file, 2, nullptr, &status);
  fits_get_num_rows(file, &rows, &status);
  LONGLONG id = 0;
  fits_read_col(file, TLONGLONG, 3, 1, 1, 1, nullptr, &id, nullptr, &status);
  fits_close_file(file, &status);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(rows, 30);
  EXPECT_NE(tap.sync(query).body.find(std::to_string(id)), std::string::npos);
}

TEST(TapSync, CutsSilentlyAtTheCapAndTellsMaxrec) {
  const Tap tap;
  const std::string all = "SELECT source_id FROM gaiadr3.gaia_source";
  const std::string cut = tap.sync(all, "FORMAT=votable_plain").body;
  EXPECT_EQ(cut.find("OVERFLOW"), std::string::npos);
  EXPECT_EQ(lines(tap.sync(all).body), 2001u);
  const std::string told = tap.sync(all, "FORMAT=votable_plain&MAXREC=5").body;
  const auto overflow = told.find("<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\">");
  ASSERT_NE(overflow, std::string::npos);
  EXPECT_GT(overflow, told.find("</TABLE>"));
  const Tap loud(R"({"sync_cap_says_overflow": true, "overflow_info": "before", "sync_row_cap": 10})");
  const std::string before = loud.sync(all, "FORMAT=votable").body;
  EXPECT_LT(before.find("OVERFLOW"), before.find("<TABLE>"));
  const Tap open(R"({"sync_row_cap": 0})");
  EXPECT_EQ(lines(open.sync(all).body), 3001u);
}

TEST(TapSync, RefusesInTheArchivesWordsInEitherShape) {
  const Tap tap;
  const HttpAnswer wrong = tap.sync("SELECT foo FROM gaiadr3.gaia_source");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("<INFO name=\"QUERY_STATUS\" value=\"ERROR\">\nCannot parse query 'SELECT foo FROM "
                            "gaiadr3.gaia_source' for job '"),
            std::string::npos);
  EXPECT_EQ(xml_error(wrong.body), "");
  const Tap html(R"({"error_shape": "html"})");
  const HttpAnswer null = html.sync("SELECT ra FROM gaiadr3.gaia_source WHERE source_id = 'M101'");
  EXPECT_EQ(null.status, 500);
  EXPECT_NE(null.body.find("<li><b>Message: </b>null</li>"), std::string::npos);
  EXPECT_EQ(tap.sync("SELECT ra FROM gaiadr3.gaia_source", "FORMAT=tiff").status, 400);
}

TEST(TapSync, TimesOutByVirtualTimeAtOnce) {
  const Tap tap(R"({"execution": {"b_s_per_row": 1}})");
  EXPECT_EQ(tap.sync("SELECT TOP 60 ra FROM gaiadr3.gaia_source").status, 200);
  const HttpAnswer late = tap.sync("SELECT TOP 61 ra FROM gaiadr3.gaia_source");
  EXPECT_EQ(late.status, 500);
  EXPECT_NE(late.body.find("statement timeout"), std::string::npos);
}

TEST(TapUpload, JoinsAnUploadedTableInItsOrder) {
  const Tap tap;
  auto ids = shuffled_ids_of_sky();
  ids.resize(40);
  std::vector<std::uint64_t> asked = ids;
  asked.insert(asked.begin() + 7, 12345);  // no such source
  const std::string body = multipart(
      "SELECT g.source_id FROM tap_upload.ids AS u JOIN gaiadr3.gaia_source AS g ON g.source_id = u.source_id",
      id_table(asked));
  const HttpAnswer answer = http(tap.base() + "/sync", body, {.content_type = "multipart/form-data; boundary=Xb7"});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, fmt::format("source_id\n{}\n", fmt::join(ids, "\n")));
  EXPECT_EQ(tap.report()["upload_rows"], 41);
}

TEST(TapUpload, TheSharedQuotaIsSaidBySyncAndNullByAsync) {
  const Tap tap(R"({"anonymous_quota_full": true})");
  const std::string body = multipart("SELECT * FROM tap_upload.ids", id_table({1}));
  const HttpOptions form{.content_type = "multipart/form-data; boundary=Xb7"};
  EXPECT_NE(http(tap.base() + "/sync", body, form).body.find("DB quota exceeded for user anonymous"),
            std::string::npos);
  const HttpAnswer async = http(tap.base() + "/async", body, form);
  EXPECT_EQ(async.status, 500);
  EXPECT_NE(async.body.find("value=\"ERROR\">\nnull\n<"), std::string::npos);
  HttpOptions joe = form;
  joe.cookie = tap.login();
  EXPECT_EQ(http(tap.base() + "/sync", body, joe).status, 200);
}

TEST(TapUpload, RefusesEntitiesAndUnicodeChar) {
  const Tap tap;
  const HttpOptions form{.content_type = "multipart/form-data; boundary=Xb7"};
  const std::string bomb = "<!DOCTYPE V [<!ENTITY a \"aa\">]>" + id_table({1});
  EXPECT_NE(http(tap.base() + "/sync", multipart("SELECT * FROM tap_upload.ids", bomb), form).body.find("entities"),
            std::string::npos);
  const std::string wide = std::regex_replace(id_table({1}), std::regex("\"long\""), "\"unicodeChar\"");
  EXPECT_EQ(http(tap.base() + "/sync", multipart("SELECT * FROM tap_upload.ids", wide), form).status, 400);
}

TEST(TapAsync, RunsAJobFromCreationToDeletion) {
  const Tap tap;
  const std::string job = tap.create("SELECT source_id FROM gaiadr3.gaia_source", "FORMAT=csv&jobname=mine");
  EXPECT_EQ(tap.phase(job), "PENDING");
  const HttpAnswer run = tap.post(job + "/phase", "PHASE=RUN");
  EXPECT_EQ(run.status, 303);
  EXPECT_EQ(run.header("Location"), tap.base() + job);
  EXPECT_EQ(tap.phase(job), "COMPLETED");
  const HttpAnswer shown = tap.get(job);
  EXPECT_EQ(xml_error(shown.body), "");
  EXPECT_NE(shown.body.find("<uws:phase>COMPLETED</uws:phase>"), std::string::npos);
  EXPECT_NE(shown.body.find("<uws:parameter id=\"query\">"), std::string::npos);
  EXPECT_NE(shown.body.find(tap.base() + job + "/results/result"), std::string::npos);
  EXPECT_EQ(lines(tap.get(job + "/results/result").body), 3001u);
  EXPECT_NE(tap.get("/async").body.find("<uws:jobref id=\"" + job.substr(7)), std::string::npos);
  EXPECT_EQ(tap.post("/deletejobs", "JOB_IDS=" + job.substr(7)).body, "{\"removed\": [\"" + job.substr(7) + "\"]}\n");
  EXPECT_EQ(tap.get(job).status, 404);
  const auto report = tap.report();
  EXPECT_EQ(report["jobs_created"], 1);
  EXPECT_EQ(report["jobs_run"], 1);
  EXPECT_EQ(report["jobs_deleted"], 1);
}

TEST(TapAsync, EveryJobThatWasMadeIsToldAfterItsDeletionToo) {
  const Tap tap(R"({"lost_runs": 1})");
  const auto records = [&] {
    std::vector<nlohmann::json> out;
    std::istringstream text(http(tap.simulator().base_url() + "/sim/jobs", {}, {.get = true}).body);
    for (std::string line; std::getline(text, line);) out.push_back(nlohmann::json::parse(line));
    return out;
  };
  const std::string query = "SELECT TOP 1 ra FROM gaiadr3.gaia_source";
  const std::string job = tap.create(query, "RUNID=garner-7f31");
  tap.create(query, "RUNID=other");
  for (int i = 0; i < 3; ++i) tap.post(job + "/phase", "PHASE=RUN");
  tap.post("/deletejobs", "JOB_IDS=" + job.substr(7));
  ASSERT_EQ(records().size(), 2u);
  const nlohmann::json first = records()[0];
  EXPECT_EQ(first["run_id"], "garner-7f31");
  EXPECT_EQ(first["query"], query);
  EXPECT_EQ(first["user"], "anonymous");
  EXPECT_EQ(first["runs_asked"], 3);
  EXPECT_EQ(first["runs"], 1);
  EXPECT_EQ(first["deleted"], true);
  EXPECT_EQ(records()[1]["runs_asked"], 0);
  EXPECT_EQ(records()[1]["deleted"], false);
  const std::string queries = http(tap.simulator().base_url() + "/sim/queries", {}, {.get = true}).body;
  EXPECT_EQ(nlohmann::json::parse(queries)["run_id"], "garner-7f31");
}

TEST(TapAsync, EndsInErrorOnlyWhereTheQueryContainsTheText) {
  const Tap tap(R"({"end_phase": "ERROR", "end_phase_contains": "TOP 7"})");
  EXPECT_EQ(tap.phase(tap.create("SELECT TOP 7 ra FROM gaiadr3.gaia_source", "PHASE=RUN")), "ERROR");
  EXPECT_EQ(tap.phase(tap.create("SELECT TOP 8 ra FROM gaiadr3.gaia_source", "PHASE=RUN")), "COMPLETED");
}

TEST(TapAsync, StaysPendingThoughRunCameWithTheCreation) {
  const Tap tap(R"({"creation_run": "ignored", "lost_runs": 1, "job_ids": "uuid"})");
  const std::string job = tap.create("SELECT TOP 1 ra FROM gaiadr3.gaia_source", "PHASE=RUN");
  EXPECT_TRUE(std::regex_match(job, std::regex("/async/[0-9a-f]{8}-[0-9a-f]{4}-11f0-[0-9a-f]{4}-[0-9a-f]{12}-O")))
      << job;
  EXPECT_EQ(tap.phase(job), "PENDING");
  tap.post(job + "/phase", "PHASE=RUN");
  EXPECT_EQ(tap.phase(job), "PENDING");
  tap.post(job + "/phase", "PHASE=RUN");
  EXPECT_EQ(tap.phase(job), "COMPLETED");
}

TEST(TapAsync, GoesThroughTheScriptedPhasesAndHoldsUntilRunAgain) {
  const Tap tap(R"({"phase_script": [["QUEUED", 0], ["HELD", 0], ["SUSPENDED", 1000000]]})");
  const std::string job = tap.create("SELECT TOP 1 ra FROM gaiadr3.gaia_source", "PHASE=RUN");
  EXPECT_EQ(tap.phase(job), "HELD");
  tap.post(job + "/phase", "PHASE=RUN");
  EXPECT_EQ(tap.phase(job), "SUSPENDED");
  tap.post(job + "/phase", "PHASE=ABORT");
  EXPECT_EQ(tap.phase(job), "ABORTED");
  EXPECT_EQ(tap.get(job + "/results/result").status, 404);
}

TEST(TapAsync, TellsErrorsBehindARedirectAndRunsOnlyTheFirstJobsIntoThem) {
  const Tap tap(R"({"end_phase": "ERROR", "end_phase_jobs": 1, "error_message": "database <busy>"})");
  const std::string bad = tap.create("SELECT TOP 1 ra FROM gaiadr3.gaia_source", "PHASE=RUN");
  EXPECT_EQ(tap.phase(bad), "ERROR");
  EXPECT_EQ(tap.get(bad + "/error").header("Location"), tap.base() + bad + "/error/details");
  const HttpAnswer details = tap.get(bad + "/error/details");
  EXPECT_EQ(details.status, 200);
  EXPECT_NE(details.body.find("database &lt;busy&gt;"), std::string::npos);
  EXPECT_EQ(tap.phase(tap.create("SELECT TOP 1 ra FROM gaiadr3.gaia_source", "PHASE=RUN")), "COMPLETED");
  const std::string wrong = tap.create("SELECT nope FROM gaiadr3.gaia_source", "PHASE=RUN");
  EXPECT_EQ(tap.phase(wrong), "ERROR");
  EXPECT_NE(tap.get(wrong).body.find("1 unresolved identifiers: nope"), std::string::npos);
}

TEST(TapAsync, AbortsWhatTakesLongerThanItMay) {
  const Tap tap(R"({"execution": {"b_s_per_row": 3}, "time_scale": 0})");
  const std::string job = tap.create("SELECT TOP 2000 ra FROM gaiadr3.gaia_source", "PHASE=RUN");
  EXPECT_EQ(tap.phase(job), "ABORTED");
  EXPECT_EQ(tap.phase(tap.create("SELECT TOP 1800 ra FROM gaiadr3.gaia_source", "PHASE=RUN")), "COMPLETED");
}

TEST(TapAsync, CountsTheJobsThatRunAtOnce) {
  const Tap tap(R"({"execution": {"a_s": 1000}})");
  for (int i = 0; i < 3; ++i) tap.create("SELECT TOP 1 ra FROM gaiadr3.gaia_source", "PHASE=RUN");
  EXPECT_EQ(tap.report()["highest_running_jobs"], 3);
}

TEST(TapAsync, AJobThatManyStartAtOnceRunsOnce) {
  const Tap tap;
  const std::string job = tap.create("SELECT source_id FROM gaiadr3.gaia_source ORDER BY ra");
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i) clients.emplace_back([&] { tap.post(job + "/phase", "PHASE=RUN"); });
  }
  EXPECT_EQ(tap.report()["jobs_run"], 1);
  EXPECT_EQ(tap.phase(job), "COMPLETED");
}

TEST(TapStandard, AnswersSyncBehindARedirect) {
  EXPECT_EQ(Tap("{}", "/tap").sync("SELECT 1 FROM tap_schema.tables").status, 404);
  const Tap tap(R"({"standard": true})", "/tap");
  const HttpAnswer first = tap.sync("SELECT TOP 3 source_id AS ID FROM gaiadr3.gaia_source", "RESPONSEFORMAT=text/csv");
  EXPECT_EQ(first.status, 303);
  const std::string location = first.header("Location");
  EXPECT_TRUE(std::regex_match(location, std::regex(".*/tap/sync/[^/]+/run"))) << location;
  const HttpAnswer rows = http(location, {}, {.get = true});
  EXPECT_EQ(lines(rows.body), 4u);
  EXPECT_TRUE(rows.body.starts_with("ID\n"));
}

TEST(TapStandard, WaitReturnsWhenThePhaseChanges) {
  const Tap tap(R"({"standard": true, "execution": {"a_s": 0.2}})", "/tap");
  const std::string job = tap.create("SELECT TOP 3 ra FROM gaiadr3.gaia_source", "RUNID=garner-7f31&PHASE=RUN");
  const HttpAnswer waited = tap.get(job + "?WAIT=20&PHASE=EXECUTING");
  EXPECT_NE(waited.body.find("<uws:phase>COMPLETED</uws:phase>"), std::string::npos);
  EXPECT_NE(waited.body.find("version=\"1.1\""), std::string::npos);
  EXPECT_EQ(xml_error(waited.body), "");
  // A phase that has passed already, and one that blocks nothing.
  EXPECT_EQ(tap.get(job + "?WAIT=1000&PHASE=QUEUED").status, 200);
  const std::string list = tap.get("/async?PHASE=COMPLETED&LAST=1").body;
  EXPECT_NE(list.find("<uws:runId>garner-7f31</uws:runId>"), std::string::npos);
  EXPECT_EQ(tap.get("/async?PHASE=EXECUTING").body.find("jobref"), std::string::npos);
  EXPECT_EQ(tap.post(job, "ACTION=DELETE").header("Location"), tap.base() + "/async");
}

TEST(TapLogin, TheProbeTellsALivingSessionFromALapsedOne) {
  const Tap tap;
  EXPECT_EQ(tap.get("/users?USER=joe").status, 403);
  const std::string cookie = tap.login();
  EXPECT_EQ(tap.get("/users?USER=joe", cookie).body, "joe: joe\n");
  const HttpAnswer created = tap.post("/async", question("SELECT TOP 1 ra FROM gaiadr3.gaia_source"), cookie);
  const std::string job = created.header("Location").substr(tap.base().size());
  EXPECT_EQ(tap.get(job, cookie).status, 200);
  EXPECT_EQ(tap.get(job).status, 403);
  http(tap.simulator().base_url() + "/sim/knobs", R"({"session_requests": 1})");
  EXPECT_EQ(tap.get("/users?USER=joe", cookie).status, 403);
}

TEST(TapMetadata, BothServicesDescribeTheirTablesAndLimits) {
  const Tap gaia;
  for (const char* path : {"/tables", "/tables?only_tables=true", "/capabilities", "/availability"})
    EXPECT_EQ(xml_error(gaia.get(path).body), "") << path;
  EXPECT_NE(gaia.get("/tables").body.find("esatapplus:size=\"3000\""), std::string::npos);
  EXPECT_EQ(gaia.get("/tables?only_tables=true").body.find("<column"), std::string::npos);
  EXPECT_EQ(gaia.get("/tables?tables=tap_schema.columns").body.find("gaia_source"), std::string::npos);
  EXPECT_NE(gaia.get("/capabilities").body.find("xsi:type=\"tr:TableAccess\""), std::string::npos);
  const Tap standard(R"({"standard": true})", "/tap");
  for (const char* path : {"/tables", "/tables?detail=min", "/tables/gaiadr3.gaia_source", "/capabilities"})
    EXPECT_EQ(xml_error(standard.get(path).body), "") << path;
  EXPECT_NE(standard.get("/tables/gaiadr3.gaia_source").body.find("<name>ruwe</name>"), std::string::npos);
  EXPECT_EQ(standard.get("/tables/nothing").status, 404);
}

TEST(TapFaults, FireByEndpointAndOrdinalAndQuery) {
  const Tap tap(R"({"faults": {"maintenance_200": {"endpoints": ["phase"], "script": [2]},
                              "null_500": {"contains": "12345"},
                              "error_after_rows": {"script": [2]}, "second_document": {"script": [3]},
                              "lost_rows": {"script": [4]}, "error_200": {"script": [5]}}})");
  const std::string job = tap.create("SELECT TOP 1 ra FROM gaiadr3.gaia_source", "PHASE=RUN");
  EXPECT_EQ(tap.phase(job), "COMPLETED");
  EXPECT_NE(tap.phase(job).find("Archive down for maintenance"), std::string::npos);
  EXPECT_EQ(tap.phase(job), "COMPLETED");
  const std::string query = "SELECT TOP 100 source_id FROM gaiadr3.gaia_source";
  EXPECT_EQ(tap.sync(query + " WHERE source_id <> 12345").status, 500);
  const std::string late = tap.sync(query, "FORMAT=votable_plain").body;
  EXPECT_EQ(xml_error(late), "");
  EXPECT_GT(late.find("value=\"ERROR\""), late.find("</TABLE>"));
  const std::string two = tap.sync(query, "FORMAT=votable_plain").body;
  EXPECT_NE(xml_error(two), "");
  EXPECT_EQ(two.find("</TABLEDATA>"), std::string::npos);
  EXPECT_NE(two.find("<?xml", 1), std::string::npos);
  EXPECT_EQ(lines(tap.sync(query).body), 91u);
  EXPECT_EQ(tap.sync(query).status, 200);
  EXPECT_EQ(lines(tap.sync(query).body), 101u);
  EXPECT_EQ(tap.report()["faults"].size(), 6u);
}

TEST(TapFaults, ACountMayLieByOne) {
  const Tap tap(R"({"faults": {"wrong_count": {"contains": "COUNT(*", "times": 1}}})");
  const std::string query = "SELECT COUNT(*) FROM gaiadr3.gaia_source";
  EXPECT_EQ(tap.sync(query).body, "count_all\n3001\n");
  EXPECT_EQ(tap.sync(query).body, "count_all\n3000\n");
}

TEST(TapFaults, UnknownKnobsAreRefusedByName) {
  const auto refused = merge_knobs({}, R"({"tap": {"faults": {"hang": {"endpoints": ["nowhere"]}}}})");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("tap.faults.hang.endpoints"), std::string::npos);
  EXPECT_FALSE(merge_knobs({}, R"({"tap": {"no_such": 1}})"));
  const auto again = merge_knobs({}, R"({"tap": {"sync_row_cap": 7}})");
  ASSERT_TRUE(again);
  EXPECT_TRUE(merge_knobs({}, R"({"tap": )" + nlohmann::json::parse(knobs_json(*again))["tap"].dump() + "}"));
}

}  // namespace
}  // namespace garner::archive_sim
