#include <climits>

#include "http/reply_head.h"
#include "http/stall_watch.h"
#include "http/transport.h"

namespace garner::http {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = std::chrono::system_clock::from_time_t(784'111'777);  // Sun, 06 Nov 1994 08:49:37 GMT

TEST(RetryAfter, ReadsSeconds) {
  EXPECT_EQ(parse_retry_after("120", kNow), 120s);
  EXPECT_EQ(parse_retry_after(" 0\t", kNow), 0s);
}

TEST(RetryAfter, ReadsTheThreeFormsOfAnHttpDate) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", kNow), 60s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", kNow), 60s);
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:50:37 1994", kNow), 60s);
}

TEST(RetryAfter, IsClampedToNowAndADay) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", kNow), 0s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 2044 08:49:00 GMT", kNow), 24h);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 3044 08:49:00 GMT", kNow), 24h);  // more nanoseconds than 64 bits count
  EXPECT_EQ(parse_retry_after("86401", kNow), 24h);
  EXPECT_EQ(parse_retry_after("99999999999999999999999", kNow), 24h);
}

TEST(RetryAfter, IsNothingWhereItIsNeither) {
  for (const std::string_view value :
       {"", " ", "soon", "-5", "+5", "1.5", "12s", "2024-01-01", "12:00:00", "Sun, 99 Foo 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_retry_after(value, kNow).has_value()) << value;
  }
  EXPECT_FALSE(parse_retry_after(std::string(10'000, 'a') + ":0:0", kNow).has_value());
}

TEST(FormEncode, KeepsTheUrlStandardsSafeSetAndEncodesTheRest) {
  EXPECT_EQ(form_encode({{"ID", "Gaia DR3 1,Gaia DR3 2"}, {"a&b", "c=d+e%"}}),
            "ID=Gaia+DR3+1%2CGaia+DR3+2&a%26b=c%3Dd%2Be%25");
  EXPECT_EQ(form_encode({{"k", "*-._~"}, {"e", ""}}), "k=*-._%7E&e=");
  EXPECT_EQ(form_encode({{"u", "\xc3\xa9\n"}}), "u=%C3%A9%0A");
  EXPECT_EQ(form_encode({}), "");
}

ReplyHead head_of(std::vector<std::string_view> lines) {
  ReplyHead head;
  for (const auto line : lines) EXPECT_TRUE(head.add_line(line).has_value());
  return head;
}

TEST(ReplyHead, LowersNamesAndTrimsValues) {
  auto head = head_of({"HTTP/1.1 200 OK\r\n", "Content-TYPE: \t text/plain \r\n", "X:\r\n", "\r\n"});
  EXPECT_EQ(head.status(), 200);
  EXPECT_THAT(head.take_fields(),
              ::testing::ElementsAre(::testing::Pair("content-type", "text/plain"), ::testing::Pair("x", "")));
}

TEST(ReplyHead, ForgetsInterimRepliesAndTrailers) {
  auto head = head_of({"HTTP/1.1 103 Early Hints\r\n", "Link: x\r\n", "\r\n", "HTTP/1.1 200 OK\r\n", "A: 1\r\n", "\r\n",
                       "Trailer: t\r\n"});
  EXPECT_EQ(head.status(), 200);
  EXPECT_THAT(head.take_fields(), ::testing::ElementsAre(::testing::Pair("a", "1")));
}

TEST(ReplyHead, HasNotBegunWithAnInterimReply) {
  EXPECT_FALSE(head_of({"HTTP/1.1 100 Continue\r\n", "\r\n"}).begun());
  EXPECT_TRUE(head_of({"HTTP/1.1 404 \r\n"}).begun());
}

TEST(ReplyHead, JoinsFoldedLinesAndSkipsNonsense) {
  auto head = head_of({"HTTP/1.1 200\r\n", "A: one\r\n", "  two\r\n", "no colon\r\n", ": no name\r\n", "\r\n"});
  EXPECT_THAT(head.take_fields(), ::testing::ElementsAre(::testing::Pair("a", "one two")));
}

TEST(StallWatch, WaitsAWholePeriodBeforeItComplains) {
  StallWatch watch(8s, 100);
  EXPECT_EQ(watch.interval(), 1s);
  for (int tick = 1; tick < 8; ++tick) EXPECT_FALSE(watch.stalled(0)) << tick;
  EXPECT_TRUE(watch.stalled(0));
}

TEST(StallWatch, LooksAtTheLastPeriodOnly) {
  StallWatch watch(8s, 100);
  EXPECT_FALSE(watch.stalled(1'000'000));
  for (int tick = 2; tick <= 8; ++tick) EXPECT_FALSE(watch.stalled(1'000'000)) << tick;
  EXPECT_TRUE(watch.stalled(1'000'000)) << "nothing came for eight seconds";
}

TEST(StallWatch, IsContentWithTheLeastAverage) {
  StallWatch watch(8s, 100);
  std::uint64_t bytes = 0;
  for (int tick = 0; tick < 100; ++tick) EXPECT_FALSE(watch.stalled(bytes += 100)) << tick;
  StallWatch slow(8s, 100);
  bytes = 0;
  bool stalled = false;
  for (int tick = 0; tick < 100; ++tick) stalled = stalled || slow.stalled(bytes += 99);
  EXPECT_TRUE(stalled);
}

}  // namespace
}  // namespace garner::http
