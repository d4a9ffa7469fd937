#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/products_fixture.h"

namespace garner::archive {
namespace {

using testing::chunk;
using testing::empty_zip;
using testing::error_page;
using testing::GaiaRun;
using ::testing::HasSubstr;

TEST(GaiaProducts, AsksAsTheProtocolSays) {
  GaiaRun run;
  run.transport.then(200, empty_zip());
  const auto body = run.fetch();
  ASSERT_TRUE(body.has_value()) << body.error().detail;
  EXPECT_EQ(*body, empty_zip());
  ASSERT_EQ(run.transport.requests.size(), 1u);
  const auto& request = run.transport.requests[0];
  EXPECT_EQ(request.method, http::Method::Post);
  EXPECT_EQ(request.url, "https://gea.example.org/data-server/data");
  EXPECT_EQ(request.body,
            "VALID_DATA=false&ID=4295806720%2C5937083312263887616&RELEASE=Gaia+DR3&DATA_STRUCTURE=DATAMODEL_STANDARD&"
            "FORMAT=fits&RETRIEVAL_TYPE=RVS"
            "&USE_ZIP_ALWAYS=true");
  EXPECT_THAT(request.headers, ::testing::ElementsAre(std::pair<std::string, std::string>(
                                                          "Content-Type", "application/x-www-form-urlencoded"),
                                                      std::pair<std::string, std::string>("Accept", "text/plain")));
  EXPECT_EQ(request.cookies, "");
  EXPECT_EQ(run.archive->identity(), "anonymous");
}

TEST(GaiaProducts, ValidDataBoundsAndSpoolArePassedOn) {
  GaiaRun run;
  run.transport.then(200, empty_zip());
  auto request = chunk();
  request.valid_data = true;
  request.max_body_bytes = 12345;
  request.spool_directory = "/spool";
  ASSERT_TRUE(run.fetch(std::move(request)).has_value());
  EXPECT_THAT(run.transport.requests[0].body, HasSubstr("VALID_DATA=true&"));
  EXPECT_EQ(run.transport.requests[0].max_body_bytes, 12345u);
  EXPECT_EQ(run.transport.requests[0].spool_directory, "/spool");
}

TEST(GaiaProducts, WithoutABoundTheProductsOwnHolds) {
  GaiaRun run;
  run.transport.then(200, empty_zip());
  auto request = chunk();
  request.ids.clear();
  for (std::uint64_t i = 1; i <= 100; ++i) request.ids.push_back(SourceId{i});
  ASSERT_TRUE(run.fetch(std::move(request)).has_value());
  EXPECT_EQ(run.transport.requests[0].max_body_bytes, 100u << 20);
}

TEST(GaiaProducts, MoreIdsThanTheArchiveTakesAreNotSent) {
  GaiaRun run;
  auto request = chunk();
  request.ids.clear();
  for (std::uint64_t i = 1; i <= 5001; ++i) request.ids.push_back(SourceId{i});
  const auto body = run.fetch(std::move(request));
  EXPECT_EQ(body.error().kind, Kind::TooLarge);
  EXPECT_TRUE(run.transport.requests.empty());
}

TEST(GaiaProducts, RepliesAreJudgedAndTransportErrorsPassedOn) {
  GaiaRun run;
  run.transport.then(500, error_page("Unknown retrieval type: 'RVS'"));
  EXPECT_EQ(run.fetch().error().kind, Kind::Unsupported);
  run.transport.then(
      [](const http::Request&) -> Result<http::Reply> { return fail(Kind::Transient, "connection reset"); });
  EXPECT_EQ(run.fetch().error().detail, "connection reset");
  run.transport.then(503, "", {{"retry-after", "9"}});
  EXPECT_EQ(run.fetch().error().retry_after, std::chrono::seconds(9));
}

TEST(GaiaProducts, AnAnonymousRefusalIsAnErrorOfAuthAtOnce) {
  GaiaRun run;
  run.transport.then(403, "User 'anonymous' is not authorized.");
  EXPECT_EQ(run.fetch().error().kind, Kind::Auth);
  EXPECT_EQ(run.transport.requests.size(), 1u);
}

}  // namespace
}  // namespace garner::archive
