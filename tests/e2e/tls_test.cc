// https: a certificate that does not verify is told by name and lets nothing through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "disk.h"
#include "truth.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

// An authority of our own and what it signs, made with the openssl program.
class Authority {
 public:
  Authority(fs::path folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
             "/CN=" + name_, "-keyout", path("key"), "-out", path("pem")});
  }

  std::string pem() const { return path("pem"); }

  // A certificate for localhost, valid so many days from now.
  SimulatorOptions server(const std::string& server_name, const std::string& days,
                          const std::string& host = "localhost") const {
    const std::string stem = (folder_ / server_name).string();
    openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + host,
             "-keyout", stem + ".key", "-out", stem + ".csr"});
    write_file(stem + ".ext", "subjectAltName=DNS:" + host + "\n");
    openssl({"x509", "-req", "-in", stem + ".csr", "-CA", path("pem"), "-CAkey", path("key"), "-CAcreateserial",
             "-days", days, "-extfile", stem + ".ext", "-out", stem + ".pem"});
    return {.tls = true, .certificate = stem + ".pem", .key = stem + ".key"};
  }

 private:
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const Ran ran = run(arguments);
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
  }
  std::string path(const std::string& suffix) const { return (folder_ / (name_ + "." + suffix)).string(); }

  fs::path folder_;
  std::string name_;
};

class Tls : public ::testing::Test {
 protected:
  void start(SimulatorOptions server, const std::string& ca_file) {
    server.knobs = {{"absent_fraction", 0.2}};
    rig.start_simulator(server);
    rig.write_profile({{"ca_file", ca_file}});
    rig.start_daemon();
    ids = rig.make_ids(60);
  }
  std::string submit() {
    const auto manifest = rig.write_manifest("tls", ids, "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n");
    rig.submit(manifest);
    return manifest.string();
  }
  // The harvest does not go on, says why, and calls nothing absent.
  void expect_told(const std::string& reason) {
    submit();
    Json status;
    const bool told = wait_until([&] {
      status = rig.status("tls");
      return (status["state"] == "waiting" || status["state"] == "blocked") &&
             !status["waiting_for"].get<std::string>().empty();
    });
    EXPECT_TRUE(told) << status.dump(1);
    EXPECT_THAT(status["waiting_for"].get<std::string>(), HasSubstr("certificate " + reason));
    EXPECT_EQ(status["absent"], 0);
    EXPECT_EQ(status["pending"], 60);
    EXPECT_EQ(rig.report()["requests"], 0);
    EXPECT_TRUE(visible_files(rig.output("tls") / "XP_SAMPLED").empty());
  }

  Rig rig;
  Authority authority{rig.root(), "good"};
  std::vector<std::string> ids;
};

TEST_F(Tls, AGoodCertificateIsTrustedThroughCaFile) {
  start(authority.server("server", "30"), authority.pem());
  const std::string manifest = submit();
  ASSERT_TRUE(rig.wait_for_state("tls", "finished"));
  EXPECT_TRUE(rig.source_ids("tls", "absent") == truly_absent(ids, "XP_SAMPLED", 0.2));
  expect_account(rig, "tls");
  EXPECT_THAT(rig.base_url, HasSubstr("https://"));
}

TEST_F(Tls, AnExpiredCertificateIsNamed) {
  start(authority.server("server", "-1"), authority.pem());
  expect_told("has expired");
}

TEST_F(Tls, ACertificateOfAnUnknownAuthorityIsNamed) {
  const Authority foreign(rig.root(), "foreign");
  start(foreign.server("server", "30"), authority.pem());
  expect_told("is signed by an authority unknown here");
}

TEST_F(Tls, ASelfSignedCertificateIsNamed) {
  const std::string stem = (rig.root() / "self").string();
  const Ran made = run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                        stem + ".key", "-out", stem + ".pem"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  start({.tls = true, .certificate = stem + ".pem", .key = stem + ".key"}, authority.pem());
  expect_told("is self-signed");
}

TEST_F(Tls, ACertificateOfAnotherHostIsNamed) {
  start(authority.server("server", "30", "elsewhere.example"), authority.pem());
  expect_told("was made for another host");
}

TEST_F(Tls, ABlockedHarvestGoesOnWhenTheCertificateIsTrusted) {
  const Authority foreign(rig.root(), "foreign");
  start(foreign.server("server", "30"), authority.pem());
  expect_told("is signed by an authority unknown here");
  rig.write_profile({{"ca_file", foreign.pem()}});
  rig.daemon().signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return rig.daemon_log().find("reloaded") != std::string::npos; }));
  EXPECT_EQ(rig.garner({"retry", "tls", "--outcome", "pending"}).exit_code, 0);
  ASSERT_TRUE(rig.wait_for_state("tls", "finished"));
  EXPECT_TRUE(rig.source_ids("tls", "absent") == truly_absent(ids, "XP_SAMPLED", 0.2));
}

}  // namespace
}  // namespace garner::e2e
