#include "archive/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/replies.h"
#include "ivoa/server_words.h"

namespace garner::archive {
namespace {

using ivoa::extract_message;
using testing::empty_zip;
using testing::error_page;
using testing::error_votable;
using ::testing::HasSubstr;
using testing::Headers;
using ::testing::Not;
using testing::reply;

constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

constexpr std::string_view kOverLimit = "Maximum number of Source Ids reached (max: 5000, found: 22577)";
constexpr std::string_view kUnknownType = "Unknown retrieval type: 'EPOCH_ASTROMETRY'";
constexpr std::string_view kNoFormatter =
    "Code: -1, msg: Impossible to format the query result: no formatter has been found for the given MIME type "
    "\"votable_gzip\"";
constexpr std::string_view kPoolEmpty =
    "Code: 500, msg: Unable to create connection to database\n[http-nio] Timeout: Pool empty. Unable to fetch a "
    "connection in 60 seconds, none "
    "available[size:15; busy:3; idle:0; lastwait:60000].";
constexpr std::string_view kQuota =
    "DB quota exceeded for user anonymous (Currently 10 GB, maximum allowed is 10 GB). Registered users have an "
    "increased quota, please log in.";

std::string long_form(std::string_view reason) {
  return fmt::format(
      "{0}\n\nCannot process request: 'https://gea.esac.esa.int/data-server/data' (req: Reqid: "
      "anonymous1756550660953,\nretrieval access: DIRECT, "
      "retrieval type: EPOCH_PHOTOMETRY, compression: null), for user: UwsJobOwner{{id='anonymous',\n... "
      "session='0AC8SECRET', ip='10.0.0.1'}},  due to: "
      "{0}",
      reason);
}

struct Case {
  std::string what;
  int status;
  std::string body;
  Kind kind;
  std::string words;  // in the error's text
  Headers headers = {};
};

// Every line of the table, and every text that the archive is known to send, in each of its shapes.
std::vector<Case> table() {
  const std::string maintenance =
      "<!DOCTYPE html>\n<html><head><title>Gaia Archive</title></head><body><p>Archive down for "
      "maintenance</p></body></html>";
  const std::string apache =
      "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head><title>Proxy Error</title></head><body>Proxy "
      "Error</body></html>";
  return {
      {"too many ids, page", 500, error_page(kOverLimit), Kind::TooLarge,
       "HTTP 500: Maximum number of Source Ids reached (max: 5000, found: 22577)"},
      {"too many ids, long form", 500, error_page(long_form(kOverLimit)), Kind::TooLarge, "(max: 5000, found: 22577)"},
      {"too many ids, table", 500, error_votable(kOverLimit), Kind::TooLarge, "(max: 5000, found: 22577)"},
      {"too many ids, bare", 500, std::string(kOverLimit), Kind::TooLarge, "(max: 5000, found: 22577)"},
      {"too many ids, behind a good status", 200, error_page(kOverLimit), Kind::TooLarge, "(max: 5000"},
      {"unknown type", 500, error_page(long_form(kUnknownType)), Kind::Unsupported,
       "HTTP 500: Unknown retrieval type: 'EPOCH_ASTROMETRY'"},
      {"unknown type, table", 200, error_votable(kUnknownType), Kind::Unsupported, "EPOCH_ASTROMETRY"},
      {"unknown release", 500, error_page("Unknown release: 'Gaia DR9'"), Kind::Unsupported, "Gaia DR9"},
      {"unknown structure", 500, error_page("Unknown data structure: 'RAW'"), Kind::Unsupported, "RAW"},
      {"no formatter, escaped", 500,
       error_page("no formatter has been found for the given MIME type &quot;votable_gzip&quot;"), Kind::Unsupported,
       "\"votable_gzip\""},
      {"no formatter", 500, error_page(kNoFormatter), Kind::Unsupported, "votable_gzip"},
      {"400", 400, "bad", Kind::Unsupported, "HTTP 400: bad"},
      {"404", 404, "<html>Not Found</html>", Kind::Unsupported, "HTTP 404: Not Found"},
      {"405", 405, "", Kind::Unsupported, "HTTP 405 with an empty body"},
      {"414", 414, "<html>Request-URI Too Long</html>", Kind::Unsupported, "HTTP 414"},
      {"501", 501, "", Kind::Unsupported, "HTTP 501"},
      {"401", 401, "", Kind::Auth, "HTTP 401"},
      {"403", 403, "User 'anonymous' is not authorized.", Kind::Auth, "User 'anonymous' is not authorized."},
      {"403, page", 403, error_page("Denied", 403), Kind::Auth, "Denied"},
      {"not authorised as 500", 500, error_page("User 'anonymous' is not authorized."), Kind::Auth, "not authorized"},
      {"407", 407, "", Kind::Auth, "HTTP 407"},
      {"530", 530, "", Kind::Auth, "HTTP 530"},
      {"550", 550, "", Kind::Auth, "HTTP 550"},
      {"507", 507, "", Kind::Quota, "HTTP 507"},
      {"quota", 500, error_page(kQuota), Kind::Quota, "Currently 10 GB"},
      {"quota, wrapped", 500,
       fmt::format("Can't overwrite cause with esavo.tap.upload.exceptions.UploadUwsException: {}", kQuota),
       Kind::Quota, "10 GB"},
      {"413", 413, "", Kind::TooLarge, "HTTP 413"},
      {"pool empty", 500, error_page(kPoolEmpty), Kind::Overloaded, "Pool empty"},
      {"pool empty, long form", 500, error_page(long_form(kPoolEmpty)), Kind::Overloaded, "Pool empty"},
      {"pool empty, table", 500, error_votable(kPoolEmpty), Kind::Overloaded, "Pool empty"},
      {"pool empty, bare", 500, std::string(kPoolEmpty), Kind::Overloaded, "Pool empty"},
      {"pool empty, after the status went out", 200, error_page(kPoolEmpty), Kind::Overloaded, "Pool empty"},
      {"no data", 200, "Could not retrieve data from table gaiadr3.rvs", Kind::Overloaded, "Could not retrieve"},
      {"heading alone, 200", 200, "<html><h1>SERVICE ERROR - 500</h1></html>", Kind::Overloaded, "SERVICE ERROR - 500"},
      {"heading with an unknown message, 200", 200, error_page("Something odd"), Kind::Overloaded, "Something odd"},
      {"context, 200", 200, "Context: DataRetrieval", Kind::Overloaded, "DataRetrieval"},
      {"heading alone, 500", 500, "<html><h1>SERVICE ERROR - 500</h1></html>", Kind::Overloaded, "SERVICE ERROR"},
      {"heading far behind data", 200, std::string(200'000, 'x') + "SERVICE ERROR - 500", Kind::Overloaded, "HTTP 200"},
      {"502", 502, apache, Kind::Overloaded, "HTTP 502: Proxy Error"},
      {"503", 503, "", Kind::Overloaded, "HTTP 503"},
      {"504", 504, apache, Kind::Overloaded, "HTTP 504"},
      {"408", 408, "", Kind::Overloaded, "HTTP 408"},
      {"429", 429, "", Kind::RateLimited, "HTTP 429"},
      {"429 with a time", 429, "slow down", Kind::RateLimited, "HTTP 429: slow down", {{"retry-after", "7"}}},
      {"503 with a time", 503, "", Kind::RateLimited, "HTTP 503", {{"retry-after", "7"}}},
      {"503 with a time, pool empty",
       503,
       error_page(kPoolEmpty),
       Kind::RateLimited,
       "Pool empty",
       {{"retry-after", "7"}}},
      {"503 with a time, but over the limit",
       503,
       error_page(kOverLimit),
       Kind::TooLarge,
       "5000",
       {{"retry-after", "7"}}},
      {"maintenance, 200", 200, maintenance, Kind::Maintenance, "Archive down for maintenance"},
      {"maintenance, 503", 503, maintenance, Kind::Maintenance, "Archive down for maintenance"},
      {"maintenance, 404", 404, maintenance, Kind::Maintenance, "Archive down for maintenance"},
      {"maintenance, 500", 500, maintenance, Kind::Maintenance, "Archive down for maintenance"},
      {"any page, 200", 200, "<html><body>Welcome</body></html>", Kind::Maintenance,
       "a web page where a zip was due: Welcome"},
      {"a page by its type, 200",
       200,
       "Welcome",
       Kind::Maintenance,
       "a web page",
       {{"content-type", "text/html;charset=UTF-8"}}},
      {"redirect",
       302,
       "",
       Kind::Maintenance,
       "login.example.org",
       {{"location", "https://user:pw@login.example.org/cas?ticket=SECRET"}}},
      {"redirect within", 303, "", Kind::Maintenance, "the same host", {{"location", "/login"}}},
      {"null, page", 500, error_page("null"), Kind::Suspect, "says only 'null'"},
      {"null, long form", 500, error_page(long_form("null")), Kind::Suspect, "says only 'null'"},
      {"null, table", 500, error_votable("null"), Kind::Suspect, "says only 'null'"},
      {"null, bare", 500, "null", Kind::Suspect, "HTTP 500: null"},
      {"null, page, 200", 200, error_page("null"), Kind::Suspect, "says only 'null'"},
      {"null, table, 200", 200, error_votable("null"), Kind::Suspect, "says only 'null'"},
      {"unknown 500", 500, error_page("java.lang.IndexOutOfBounds"), Kind::Suspect, "java.lang.IndexOutOfBounds"},
      {"unknown 500, empty", 500, "", Kind::Suspect, "HTTP 500 with an empty body"},
      {"unknown 500, other page", 500, apache, Kind::Suspect, "Proxy Error"},
      {"unknown error table, 200", 200, error_votable("Strange"), Kind::Suspect, "Strange"},
      {"empty reply", 200, "", Kind::Corrupt, "empty reply"},
      {"no content", 204, "", Kind::Corrupt, "HTTP 204 where 200 was due"},
      {"part", 206, "PK\x03\x04", Kind::Corrupt, "HTTP 206"},
      {"a bare product", 200, "source_id,flux\n1,2\n", Kind::Malformed,
       "no zip; the body begins with 'source_id,flux 1,2"},
      {"page behind a cut zip", 200, std::string("PK\x03\x04", 4) + std::string(100'000, '\1') + error_page(kPoolEmpty),
       Kind::Overloaded, "Pool empty"},
      {"heading behind a cut zip", 200, std::string("PK\x03\x04", 4) + std::string(100, '\1') + "SERVICE ERROR - 500",
       Kind::Overloaded, "SERVICE ERROR - 500"},
      {"page behind a whole zip", 200, empty_zip() + "<html>oops</html>", Kind::Overloaded, "oops"},
  };
}

TEST(Reply, EachLineOfTheTableIsJudgedAsItSays) {
  for (const auto& line : table()) {
    const auto error = judge_reply(reply(line.status, line.body, line.headers), kNow);
    ASSERT_TRUE(error.has_value()) << line.what;
    EXPECT_EQ(kind_name(error->kind), kind_name(line.kind)) << line.what << ": " << error->detail;
    EXPECT_THAT(error->detail, HasSubstr(line.words)) << line.what;
    EXPECT_THAT(error->detail, Not(HasSubstr("SECRET"))) << line.what;
    EXPECT_LT(error->detail.size(), 600u) << line.what;
    EXPECT_EQ(error->retry_after.has_value(), !line.headers.empty() && error->kind == Kind::RateLimited) << line.what;
  }
}

TEST(Reply, AWholeZipIsLeftToTheReader) {
  EXPECT_FALSE(judge_reply(reply(200, empty_zip()), kNow).has_value());
  EXPECT_FALSE(
      judge_reply(reply(200, std::string("PK\x03\x04", 4) + "SERVICE ERROR <html>" + empty_zip()), kNow).has_value());
  auto commented = empty_zip();
  commented[20] = 5;
  EXPECT_FALSE(judge_reply(reply(200, commented + "<html"), kNow).has_value());
}

TEST(Reply, ACutZipIsLeftToTheReader) {
  EXPECT_FALSE(judge_reply(reply(200, std::string("PK\x03\x04", 4) + std::string(1000, '\7')), kNow).has_value());
  EXPECT_FALSE(judge_reply(reply(200, empty_zip() + "junk"), kNow).has_value());
  EXPECT_FALSE(judge_reply(reply(200, std::string("PK\x03\x04", 4)), kNow).has_value());
}

TEST(Reply, RetryAfterIsReadAsSecondsAndAsADate) {
  auto error = judge_reply(reply(503, "", {{"retry-after", "120"}}), kNow);
  EXPECT_EQ(error->retry_after, std::chrono::seconds(120));
  error = judge_reply(reply(503, "", {{"retry-after", "Fri, 15 Jan 2027 08:01:00 GMT"}}), kNow);
  EXPECT_EQ(error->retry_after, std::chrono::seconds(60));
  error = judge_reply(reply(503, "", {{"retry-after", "soon"}}), kNow);
  EXPECT_EQ(error->kind, Kind::Overloaded);
  EXPECT_FALSE(error->retry_after.has_value());
  error = judge_reply(reply(502, "", {{"retry-after", "30"}}), kNow);
  EXPECT_EQ(error->kind, Kind::Overloaded);
  EXPECT_EQ(error->retry_after, std::chrono::seconds(30));
}

TEST(Reply, MessagesAreTakenOutUnescapedAndBounded) {
  EXPECT_EQ(extract_message(error_page("a &lt;b&gt; &amp; &#39;c&#x27;\n  &unknown;")), "a <b> & 'c'   &unknown;");
  EXPECT_EQ(extract_message(error_votable("  two\nlines ")), "two lines");
  EXPECT_EQ(extract_message("<VOTABLE><INFO value='ERROR' name='QUERY_STATUS'>other order</INFO></VOTABLE>"),
            "other order");
  EXPECT_EQ(extract_message(
                "<INFO name=\"QUERY_STATUS\" value=\"OK\"/><INFO name=\"QUERY_STATUS\" value=\"ERROR\">late</INFO>"),
            "late");
  EXPECT_EQ(extract_message("plain\n\n text"), "plain text");
  EXPECT_EQ(extract_message("<h1>Title</h1><p>and   words</p>"), "Title and words");
  EXPECT_EQ(extract_message(error_page("\x1b[31mred\x07")), "?[31mred?");
  EXPECT_LT(extract_message(error_page(std::string(1'000'000, 'x'))).size(), 500u);
  EXPECT_LT(extract_message(std::string(1'000'000, '<')).size(), 500u);
  EXPECT_EQ(extract_message(""), "");
}

TEST(Reply, RandomBodiesNeverHarm) {
  std::uint64_t state = 0x9E3779B97F4A7C15ull;
  const std::array<std::string_view, 12> parts = {"<INFO",
                                                  " name=\"QUERY_STATUS\"",
                                                  " value=\"ERROR\"",
                                                  ">",
                                                  "</INFO>",
                                                  "<li><b>Message: </b>",
                                                  "</li>",
                                                  "&#",
                                                  "&#x41;",
                                                  "session='",
                                                  "Cannot process request:",
                                                  "due to:"};
  for (int round = 0; round < 5000; ++round) {
    std::string body;
    for (int i = 0; i < 12; ++i) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      body += parts[state % parts.size()];
    }
    EXPECT_LT(extract_message(body).size(), 500u);
    EXPECT_TRUE(judge_reply(reply(200, body), kNow).has_value());
  }
}

}  // namespace
}  // namespace garner::archive
