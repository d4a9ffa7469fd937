// Stopping an exchange at each point of its life.
#include "http/client.h"
#include "http/loopback_server.h"

namespace garner::http::testing {
namespace {

TEST(Stop, BeforeTheRequestSendsNothing) {
  LoopbackServer server(LoopbackServer::answering("body"));
  Client client;
  std::stop_source stop;
  stop.request_stop();
  const auto reply = client.fetch(Request{.url = server.url()}, stop.get_token());
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Cancelled);
  EXPECT_EQ(server.connections(), 0);
}

// The server tells the loop to stop the exchange once it has said this; it says no more.
void expect_cancelled_after(std::string said) {
  Client client;
  std::stop_source stop;
  LoopbackServer server([&client, &stop, said](Connection& connection) {
    connection.read_request();
    connection.send(said);
    client.loop.post([&stop] { stop.request_stop(); });
    connection.wait_for_the_end();
  });
  const auto reply = client.fetch(Request{.url = server.url()}, stop.get_token());
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Cancelled);
  EXPECT_EQ(client.budget->used(), 0u);
}

TEST(Stop, WhileTheServerThinks) {
  expect_cancelled_after("");
}
TEST(Stop, InTheMiddleOfTheHeader) {
  expect_cancelled_after("HTTP/1.1 200 OK\r\nContent-Le");
}
TEST(Stop, InTheMiddleOfTheBody) {
  expect_cancelled_after("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

TEST(Stop, RightAfterTheStart) {
  LoopbackServer server([](Connection& connection) { connection.wait_for_the_end(); });
  Client client;
  std::stop_source stop;
  std::optional<Result<Reply>> result;
  std::vector<Task<void>> tasks;
  tasks.push_back(Client::fetch_into(*client.transport, Request{.url = server.url()}, stop.get_token(), result));
  client.loop.post([&] { client.loop.post([&] { stop.request_stop(); }); });
  client.run(std::move(tasks));
  ASSERT_TRUE(result.has_value());
  ASSERT_FALSE(result->has_value());
  EXPECT_EQ(result->error().kind, Kind::Cancelled);
}

TEST(Stop, EndsOneOfManyAndLeavesTheRest) {
  Client client;
  std::stop_source stop;
  LoopbackServer silent([&](Connection& connection) {
    connection.read_request();
    client.loop.post([&stop] { stop.request_stop(); });
    connection.wait_for_the_end();
  });
  LoopbackServer good(LoopbackServer::answering("body"));
  std::optional<Result<Reply>> stopped, kept;
  std::vector<Task<void>> tasks;
  tasks.push_back(Client::fetch_into(*client.transport, Request{.url = silent.url()}, stop.get_token(), stopped));
  tasks.push_back(Client::fetch_into(*client.transport, Request{.url = good.url()}, {}, kept));
  client.run(std::move(tasks));
  EXPECT_EQ(stopped->error().kind, Kind::Cancelled);
  ASSERT_TRUE(*kept) << shown(*kept);
  EXPECT_EQ(text(*kept), "body");
}

TEST(Stop, DoesNothingAfterTheReply) {
  LoopbackServer server(LoopbackServer::answering("body"));
  Client client;
  std::stop_source stop;
  const auto reply = client.fetch(Request{.url = server.url()}, stop.get_token());
  stop.request_stop();
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_EQ(text(reply), "body");
}

}  // namespace
}  // namespace garner::http::testing
