// Whom the transport trusts.
#include <fstream>

#include "http/certificates.h"
#include "http/client.h"
#include "http/loopback_server.h"

namespace garner::http::testing {
namespace {

using ::testing::HasSubstr;

class Tls : public ::testing::Test {
 protected:
  std::string write_pem(const std::string& name, const std::string& text) {
    const auto path = folder_.path() / name;
    std::ofstream(path) << text;
    return path;
  }
  // What comes of asking a server with this certificate, trusting our authority only.
  Result<Reply> ask(const std::shared_ptr<ssl_ctx_st>& context) {
    LoopbackServer server(LoopbackServer::answering("secret"), context.get());
    Client client(TransportOptions{.ca_file = write_pem("ca.pem", ours_.pem())});
    return client.get(server.url());
  }
  void expect_untrusted(const std::shared_ptr<ssl_ctx_st>& context, const std::string& reason) {
    const auto reply = ask(context);
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().kind, Kind::Auth);
    EXPECT_THAT(reply.error().detail, HasSubstr(reason));
  }

  Folder folder_;
  Authority ours_{"garner test authority"};
  Authority foreign_{"some other authority"};
};

TEST_F(Tls, TrustsACertificateOfTheAuthorityInTheFile) {
  const auto reply = ask(ours_.server({}));
  ASSERT_TRUE(reply) << shown(reply);
  EXPECT_EQ(text(reply), "secret");
}

TEST_F(Tls, KeepsTheConnection) {
  const auto context = ours_.server({});
  LoopbackServer server(LoopbackServer::answering("x"), context.get());
  Client client(TransportOptions{.ca_file = write_pem("ca.pem", ours_.pem())});
  for (int i = 0; i < 5; ++i) {
    const auto reply = client.get(server.url());
    ASSERT_TRUE(reply) << shown(reply);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Tls, RefusesAnExpiredCertificate) {
  expect_untrusted(ours_.server({.valid_from = std::chrono::hours(-48), .valid_until = std::chrono::hours(-24)}),
                   "has expired");
}

TEST_F(Tls, RefusesACertificateThatIsNotValidYet) {
  expect_untrusted(ours_.server({.valid_from = std::chrono::hours(24), .valid_until = std::chrono::hours(48)}),
                   "not valid yet");
}

TEST_F(Tls, RefusesAForeignAuthority) {
  expect_untrusted(foreign_.server({}), "an authority unknown here: if you trust it, name its PEM file as ca_file");
}

TEST_F(Tls, RefusesASelfSignedCertificate) {
  expect_untrusted(self_signed_server({}), "is self-signed");
}

TEST_F(Tls, RefusesTheNameOfAnotherHost) {
  expect_untrusted(ours_.server({.name = "10.1.2.3"}), "made for another host");
  expect_untrusted(ours_.server({.name = "archive.example.org"}), "made for another host");
}

TEST_F(Tls, TrustsOnlyTheSystemsAuthoritiesWithoutAFile) {
  const auto context = ours_.server({});
  LoopbackServer server(LoopbackServer::answering("x"), context.get());
  Client client;
  const auto reply = client.get(server.url());
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Auth);
}

TEST_F(Tls, SaysThatTheAuthoritysFileCannotBeRead) {
  const auto context = ours_.server({});
  LoopbackServer server(LoopbackServer::answering("x"), context.get());
  Client client(TransportOptions{.ca_file = folder_.path() / "missing.pem"});
  const auto reply = client.get(server.url());
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, Kind::Auth);
  EXPECT_THAT(reply.error().detail, HasSubstr("ca_file cannot be read"));
}

TEST_F(Tls, NeverTakesACutReplyForAWholeOne) {
  const auto context = ours_.server({});
  LoopbackServer server(
      [](Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\ncut");
      },
      context.get());
  Client client(TransportOptions{.ca_file = write_pem("ca.pem", ours_.pem())});
  const auto reply = client.get(server.url());
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().kind, ::testing::AnyOf(Kind::Corrupt, Kind::Transient));
}

}  // namespace
}  // namespace garner::http::testing
