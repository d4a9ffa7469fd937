// How connections are used: again, side by side, and not after something odd.
#include <uv.h>

#include <condition_variable>

#include <sys/socket.h>

#include "http/client.h"
#include "http/loopback_server.h"

namespace garner::http::testing {
namespace {

Task<void> in_a_row(Transport& transport, std::string url, int count, int& good) {
  for (int i = 0; i < count; ++i) {
    Request request{.url = url};
    auto reply = co_await transport.fetch(std::move(request), {});
    if (reply && reply->status == 200 && reply->body.text() == "body") ++good;
  }
}

TEST(Connections, AreKeptForTheNextRequest) {
  LoopbackServer server(LoopbackServer::answering("body"));
  Client client;
  int good = 0;
  std::vector<Task<void>> tasks;
  tasks.push_back(in_a_row(*client.transport, server.url(), 300, good));
  client.run(std::move(tasks));
  EXPECT_EQ(good, 300);
  EXPECT_EQ(server.connections(), 1);
}

// Lets nobody pass before `count` have come; gives up when told to.
class Meeting {
 public:
  explicit Meeting(int count) : missing_(count) {}
  void come() {
    std::unique_lock lock(mutex_);
    --missing_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return missing_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int missing_;
};

TEST(Connections, CarryTwentyExchangesAtOnce) {
  constexpr int kAtOnce = 20;
  Meeting meeting(kAtOnce);  // no reply before all requests are there
  LoopbackServer server([&meeting](Connection& connection) {
    connection.read_request();
    meeting.come();
    connection.reply("body");
    while (connection.read_request()) connection.reply("body");
  });
  Client client;
  int good = 0;
  std::vector<Task<void>> tasks;
  for (int i = 0; i < kAtOnce; ++i) tasks.push_back(in_a_row(*client.transport, server.url(), 10, good));
  client.run(std::move(tasks));
  EXPECT_EQ(good, kAtOnce * 10);
  EXPECT_EQ(server.connections(), kAtOnce);
}

TEST(Connections, AreReplacedWhenTheServerClosedAnIdleOne) {
  LoopbackServer server([](Connection& connection) {
    connection.read_request();
    connection.reply("body");
  });
  Client client;
  for (int i = 0; i < 5; ++i) {
    const auto reply = client.get(server.url());
    ASSERT_TRUE(reply) << shown(reply);
  }
  EXPECT_EQ(server.connections(), 5);
}

TEST(Connections, AreNotReusedRightAfterAnOddExchange) {
  std::atomic<int> requests = 0;
  LoopbackServer server([&requests](Connection& connection) {
    while (connection.read_request()) {
      if (++requests == 1) return connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut");
      connection.reply("body");
    }
  });
  Client client;
  EXPECT_EQ(client.get(server.url()).error().kind, Kind::Corrupt);
  for (int i = 0; i < 3; ++i) {
    const auto reply = client.get(server.url());
    ASSERT_TRUE(reply) << shown(reply);
  }
  EXPECT_EQ(server.connections(), 3) << "the cut one, one not kept after it, one kept from then on";
}

// Numbers of closed sockets that libuv still believes to be watched: a new socket with such a number cannot be.
class StaleNumbers {
 public:
  explicit StaleNumbers(UvLoop& loop) {
    std::vector<int> sockets;
    for (int i = 0; i < 8; ++i) {
      sockets.push_back(::socket(AF_INET, SOCK_STREAM, 0));
      polls_.push_back(new uv_poll_t);
      uv_poll_init(loop.native(), polls_.back(), sockets.back());
      uv_poll_start(polls_.back(), UV_READABLE, [](uv_poll_t*, int, int) {});
    }
    uv_run(loop.native(), UV_RUN_NOWAIT);  // the kernel is told now; it forgets by itself when a socket is closed
    for (const int socket : sockets) ::close(socket);
  }
  ~StaleNumbers() {
    for (auto* poll : polls_) {
      uv_poll_stop(poll);
      uv_close(reinterpret_cast<uv_handle_t*>(poll),
               [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
    }
  }

 private:
  std::vector<uv_poll_t*> polls_;
};

TEST(Connections, AreRebuiltWhenLibcurlLosesTrack) {
  LoopbackServer server(LoopbackServer::answering("body"));
  Client client;
  {
    const StaleNumbers stale(client.loop);
    const auto lost = client.get(server.url());
    ASSERT_FALSE(lost.has_value());
    EXPECT_EQ(lost.error().kind, Kind::Transient);
  }
  const auto reply = client.get(server.url());
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_EQ(text(reply), "body");
}

}  // namespace
}  // namespace garner::http::testing
