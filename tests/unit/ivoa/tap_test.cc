#include "ivoa/tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ivoa/fake_service.h"
#include "ivoa/multipart.h"
#include "table/votable/writer.h"

namespace garner::ivoa {
namespace {

using ::testing::ElementsAre;
using testing::FakeTransport;
using testing::finish;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::VirtualLoop;
using testing::votable;

const std::string kBase = "https://tap.example.org/tap";

TapService service() {
  TapService made;
  made.http.base_url = kBase;
  made.http.cookies = [] { return std::string("SESSION=secret"); };
  return made;
}

struct Stage {
  VirtualLoop loop;
  FakeTransport transport{loop};
  Tap tap;
  explicit Stage(TapService made = service()) : tap(transport, loop, std::move(made)) {}
  Result<http::Body> sync(Query query = {.adql = "SELECT 1"}) { return finish(loop, tap.sync(std::move(query), {})); }
};

TEST(TapQuery, IsAFormWithTheStandardsFields) {
  TapService gaia = service();
  gaia.format_field = "FORMAT";
  const auto encoded = encode_query(
      gaia, {.adql = "SELECT a FROM t WHERE b='x'", .format = "votable_gzip", .maxrec = 0, .run_id = "garner-1"});
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->content_type, "application/x-www-form-urlencoded");
  EXPECT_EQ(
      encoded->body,
      "REQUEST=doQuery&LANG=ADQL&FORMAT=votable_gzip&MAXREC=0&RUNID=garner-1&QUERY=SELECT+a+FROM+t+WHERE+b%3D%27x%27");
}

TEST(TapQuery, WithAnUploadIsMultipartWithTheTableAsAPart) {
  const std::vector<std::int64_t> ids{5929246508730155392, -1};
  const Query query{.adql = "SELECT * FROM TAP_UPLOAD.ids",
                    .uploads = {{"ids", table::id_upload("source_id", ids).value()}}};
  const auto encoded = encode_query(service(), query);
  ASSERT_TRUE(encoded);
  ASSERT_TRUE(encoded->content_type.starts_with("multipart/form-data; boundary="));
  const std::string boundary = encoded->content_type.substr(30);
  const std::string& body = encoded->body;
  EXPECT_THAT(body, HasSubstr("--" + boundary +
                              "\r\nContent-Disposition: form-data; name=\"UPLOAD\"\r\n\r\nids,param:ids\r\n"));
  EXPECT_THAT(body, HasSubstr("Content-Disposition: form-data; name=\"ids\"; filename=\"ids.xml\"\r\nContent-Type: "
                              "application/x-votable+xml\r\n\r\n<?xml"));
  EXPECT_THAT(body, HasSubstr("<TD>5929246508730155392</TD>"));
  EXPECT_THAT(body, Not(HasSubstr("unicodeChar")));
  EXPECT_THAT(body, Not(HasSubstr("PHASE")));
  EXPECT_TRUE(body.ends_with("\r\n--" + boundary + "--\r\n"));
}

TEST(TapQuery, RefusesNamesThatTapDoesNotAllow) {
  for (const std::string name : {"", "1ids", "a-b", "a\"b", "a;b", "ids,param:x"}) {
    EXPECT_EQ(encode_query(service(), {.adql = "x", .uploads = {{name, "v"}}}).error().kind, Kind::Invalid) << name;
  }
  EXPECT_FALSE(encode_query(service(), {.adql = "x", .uploads = {{"ids", "v"}, {"IDS", "w"}}}));
  EXPECT_FALSE(encode_query(service(), {.adql = "x", .run_id = std::string(65, 'r')}));
  EXPECT_FALSE(encode_query(service(), {.adql = ""}));
}

TEST(Multipart, ChoosesABoundaryThatNoPartHolds) {
  const auto first = multipart_form({{"a", "b"}}, {});
  ASSERT_TRUE(first);
  const std::string boundary = first->content_type.substr(30);
  const auto second = multipart_form({{"a", "--" + boundary + "--"}}, {});
  ASSERT_TRUE(second);
  EXPECT_NE(second->content_type, first->content_type);
  EXPECT_FALSE(multipart_form({{"a\r\nX: y", "b"}}, {}));
}

TEST(TapSync, FollowsA303WithinTheOriginByGet) {
  Stage stage;
  stage.transport.then_see_other(kBase + "/sync/abc123/run");
  stage.transport.then(200, votable(""));
  const auto body = stage.sync();
  ASSERT_TRUE(body) << body.error().detail;
  EXPECT_THAT(stage.transport.urls(), ElementsAre("POST " + kBase + "/sync", "GET " + kBase + "/sync/abc123/run"));
  EXPECT_EQ(stage.transport.asked[1].request.cookies, "SESSION=secret");
  EXPECT_EQ(stage.transport.asked[1].request.body, "");
}

TEST(TapSync, RefusesA303ToAnotherOrigin) {
  for (const std::string target : {"https://other.example.org/tap/sync/1", "http://tap.example.org:81/x",
                                   "https://tap.example.org.evil.net/x", "//evil.net/x"}) {
    Stage stage;
    stage.transport.then_see_other(target);
    const auto body = stage.sync();
    ASSERT_FALSE(body) << target;
    EXPECT_EQ(body.error().kind, Kind::Maintenance);
    EXPECT_EQ(stage.transport.asked.size(), 1u);
  }
}

TEST(TapSync, DoesNotGoRoundInCircles) {
  Stage stage;
  stage.transport.always = [](const http::Request&) -> Result<http::Reply> {
    return testing::see_other("/tap/sync/again");
  };
  EXPECT_FALSE(stage.sync());
  EXPECT_LT(stage.transport.asked.size(), 13u);
}

TEST(TapSync, TellsATimeLimitFromOtherErrors) {
  struct Row {
    int status;
    std::string body;
    Kind kind;
  };
  const std::vector<Row> rows = {
      {200, testing::error_votable("Query timed out (took too long)."), Kind::TooLarge},
      {500, testing::error_page("Error executing query: ERROR: canceling statement due to user request"),
       Kind::TooLarge},
      {408, "Request Timeout", Kind::TooLarge},
      {400, testing::error_votable("aborted: exceeded execution time of 60 seconds"), Kind::TooLarge},
      {400, testing::error_votable("Cannot parse query 'select timeout' for job 'x': Encountered"), Kind::Unsupported},
      {500, testing::error_page("Unable to fetch a connection in 60 seconds, none available. Timeout: Pool empty."),
       Kind::Overloaded},
      {504, "<html><head><title>504 Gateway Time-out</title></head></html>", Kind::Overloaded},
      {503, "<html><body>Service Unavailable</body></html>", Kind::Overloaded},
      {400, testing::error_votable("Column \"foo\" does not exist"), Kind::Unsupported},
      {200, testing::error_votable("No such field known: foo"), Kind::Unsupported},
      {429, "slow down", Kind::RateLimited},
      {401, "", Kind::Auth},
      {500, testing::error_page("something new"), Kind::Suspect},
      {507, "", Kind::Quota},
      {200, std::string(testing::kMaintenance), Kind::Maintenance},
      {200, "<VOTABLE><INFO name=\"ERROR\">missing coordinate</INFO></VOTABLE>", Kind::Suspect},
  };
  for (const auto& row : rows) {
    Stage stage;
    stage.transport.then(row.status, row.body);
    const auto body = stage.sync();
    ASSERT_FALSE(body) << row.body;
    EXPECT_EQ(body.error().kind, row.kind) << row.status << " " << row.body << " -> " << body.error().detail;
  }
}

TEST(TapSync, HandsOnWhatTheServiceAsksUsToWait) {
  Stage stage;
  stage.transport.then(503, "busy", {{"retry-after", "17"}});
  const auto body = stage.sync();
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().kind, Kind::RateLimited);
  EXPECT_EQ(body.error().retry_after, std::chrono::seconds(17));
}

TEST(TapSync, OfAFullUploadQuotaIsQuotaHoweverItIsWrapped) {
  Stage stage;
  stage.transport.then(500,
                       testing::error_page("Can't overwrite cause with esavo.tap.upload.exceptions.UploadUwsException: "
                                           "DB quota exceeded for user anonymous (Currently 10 GB)"));
  EXPECT_EQ(stage.sync({.adql = "x", .uploads = {{"ids", "v"}}}).error().kind, Kind::Quota);
}

TEST(TapSync, FindsAnErrorWhereCsvFitsOrJsonWasDue) {
  for (const std::string format : {"csv", "fits", "json", "ecsv"}) {
    Stage stage;
    stage.transport.then(200, testing::error_votable("column x does not exist"));
    const auto body = stage.sync({.adql = "x", .format = format});
    ASSERT_FALSE(body) << format;
    EXPECT_EQ(body.error().kind, Kind::Unsupported);
    stage.transport.then(200, "a,b\n1,2\n");
    EXPECT_EQ(stage.sync({.adql = "x", .format = format}).has_value(), format != "fits");
  }
}

TEST(TapSync, LeavesAnAnswerWithRowsToItsEnd) {
  Stage stage;
  stage.transport.then(200, votable("<INFO name=\"QUERY\" value=\"SELECT 'ERROR' AS QUERY_STATUS\"/><INFO "
                                    "name=\"QUERY_STATUS\" value=\"ERROR\">early</INFO>"));
  EXPECT_TRUE(stage.sync()) << "a later status may override it; the verdict is read at the end";
}

TEST(TapCreate, MakesAJobWithoutRunningIt) {
  Stage stage;
  stage.transport.then_see_other(kBase + "/async/9O");
  const auto url = finish(stage.loop, stage.tap.create({.adql = "SELECT 1", .run_id = "garner-9"}, {}));
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, kBase + "/async/9O");
  EXPECT_THAT(stage.transport.urls(), ElementsAre("POST " + kBase + "/async"));
  EXPECT_THAT(stage.transport.asked[0].request.body, Not(HasSubstr("PHASE")));
}

}  // namespace
}  // namespace garner::ivoa
