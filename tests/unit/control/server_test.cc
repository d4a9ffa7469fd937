// What the server owes its other clients while one of them is slow, rude or gone.
#include "control/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "control/submission_stream.h"
#include "daemon_fixture.h"
#include "raw_connection.h"

namespace garner::control {
namespace {

using control_test::example_status;
using control_test::RawConnection;
using control_test::TestDaemon;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kChunkedPost = "POST /v1/harvests HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

std::string begun_stream() {
  std::string out;
  append_manifest(out, "m.yaml", "harvest: m\n");
  append_ids(out, std::vector<SourceId>{{1}, {2}});
  return out;
}

TEST(Server, StalledClientsHoldUpNobody) {
  TestDaemon daemon;
  std::vector<std::unique_ptr<RawConnection>> stalled;
  for (int i = 0; i < 32; ++i) {
    stalled.push_back(std::make_unique<RawConnection>(daemon.socket()));
    ASSERT_TRUE(stalled.back()->send(i % 2 == 0 ? "GET /v1/har" : std::string(kChunkedPost) + "5\r\nM\x01"));
  }
  EXPECT_TRUE(daemon.client().daemon());
}

// As another user, on this thread only.
class AsUser {
 public:
  explicit AsUser(unsigned uid) { ::syscall(SYS_setresuid, -1, uid, -1); }
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;
  ~AsUser() { ::syscall(SYS_setresuid, -1, 0, -1); }
};

std::vector<std::unique_ptr<RawConnection>> connections(const TestDaemon& daemon, unsigned uid, int count) {
  const AsUser user(uid);
  std::vector<std::unique_ptr<RawConnection>> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(std::make_unique<RawConnection>(daemon.socket()));
    EXPECT_TRUE(out.back()->connected());
    out.back()->send("GET /v1/har");
  }
  return out;
}

TEST(Server, NobodyTakesAllConnections) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be other users";
  constexpr unsigned kAnna = 54'321, kBert = 54'322;
  TestDaemon daemon({.connection_limit = 6, .connections_a_user = 2, .connections_of_users = 3});
  std::filesystem::permissions(daemon.folder.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(daemon.socket(), std::filesystem::perms(0666));
  const auto annas = connections(daemon, kAnna, 2);
  EXPECT_THAT(connections(daemon, kAnna, 1)[0]->read_all(),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("user id 54321"), HasSubstr("too many connections")));
  auto berts = connections(daemon, kBert, 1);
  EXPECT_THAT(connections(daemon, kBert, 1)[0]->read_all(), StartsWith("HTTP/1.1 503"));
  EXPECT_TRUE(daemon.client().daemon());
  berts.clear();
  // Once it has noticed.
  std::string again;
  for (int i = 0; i < 1000 && again.find("403") == again.npos; ++i) {
    const AsUser user(kBert);
    RawConnection connection(daemon.socket());
    connection.send("GET /v1/daemon HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n");
    again = connection.read_all();
  }
  EXPECT_THAT(again, HasSubstr("may not speak to this daemon"));
}

// Many replies are asked for and none is read.
TEST(Server, AClientThatReadsNothingHoldsUpNobody) {
  TestDaemon daemon;
  for (int i = 0; i < 200; ++i) daemon.service.harvests[fmt::format("h{}", i)] = example_status("h");
  RawConnection deaf(daemon.socket());
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += "GET /v1/harvests HTTP/1.1\r\nHost: g\r\n\r\n";
  deaf.send_what_fits(requests);
  EXPECT_TRUE(daemon.client().daemon());
}

// What a product takes of the memory for reading is given back when its bytes have left, not before.
TEST(Server, HoldsAProductsShareUntilItIsSent) {
  TestDaemon daemon;
  daemon.service.harvests["rvs"] = example_status("rvs");
  daemon.service.found.bytes.assign(16u << 20, 'x');
  auto share = std::make_shared<int>(1);
  const std::weak_ptr<int> held = share;
  daemon.service.found.share = std::move(share);
  const auto got = daemon.client().product("rvs", SourceId{1}, "RVS");
  ASSERT_TRUE(got) << got.error().detail;

  RawConnection deaf(daemon.socket());
  ASSERT_TRUE(deaf.send("GET /v1/harvests/rvs/product?source_id=1 HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n"));
  ASSERT_EQ(deaf.read_some(1), "H");  // its answer is on the way
  daemon.service.found.share.reset();
  EXPECT_FALSE(held.expired()) << "most of the bytes have not left";
  EXPECT_GT(deaf.read_all().size(), 16u << 20);
  for (int asked = 0; asked < 10'000 && !held.expired(); ++asked) ASSERT_TRUE(daemon.client().daemon());
  EXPECT_TRUE(held.expired());
}

TEST(Server, AStalledClientIsLetGo) {
  TestDaemon daemon({.idle_timeout = std::chrono::seconds(1)});
  RawConnection stalled(daemon.socket());
  ASSERT_TRUE(stalled.send("GET /v1/har"));
  EXPECT_EQ(stalled.read_all(), "");  // ends because the daemon closes
}

TEST(Server, AnswersStatusDuringAnUpload) {
  TestDaemon daemon;
  daemon.service.harvests["h"] = example_status("h");
  const auto upload = daemon.client().submit(false, "m.yaml", "harvest: m\n");
  ASSERT_TRUE(upload->add_ids(std::vector<SourceId>(65'536, SourceId{1})));
  daemon.service.wait_for_begun(1);
  EXPECT_TRUE(daemon.client().status("h"));
  EXPECT_TRUE(upload->finish());
}

TEST(Server, AnInterruptedSubmissionLeavesNothing) {
  TestDaemon daemon;
  {
    RawConnection connection(daemon.socket());
    ASSERT_TRUE(connection.send(std::string(kChunkedPost) + chunk(begun_stream())));
    daemon.service.wait_for_begun(1);
  }
  daemon.service.wait_for_ended(1);
  EXPECT_TRUE(daemon.service.submissions().at(0).dropped);
}

TEST(Server, AGivenUpUploadLeavesNothing) {
  TestDaemon daemon;
  {
    const auto upload = daemon.client().submit(false, "m.yaml", "harvest: m\n");
    daemon.service.wait_for_begun(1);
  }
  daemon.service.wait_for_ended(1);
  EXPECT_TRUE(daemon.service.submissions().at(0).dropped);
}

TEST(Server, AStreamWithoutItsEndIsRefused) {
  TestDaemon daemon;
  RawConnection connection(daemon.socket());
  ASSERT_TRUE(connection.send(
      "POST /v1/harvests HTTP/1.1\r\nHost: g\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
      chunk(begun_stream()) + "0\r\n\r\n"));
  const auto reply = connection.read_all();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(reply, HasSubstr("without its end frame"));
  EXPECT_TRUE(daemon.service.submissions().at(0).dropped);
}

TEST(Server, AFrameOverTheLimitIsRefusedAndTheRestDropped) {
  TestDaemon daemon;
  RawConnection connection(daemon.socket());
  auto stream = begun_stream();
  stream += std::string_view("I\x00\x00\x00\x7f", 5);
  ASSERT_TRUE(connection.send(
      "POST /v1/harvests HTTP/1.1\r\nHost: g\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
      chunk(stream) + chunk(std::string(1 << 20, 'x')) + "0\r\n\r\n"));
  const auto reply = connection.read_all();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(reply, HasSubstr("at most 1048576"));
  EXPECT_TRUE(daemon.service.submissions().at(0).dropped);
}

TEST(Server, ABodyWhereNoneIsDueIsBounded) {
  TestDaemon daemon;
  daemon.service.harvests["h"] = example_status("h");
  RawConnection connection(daemon.socket());
  ASSERT_TRUE(connection.send("POST /v1/harvests/h/pause HTTP/1.1\r\nHost: g\r\nContent-Length: 9999999\r\n\r\n"));
  EXPECT_THAT(connection.read_all(), StartsWith("HTTP/1.1 413"));
  EXPECT_TRUE(daemon.service.calls().empty());
}

TEST(Server, SpeaksToPlainHttpClientsToo) {
  TestDaemon daemon;
  RawConnection connection(daemon.socket());
  ASSERT_TRUE(connection.send("GET /metrics HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n"));
  const auto reply = connection.read_all();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(reply, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(reply, HasSubstr("garner_build_info{version=\"0.1.0\"} 1"));
}

TEST(Server, ErrorsAreJsonWithTheirStatus) {
  TestDaemon daemon;
  RawConnection connection(daemon.socket());
  ASSERT_TRUE(connection.send("GET /v1/harvests/nope HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n"));
  const auto reply = connection.read_all();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(reply, HasSubstr(R"({"error":{"detail":"no harvest 'nope' here","kind":"not_found"}})"));
}

TEST(Server, EndsWhileClientsAreStalled) {
  TestDaemon daemon;
  RawConnection stalled(daemon.socket());
  ASSERT_TRUE(stalled.send(std::string(kChunkedPost) + chunk(begun_stream())));
  daemon.service.wait_for_begun(1);
  daemon.stop();
  EXPECT_TRUE(daemon.service.submissions().at(0).dropped);
}

TEST(Server, DoesNotStartOnADescriptorThatDoesNotListen) {
  control_test::FakeService service;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT_FALSE(Server::start(fd, service, {}, {}));
  ::close(fd);
}

}  // namespace
}  // namespace garner::control
