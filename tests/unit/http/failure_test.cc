// Replies that do not come whole: what is made of each.
#include <arpa/inet.h>
#include <sys/socket.h>

#include "http/client.h"
#include "http/loopback_server.h"

namespace garner::http::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// What comes of a server that reads the request, says this and closes.
Result<Reply> after(std::string said) {
  LoopbackServer server([said](Connection& connection) {
    connection.read_request();
    connection.send(said);
  });
  Client client;
  return client.get(server.url());
}

TEST(CutReply, IsCorruptWhenShorterThanItsContentLength) {
  const auto reply = after("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this");
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Corrupt);
  EXPECT_THAT(reply.error().detail, HasSubstr("ended early"));
}

TEST(CutReply, IsCorruptWhenItsLastChunkIsMissing) {
  const auto between = after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  ASSERT_FALSE(between.has_value());
  EXPECT_EQ(between.error().kind, Kind::Corrupt);
  const auto inside = after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n500\r\nhello");
  ASSERT_FALSE(inside.has_value());
  EXPECT_EQ(inside.error().kind, Kind::Corrupt);
}

TEST(CutReply, IsTransientWhenNothingCameAtAll) {
  const auto reply = after("");
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Transient);
}

TEST(BadReply, IsCorruptWhenItIsNotHttp) {
  const auto reply = after("SSH-2.0-OpenSSH_9.2\r\n");
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Corrupt);
}

TEST(BadReply, IsCorruptWhenAChunkSizeIsNoNumber) {
  const auto reply = after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n");
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Corrupt);
}

TEST(BadReply, IsCorruptWhenItHasTooManyHeaderFields) {
  std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  for (int i = 0; i < 99; ++i) head += fmt::format("X-{}: y\r\n", i);
  EXPECT_TRUE(after(head + "\r\n").has_value());
  const auto reply = after(head + "One-More: y\r\n\r\n");
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Corrupt);
  EXPECT_THAT(reply.error().detail, HasSubstr("100 header fields"));
}

TEST(BadReply, IsCorruptWhenItsHeaderIsTooLong) {
  for (const std::size_t size : {70'000u, 1'000'000u}) {
    const auto reply = after("HTTP/1.1 200 OK\r\nX: " + std::string(size, 'x') + "\r\nContent-Length: 0\r\n\r\n");
    ASSERT_FALSE(reply.has_value()) << size;
    EXPECT_EQ(reply.error().kind, Kind::Corrupt) << shown(reply);
  }
}

TEST(Reset, IsTransientBeforeTheReply) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.reset();
  });
  Client client;
  const auto reply = client.get(server.url());
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Transient);
}

TEST(Reset, IsNeverAReplyInTheMiddleOfABody) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this");
    connection.reset();
  });
  Client client;
  const auto reply = client.get(server.url());
  ASSERT_FALSE(reply.has_value());
  // Which of the two depends on whether the bytes were read before the reset came.
  EXPECT_THAT(reply.error().kind, ::testing::AnyOf(Kind::Transient, Kind::Corrupt));
}

TEST(NoConnection, IsTransientWhenRefused) {
  const int closed = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(closed, reinterpret_cast<sockaddr*>(&address), size), 0);  // bound but not listening: refuses
  ASSERT_EQ(::getsockname(closed, reinterpret_cast<sockaddr*>(&address), &size), 0);
  Client client;
  const auto reply = client.get(fmt::format("http://127.0.0.1:{}/", ntohs(address.sin_port)));
  ::close(closed);
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Transient);
  EXPECT_EQ(reply.error().detail,
            fmt::format("127.0.0.1:{}: no connection (Connection refused)", ntohs(address.sin_port)));
}

TEST(NoConnection, IsTransientWhenTheHandshakeTakesTooLong) {
  LoopbackServer server([](Connection& connection) { connection.wait_for_the_end(); });
  Client client;
  Request request{.url = fmt::format("https://127.0.0.1:{}/", server.port())};
  request.timeouts.connect = 1s;
  const auto reply = client.fetch(std::move(request));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Transient);
  EXPECT_THAT(reply.error().detail, HasSubstr("no connection within 1 s"));
}

TEST(SlowReply, IsGivenUpWhenItsFirstByteIsLate) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 102 Processing\r\n\r\n");  // no reply yet
    connection.wait_for_the_end();
  });
  Client client;
  Request request{.url = server.url()};
  request.timeouts.first_byte = 1s;
  const auto reply = client.fetch(std::move(request));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Transient);
  EXPECT_THAT(reply.error().detail, HasSubstr("no reply within 1 s"));
}

TEST(SlowReply, IsGivenUpWhenItStalls) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome");
    connection.wait_for_the_end();
  });
  Client client;
  Request request{.url = server.url()};
  request.timeouts.stall = 1s;
  const auto reply = client.fetch(std::move(request));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Transient);
  EXPECT_THAT(reply.error().detail, HasSubstr("stalled"));
  EXPECT_EQ(client.budget->used(), 0u);
}

TEST(SlowReply, MayThinkLongerThanTheStallTimeBeforeItsFirstByte) {
  std::atomic<bool> answered = false;
  LoopbackServer server([&answered](Connection& connection) {
    connection.read_request();
    std::this_thread::sleep_for(
        1500ms);  // the archive thinks: longer than the stall time-out, shorter than the first byte's
    answered = true;
    connection.reply("late");
    connection.wait_for_the_end();
  });
  Client client;
  Request request{.url = server.url()};
  request.timeouts.stall = 1s;
  const auto reply = client.fetch(std::move(request));
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_TRUE(answered);
  EXPECT_EQ(text(reply), "late");
}

TEST(SlowReply, IsGivenUpAfterTheTotalTime) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome");
    connection.wait_for_the_end();
  });
  Client client;
  Request request{.url = server.url()};
  request.timeouts.total = 1s;
  const auto reply = client.fetch(std::move(request));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Transient);
  EXPECT_THAT(reply.error().detail, HasSubstr("longer than 1 s in all"));
}

TEST(LargeReply, IsRefusedByItsContentLength) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");  // the body never comes
    connection.wait_for_the_end();
  });
  Client client;
  const auto reply = client.fetch(Request{.url = server.url(), .max_body_bytes = 999});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::TooLarge);
}

TEST(LargeReply, IsRefusedWhileItComes) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n");  // never ends
    connection.wait_for_the_end();
  });
  Client client;
  const auto reply = client.fetch(Request{.url = server.url(), .max_body_bytes = 15});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::TooLarge);
  EXPECT_EQ(client.budget->used(), 0u);
}

TEST(LargeReply, IsRefusedBeyondTheBudgetWhereItMayNotSpill) {
  LoopbackServer server(LoopbackServer::answering(std::string(100'000, 'x')));
  Client client(TransportOptions{.budget = std::make_shared<MemoryBudget>(50'000)});
  const auto reply = client.get(server.url());
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::TooLarge);
  EXPECT_EQ(client.budget->used(), 0u);
}

TEST(LargeReply, CannotSpillIntoAMissingFolder) {
  LoopbackServer server(LoopbackServer::answering(std::string(100'000, 'x')));
  Client client(TransportOptions{.budget = std::make_shared<MemoryBudget>(50'000)});
  const auto reply = client.fetch(Request{.url = server.url(), .spool_directory = "/nonexistent/spool"});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Internal);
}

}  // namespace
}  // namespace garner::http::testing
