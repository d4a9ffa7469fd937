// What the transport sends, and what it makes of whole replies.
#include "http/client.h"
#include "http/loopback_server.h"

namespace garner::http::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Answers with the request as it came.
void echo(Connection& connection) {
  while (const auto request = connection.read_request()) connection.reply(request->head + "\n\n" + request->body);
}

TEST(Fetch, BringsStatusHeadersAndBody) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.reply("hello", "200 Fine", "Set-Cookie: a=1\r\nX-Other: x\r\nset-cookie: b=2\r\n");
  });
  Client client;
  const auto reply = client.get(server.url());
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(text(reply), "hello");
  EXPECT_EQ(reply->header("x-other"), "x");
  EXPECT_EQ(reply->header("absent"), std::nullopt);
  EXPECT_THAT(reply->all("set-cookie"), ::testing::ElementsAre("a=1", "b=2"));
  EXPECT_LE(reply->timing.first_byte, reply->timing.total);
}

TEST(Fetch, TakesA500WithItsBodyAsAReply) {
  LoopbackServer server(LoopbackServer::answering("Cannot get a connection, pool error", "500 Internal Server Error"));
  Client client;
  const auto reply = client.get(server.url());
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_EQ(reply->status, 500);
  EXPECT_EQ(text(reply), "Cannot get a connection, pool error");
}

TEST(Fetch, DoesNotFollowARedirect) {
  LoopbackServer server([](Connection& connection) {
    while (connection.read_request()) connection.reply("", "303 See Other", "Location: /elsewhere\r\n");
  });
  Client client;
  const auto reply = client.get(server.url());
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_EQ(reply->status, 303);
  EXPECT_EQ(reply->header("location"), "/elsewhere");
}

TEST(Fetch, SendsItsHeadersAndAsksForIdentityOverHttp11) {
  LoopbackServer server(echo);
  Client client;
  const auto reply = client.fetch(Request{
      .url = server.url("/data?ID=1"), .headers = {{"Accept", "application/zip"}}, .cookies = "JSESSIONID=abc"});
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_THAT(std::string(text(reply)),
              AllOf(HasSubstr("GET /data?ID=1 HTTP/1.1\r\n"), HasSubstr("Accept: application/zip"),
                    HasSubstr("Accept-Encoding: identity"), HasSubstr("Cookie: JSESSIONID=abc"),
                    HasSubstr("User-Agent: garner-test")));
}

TEST(Fetch, DoesNotDecodeWhatAServerEncodesUnasked) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.reply("not really gzip", "200 OK", "Content-Encoding: gzip\r\n");
  });
  Client client;
  const auto reply = client.get(server.url());
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_EQ(text(reply), "not really gzip");
}

TEST(Fetch, PostsALargeBodyInOneGo) {
  LoopbackServer server(echo);
  Client client;
  const std::string body(2'000'000, 'i');
  const auto reply = client.fetch(Request{.method = Method::Post,
                                          .url = server.url(),
                                          .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                                          .body = body});
  ASSERT_TRUE(reply) << shown(reply);
  const std::string seen(text(reply));
  EXPECT_TRUE(seen.ends_with(body));
  EXPECT_THAT(seen.substr(0, 500),
              AllOf(HasSubstr("POST / HTTP/1.1"), HasSubstr("Content-Length: 2000000"), Not(HasSubstr("Expect"))));
}

TEST(Fetch, PostsAnEmptyBody) {
  LoopbackServer server(echo);
  Client client;
  const auto reply = client.fetch(Request{.method = Method::Post, .url = server.url()});
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_THAT(std::string(text(reply)), AllOf(HasSubstr("POST / "), HasSubstr("Content-Length: 0")));
}

TEST(Fetch, DeletesWithoutFollowingTheRedirect) {
  LoopbackServer server([](Connection& connection) {
    const auto seen = connection.read_request();
    connection.reply(seen ? seen->head : "", "303 See Other", "Location: /jobs\r\n");
  });
  Client client;
  const auto reply = client.fetch(Request{.method = Method::Delete, .url = server.url("/jobs/7")});
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_EQ(reply->status, 303);
  EXPECT_TRUE(text(reply).starts_with("DELETE /jobs/7 HTTP/1.1"));
  EXPECT_EQ(server.connections(), 1);
}

TEST(Fetch, ReadsAChunkedReplyAfterAnInterimOne) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    connection.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\nX-Trailer: t\r\n\r\n");
    connection.wait_for_the_end();
  });
  Client client;
  const auto reply = client.get(server.url());
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(text(reply), "hello, world");
  EXPECT_EQ(reply->header("link"), std::nullopt);
  EXPECT_EQ(reply->header("x-trailer"), std::nullopt);
}

TEST(Fetch, RefusesUrlsThatAreNotHttp) {
  Client client;
  for (const std::string url : {"", "ftp://127.0.0.1/x", "file:///etc/passwd", "127.0.0.1/x", "http://",
                                "http://user:secret@127.0.0.1/", "http://127.0.0.1:99999/", "http://a b/"}) {
    const auto reply = client.get(url);
    ASSERT_FALSE(reply.has_value()) << url;
    EXPECT_EQ(reply.error().kind, Kind::Invalid) << url;
    EXPECT_THAT(reply.error().detail, Not(HasSubstr("secret")));
  }
}

TEST(Fetch, RefusesHeadersThatWouldSmuggleALine) {
  Client client;
  const auto reply = client.fetch(Request{.url = "http://127.0.0.1:1/", .headers = {{"X", "a\r\nCookie: b"}}});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Invalid);
  const auto cookie = client.fetch(Request{.url = "http://127.0.0.1:1/", .cookies = "a=1\r\nX: y"});
  ASSERT_FALSE(cookie.has_value());
  EXPECT_EQ(cookie.error().kind, Kind::Invalid);
}

TEST(Fetch, TakesNoProxyFromTheEnvironment) {
  LoopbackServer server(LoopbackServer::answering("direct"));
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  Client client;
  const auto reply = client.get(server.url());
  ::unsetenv("http_proxy");
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_EQ(text(reply), "direct");
}

TEST(Fetch, GoesThroughTheProxyOfItsOptions) {
  LoopbackServer proxy(echo);
  ::setenv("no_proxy", "*", 1);
  Client client(TransportOptions{.user_agent = "garner-test", .proxy = proxy.url("")});
  const auto reply = client.get("http://archive.invalid/data");
  ::unsetenv("no_proxy");
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_THAT(std::string(text(reply)), HasSubstr("GET http://archive.invalid/data HTTP/1.1"));
}

TEST(Fetch, SpillsALargeReplyAndGivesTheBudgetBack) {
  const std::string large(3'000'000, 'z');
  LoopbackServer server(LoopbackServer::answering(large));
  const Folder spool;
  Client client(TransportOptions{.budget = std::make_shared<MemoryBudget>(1u << 20)});
  {
    const auto reply = client.fetch(Request{.url = server.url(), .spool_directory = spool.path()});
    ASSERT_TRUE(reply) << shown(reply);
    EXPECT_TRUE(reply->body.spilled());
    EXPECT_TRUE(reply->body.text() == large);
  }
  EXPECT_EQ(client.budget->used(), 0u);
  EXPECT_TRUE(spool.empty());
}

}  // namespace
}  // namespace garner::http::testing
