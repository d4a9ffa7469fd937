#include "client/archive_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <fstream>

#include "daemon_fixture.h"
#include "run_garner.h"

namespace garner::client {
namespace {

using control_test::TemporaryFolder;
using testing::HasSubstr;

// Answers from a list, and keeps what it was asked.
class ListTransport final : public http::Transport {
 public:
  struct Answer {
    int status;
    std::string body;
  };
  std::deque<Answer> answers;
  std::vector<std::string> asked, cookies;

  Task<Result<http::Reply>> fetch(http::Request request, std::stop_token) override {
    asked.push_back(request.body);
    cookies.push_back(request.cookies);
    if (answers.empty()) co_return fail(Kind::Transient, "connection refused");
    http::Reply reply;
    reply.status = answers.front().status;
    reply.headers = {{"content-type", "application/zip"}, {"set-cookie", "SESSION=secret"}};
    reply.body = http::Body(std::make_shared<http::MemoryBudget>(1 << 20), "", 1 << 20);
    (void)reply.body.append(std::as_bytes(std::span(answers.front().body)));
    (void)reply.body.finish();
    answers.pop_front();
    co_return reply;
  }
};

// The end record of a zip without members (APPNOTE 4.3.16).
std::string empty_zip() {
  return std::string("PK\x05\x06", 4) + std::string(18, '\0');
}

archive::Profile profile() {
  archive::Profile out;
  out.name = "gaia";
  out.title = "A Gaia Archive";
  out.kind = "gaia";
  out.base_url = "http://127.0.0.1:1";
  out.data_path = "/data-server/data";
  out.releases = {{"Gaia DR3", {{"XP_SAMPLED", 5000, 1 << 20}}}};
  out.probe_id = "5937083312263887616";
  out.probe_type = "XP_SAMPLED";
  out.probe_release = "Gaia DR3";
  return out;
}

TEST(ArchiveProbe, AWholeReplyWithoutTheProductIsNotAsTheProfileSays) {
  ListTransport transport;
  transport.answers = {{200, empty_zip()}};
  UvLoop loop;
  const auto result = probe_archive(profile(), transport, loop);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, Kind::NotFound);
  EXPECT_EQ(result.expected_name, "XP_SAMPLED-Gaia DR3 5937083312263887616.xml");
  EXPECT_THAT(transport.asked.at(0), HasSubstr("ID=5937083312263887616"));
  EXPECT_EQ(result.exchanges.at(0).status, 200);
}

TEST(ArchiveProbe, TriesTheOtherSpellingOnceWhenTheFirstIsRefused) {
  ListTransport transport;
  transport.answers = {{500, "Unknown retrieval type: 'X'"}, {200, empty_zip()}};
  UvLoop loop;
  const auto result = probe_archive(profile(), transport, loop);
  ASSERT_EQ(transport.asked.size(), 2u);
  EXPECT_THAT(transport.asked[0], HasSubstr("DATA_STRUCTURE=INDIVIDUAL"));
  EXPECT_THAT(transport.asked[1], HasSubstr("DATA_STRUCTURE=DATAMODEL_STANDARD"));
  EXPECT_EQ(result.spelling, "DATAMODEL_STANDARD");
}

TEST(ArchiveProbe, AsksByTheSessionAtHandAndNotByTheProfilesCredentials) {
  ListTransport transport;
  transport.answers = {{200, empty_zip()}, {200, empty_zip()}};
  UvLoop loop;
  auto with_credentials = profile();
  with_credentials.credential_file = "/nowhere/credentials";
  const auto result = probe_archive(with_credentials, transport, loop, {"joe", "SESSION=a"});
  EXPECT_EQ(result.identity, "joe");
  EXPECT_THAT(transport.cookies, testing::ElementsAre("SESSION=a"));
  EXPECT_EQ(probe_archive(profile(), transport, loop).identity, "anonymous");
  EXPECT_EQ(transport.cookies.back(), "");
}

TEST(ArchiveProbe, AnUnreachableArchiveIsTold) {
  ListTransport transport;
  UvLoop loop;
  const auto result = probe_archive(profile(), transport, loop);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, Kind::Transient);
  EXPECT_EQ(transport.asked.size(), 1u);
}

TEST(ArchiveProbe, WhatIsKeptHoldsTheBodyAndNoSecret) {
  ListTransport transport;
  transport.answers = {{200, empty_zip()}};
  UvLoop loop;
  const auto result = probe_archive(profile(), transport, loop);
  const TemporaryFolder folder;
  const auto written = write_exchanges(folder / "kept", result.exchanges);
  ASSERT_TRUE(written) << written.error().detail;
  std::ifstream json(written->at(0)), body(folder / "kept/001.body");
  const std::string text{std::istreambuf_iterator<char>(json), {}}, bytes{std::istreambuf_iterator<char>(body), {}};
  EXPECT_EQ(bytes, empty_zip());
  EXPECT_THAT(text, HasSubstr("\"RETRIEVAL_TYPE\": \"XP_SAMPLED\""));
  EXPECT_THAT(text, HasSubstr("\"body_file\": \"001.body\""));
  EXPECT_THAT(text, HasSubstr("\"content-type\": \"application/zip\""));
  EXPECT_THAT(text, testing::Not(HasSubstr("secret")));
}

TEST(ArchiveProbe, FormsAreTakenApart) {
  EXPECT_EQ(form_fields("A=1%2C2&B=Gaia+DR3&C=&D"),
            (std::vector<std::pair<std::string, std::string>>{{"A", "1,2"}, {"B", "Gaia DR3"}, {"C", ""}, {"D", ""}}));
  EXPECT_TRUE(form_fields("").empty());
}

TEST(Archives, AFolderWithoutProfilesIsBadInput) {
  const TemporaryFolder folder;
  const auto outcome = client_test::run_garner({"archives", "--archives", folder.path()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr(folder.path()));
}

TEST(Archives, CheckNeedsAName) {
  EXPECT_EQ(client_test::run_garner({"archives", "check"}).code, 2);
}

}  // namespace
}  // namespace garner::client
