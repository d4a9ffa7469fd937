#include "control/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_service.h"

namespace garner::control {
namespace {

using control_test::example_status;
using control_test::FakeService;

ApiReply ask(FakeService& service, std::string method, std::string path,
             std::map<std::string, std::string> query = {}) {
  return answer({service, {}}, {std::move(method), std::move(path), std::move(query), {}});
}

TEST(Routes, AnUnknownPathIsNotFound) {
  FakeService service;
  EXPECT_EQ(ask(service, "GET", "/v2/harvests").status, 404u);
  EXPECT_EQ(ask(service, "GET", "/v1/harvests/").status, 404u);
  EXPECT_EQ(ask(service, "GET", "/v1/harvests/a/b").status, 404u);
  EXPECT_EQ(ask(service, "POST", "/v1/harvests/a/b/pause").status, 404u);
}

TEST(Routes, AKnownPathWithAnotherMethodNamesTheRightOnes) {
  FakeService service;
  const auto reply = ask(service, "PUT", "/v1/harvests/rvs-bright");
  EXPECT_EQ(reply.status, 405u);
  EXPECT_THAT(reply.body, testing::HasSubstr("GET, DELETE"));
}

TEST(Routes, AHarvestMayBeCalledLikeAVerb) {
  FakeService service;
  service.harvests["pause"] = example_status("pause");
  EXPECT_EQ(ask(service, "GET", "/v1/harvests/pause").status, 200u);
  EXPECT_EQ(ask(service, "POST", "/v1/harvests/pause/pause").status, 200u);
}

TEST(Routes, ParametersOutOfRangeAreRefusedBeforeTheServiceIsAsked) {
  FakeService service;
  service.harvests["h"] = example_status("h");
  EXPECT_EQ(ask(service, "GET", "/v1/harvests/h/sources", {{"outcome", "lost"}}).status, 400u);
  EXPECT_EQ(ask(service, "GET", "/v1/harvests/h/sources", {{"outcome", "failed"}, {"rows", "0"}}).status, 400u);
  EXPECT_EQ(ask(service, "GET", "/v1/harvests/h/sources", {{"outcome", "failed"}, {"rows", "1e3"}}).status, 400u);
  EXPECT_EQ(ask(service, "GET", "/v1/harvests/h/product", {{"source_id", "1.5e18"}}).status, 400u);
  EXPECT_EQ(ask(service, "POST", "/v1/harvests/h/retry", {{"outcome", "delivered"}}).status, 400u);
  EXPECT_EQ(ask(service, "DELETE", "/v1/harvests/h", {{"delete_data", "yes"}}).status, 400u);
  EXPECT_EQ(ask(service, "GET", "/v1/harvests/h/log", {{"chunk", "-1"}}).status, 400u);
  EXPECT_EQ(ask(service, "GET", "/v1/harvests/h/log", {{"rows", "10001"}}).status, 400u);
  EXPECT_EQ(ask(service, "GET", "/v1/harvests/h/log", {{"source_id", "1.5e18"}}).status, 400u);
  EXPECT_EQ(ask(service, "POST", "/v1/harvests/h/receipt", {{"format", "pdf"}}).status, 400u);
  EXPECT_EQ(ask(service, "POST", "/v1/harvests/h/verify", {{"repair", "yes"}}).status, 400u);
  EXPECT_TRUE(service.calls().empty());
}

TEST(Routes, RetryTakesFailedUnlessToldOtherwise) {
  FakeService service;
  service.harvests["h"] = example_status("h");
  ask(service, "POST", "/v1/harvests/h/retry");
  ask(service, "POST", "/v1/harvests/h/retry", {{"outcome", "pending"}});
  EXPECT_THAT(service.calls(), testing::ElementsAre("retry 3 h", "retry 0 h"));
}

TEST(Routes, VerifyRepairsOnlyWhenToldTo) {
  FakeService service;
  service.harvests["h"] = example_status("h");
  service.verify_pages = {{1, 100, 5, {"RVS/0000/RVS-0000000.zip is missing"}, ""}};
  EXPECT_THAT(ask(service, "POST", "/v1/harvests/h/verify").body, testing::HasSubstr("\"put_back\":0"));
  EXPECT_THAT(ask(service, "POST", "/v1/harvests/h/verify", {{"repair", "true"}}).body,
              testing::HasSubstr("\"put_back\":100"));
  EXPECT_THAT(service.calls(), testing::ElementsAre("verify h", "repair h"));
}

TEST(Routes, AReceiptIsJsonOrMarkdown) {
  FakeService service;
  service.harvests["h"] = example_status("h");
  EXPECT_EQ(ask(service, "POST", "/v1/harvests/h/receipt").content_type, "application/json");
  const auto page = ask(service, "POST", "/v1/harvests/h/receipt", {{"format", "markdown"}});
  EXPECT_EQ(page.body, "# Receipt: h\n");
}

TEST(Routes, RemoveDeletesDataOnlyWhenToldTo) {
  FakeService service;
  service.harvests["h"] = example_status("h");
  ask(service, "DELETE", "/v1/harvests/h");
  ask(service, "DELETE", "/v1/harvests/h", {{"delete_data", "false"}});
  ask(service, "DELETE", "/v1/harvests/h", {{"delete_data", "true"}});
  EXPECT_THAT(service.calls(), testing::ElementsAre("remove h", "remove h", "remove+data h"));
}

}  // namespace
}  // namespace garner::control
